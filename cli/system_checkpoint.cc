// SPDX-License-Identifier: Apache-2.0
#include "cli/system_checkpoint.h"

#include "core/safetensors.h"
#include "core/status.h"
#include "learner/learner_file.h"

namespace softfleet {
namespace {

constexpr char kActorFile[] = "actor.safetensors";
constexpr char kTableFile[] = "replay.safetensors";

}  // namespace

absl::Status SaveSystem(FileSystem& files, EmbeddedSystem& system,
                        const std::string& directory,
                        CheckpointManifest* manifest) {
  const auto write = [&](const char* name,
                         const TensorMap& tensors) -> absl::Status {
    SF_ASSIGN_OR_RETURN(
        manifest->files[name],
        WriteSafetensors(files, JoinPath(directory, name), tensors, {}));
    return absl::OkStatus();
  };
  SF_RETURN_IF_ERROR(
      SaveLearnerFile(files, system.learner(), directory, manifest));
  SF_RETURN_IF_ERROR(write(kActorFile, system.actor().Save()));
  SF_ASSIGN_OR_RETURN(
      manifest->files[kTableFile],
      system.table().Save(files, JoinPath(directory, kTableFile)));
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
