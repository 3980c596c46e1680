// SPDX-License-Identifier: Apache-2.0
// learner.safetensors: a LearnerLoop's part of a checkpoint, in one process as
// in a cluster. Thread-safe: free functions.
#ifndef SOFTFLEET_LEARNER_LEARNER_FILE_H_
#define SOFTFLEET_LEARNER_LEARNER_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "core/file_system.h"
#include "learner/learner_loop.h"
#include "run/checkpoint_store.h"

namespace softfleet {

// Writes the file into `directory` and enters it into manifest->files.
// DataLoss names a tensor that is not finite: no checkpoint is better than one
// that cannot be gone on from.
absl::Status SaveLearnerFile(FileSystem& files, const LearnerLoop& loop,
                             const std::string& directory,
                             CheckpointManifest* manifest);
// Errors name the file and what does not fit, also numbers that are not
// finite; the loop is then unusable.
absl::Status RestoreLearnerFile(FileSystem& files, const std::string& directory,
                                LearnerLoop& loop);

}  // namespace softfleet

#endif  // SOFTFLEET_LEARNER_LEARNER_FILE_H_
