// SPDX-License-Identifier: Apache-2.0
// Chooses where a learner's updates are computed. Thread-safe: a free function.
#ifndef SOFTFLEET_LEARNER_LEARNER_DEVICE_H_
#define SOFTFLEET_LEARNER_LEARNER_DEVICE_H_

#include <memory>

#include "absl/status/statusor.h"
#include "learner/learner_options.h"
#include "sac/cuda_update.h"

namespace softfleet {

// The engine of the first CUDA device, or null for the CPU, as options.device
// says; a line in the log tells of the device, or why "auto" went without. An
// error of "cuda" says what is missing and what to do.
absl::StatusOr<std::unique_ptr<CudaUpdate>> MakeDeviceEngine(
    const LearnerOptions& options);

}  // namespace softfleet

#endif  // SOFTFLEET_LEARNER_LEARNER_DEVICE_H_
