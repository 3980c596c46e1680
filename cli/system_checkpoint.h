// SPDX-License-Identifier: Apache-2.0
// The embedded system's part of a checkpoint: learner.safetensors,
// actor.safetensors and replay.safetensors. Thread-safe: free functions.
#ifndef SOFTFLEET_CLI_SYSTEM_CHECKPOINT_H_
#define SOFTFLEET_CLI_SYSTEM_CHECKPOINT_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/embedded_system.h"
#include "core/file_system.h"
#include "core/tensor.h"
#include "replay/table_instant.h"
#include "run/checkpoint_store.h"

namespace softfleet {

// What the files hold, as it is now: the system may go on while they are
// written, and outlives it. As CaptureLearner for what is not finite.
struct SystemInstant {
  TensorMap learner;
  TensorMap actor;
  std::unique_ptr<TableInstant> table;
};
absl::StatusOr<SystemInstant> CaptureSystem(EmbeddedSystem& system);
// Writes them into `directory` and enters them into manifest->files. Once.
absl::Status WriteSystem(FileSystem& files, const SystemInstant& instant,
                         const std::string& directory,
                         CheckpointManifest* manifest);

// Errors name the file and what does not fit; the system is then unusable.
absl::Status RestoreSystem(FileSystem& files, const std::string& directory,
                           EmbeddedSystem& system);

}  // namespace softfleet

#endif  // SOFTFLEET_CLI_SYSTEM_CHECKPOINT_H_
