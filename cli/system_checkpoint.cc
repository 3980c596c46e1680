// SPDX-License-Identifier: Apache-2.0
#include "cli/system_checkpoint.h"

#include <utility>

#include "core/safetensors.h"
#include "core/status.h"
#include "learner/learner_file.h"

namespace softfleet {
namespace {

constexpr char kActorFile[] = "actor.safetensors";
constexpr char kTableFile[] = "replay.safetensors";

}  // namespace

absl::StatusOr<SystemInstant> CaptureSystem(EmbeddedSystem& system) {
  SF_ASSIGN_OR_RETURN(TensorMap learner, CaptureLearner(system.learner()));
  return SystemInstant{std::move(learner), system.actor().Save(),
                       system.table().Freeze()};
}

absl::Status WriteSystem(FileSystem& files, const SystemInstant& instant,
                         const std::string& directory,
                         CheckpointManifest* manifest) {
  SF_RETURN_IF_ERROR(
      WriteLearnerFile(files, instant.learner, directory, manifest));
  SF_ASSIGN_OR_RETURN(manifest->files[kActorFile],
                      WriteSafetensors(files, JoinPath(directory, kActorFile),
                                       instant.actor, {}));
  SF_ASSIGN_OR_RETURN(
      manifest->files[kTableFile],
      instant.table->Write(files, JoinPath(directory, kTableFile)));
  return absl::OkStatus();
}

absl::Status RestoreSystem(FileSystem& files, const std::string& directory,
                           EmbeddedSystem& system) {
  const auto read = [&](const char* name) {
    return ReadSafetensors(files, JoinPath(directory, name));
  };
  SF_RETURN_IF_ERROR(RestoreLearnerFile(files, directory, system.learner()));
  SF_ASSIGN_OR_RETURN(const SafetensorsContent table, read(kTableFile));
  SF_RETURN_IF_ERROR(Annotate(system.table().Restore(table), kTableFile));
  SF_ASSIGN_OR_RETURN(const SafetensorsContent actor, read(kActorFile));
  return Annotate(system.actor().Restore(actor.tensors), kActorFile);
}

}  // namespace softfleet
