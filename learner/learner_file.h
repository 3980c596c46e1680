// SPDX-License-Identifier: Apache-2.0
// learner.safetensors: a LearnerLoop's part of a checkpoint, in one process as
// in a cluster. Thread-safe: free functions.
#ifndef SOFTFLEET_LEARNER_LEARNER_FILE_H_
#define SOFTFLEET_LEARNER_LEARNER_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/file_system.h"
#include "core/tensor.h"
#include "learner/learner_loop.h"
#include "run/checkpoint_store.h"

namespace softfleet {

// What the file holds, as it is now. DataLoss names a tensor that is not
// finite: no checkpoint is better than one that cannot be gone on from.
absl::StatusOr<TensorMap> CaptureLearner(const LearnerLoop& loop);
// Writes it into `directory` and enters it into manifest->files.
absl::Status WriteLearnerFile(FileSystem& files, const TensorMap& learner,
                              const std::string& directory,
                              CheckpointManifest* manifest);
// Errors name the file and what does not fit, also numbers that are not
// finite; the loop is then unusable.
absl::Status RestoreLearnerFile(FileSystem& files, const std::string& directory,
                                LearnerLoop& loop);

}  // namespace softfleet

#endif  // SOFTFLEET_LEARNER_LEARNER_FILE_H_
