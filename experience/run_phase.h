// SPDX-License-Identifier: Apache-2.0
// A run's state on the wire and in words. Apart from snapshot.h, which stays
// free of protobuf. Thread-safe: free functions.
#ifndef SOFTFLEET_EXPERIENCE_RUN_PHASE_H_
#define SOFTFLEET_EXPERIENCE_RUN_PHASE_H_

#include "absl/strings/string_view.h"
#include "experience/snapshot.h"
#include "softfleet/v1/learner.pb.h"

namespace softfleet {

v1::RunPhase EncodePhase(RunState state);
// An unknown phase of a newer program counts as kRunning.
RunState DecodePhase(v1::RunPhase phase);
// "waiting", "warming", "running", "finished", "failed".
absl::string_view PhaseName(RunState state);

}  // namespace softfleet

#endif  // SOFTFLEET_EXPERIENCE_RUN_PHASE_H_
