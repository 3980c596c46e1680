// SPDX-License-Identifier: Apache-2.0
// What an environment that somebody else wrote may get wrong in a step.
// Thread-safe: free functions.
#ifndef SOFTFLEET_ENVIRONMENTS_FOREIGN_CHECKS_H_
#define SOFTFLEET_ENVIRONMENTS_FOREIGN_CHECKS_H_

#include <cstddef>
#include <span>

#include "absl/status/status.h"
#include "environments/environment.h"

namespace softfleet {

// DataLoss names the first number that is not finite: "reward is nan", "reward
// component forward is inf", "executed action element 2 is nan".
absl::Status CheckStepResult(const EnvironmentSpec& spec,
                             const StepResult& result);

// As above: "observation group state element 3 is nan". One span per group, of
// its size; bytes are always right.
absl::Status CheckObservation(const EnvironmentSpec& spec,
                              ObservationPlaces groups);

// OK, or InvalidArgument that says what is wrong with a spec as somebody else
// wrote it; what the registry checks later (bounds that are no scale) aside.
absl::Status CheckForeignSpec(const EnvironmentSpec& spec);

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_FOREIGN_CHECKS_H_
