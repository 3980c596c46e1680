// SPDX-License-Identifier: Apache-2.0
// The embedded system's part of a checkpoint: learner.safetensors,
// actor.safetensors and replay.safetensors. Thread-safe: free functions.
#ifndef SOFTFLEET_CLI_SYSTEM_CHECKPOINT_H_
#define SOFTFLEET_CLI_SYSTEM_CHECKPOINT_H_

#include <string>

#include "absl/status/status.h"
#include "cli/embedded_system.h"
#include "core/file_system.h"
#include "run/checkpoint_store.h"

namespace softfleet {

// Writes the files into `directory` and enters them into manifest->files. As
// SaveLearnerFile for what is not finite.
absl::Status SaveSystem(FileSystem& files, EmbeddedSystem& system,
                        const std::string& directory,
                        CheckpointManifest* manifest);

// Errors name the file and what does not fit; the system is then unusable.
absl::Status RestoreSystem(FileSystem& files, const std::string& directory,
                           EmbeddedSystem& system);

}  // namespace softfleet

#endif  // SOFTFLEET_CLI_SYSTEM_CHECKPOINT_H_
