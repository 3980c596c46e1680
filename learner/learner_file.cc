// SPDX-License-Identifier: Apache-2.0
#include "learner/learner_file.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/finite.h"
#include "core/safetensors.h"
#include "core/status.h"

namespace softfleet {
namespace {

constexpr char kLearnerFile[] = "learner.safetensors";

}  // namespace

absl::StatusOr<TensorMap> CaptureLearner(const LearnerLoop& loop) {
  TensorMap tensors = loop.Save();
  for (const auto& [name, tensor] : tensors) {
    // Sums of statistics may be NaN without harm.
    if (absl::StartsWith(name, "statistics/") || AllFinite(tensor)) continue;
    return absl::DataLossError(absl::StrCat(
        name, " holds a number that is not finite: training has diverged"));
  }
  return tensors;
}

absl::Status WriteLearnerFile(FileSystem& files, const TensorMap& learner,
                              const std::string& directory,
                              CheckpointManifest* manifest) {
  SF_ASSIGN_OR_RETURN(
      manifest->files[kLearnerFile],
      WriteSafetensors(files, JoinPath(directory, kLearnerFile), learner, {}));
  return absl::OkStatus();
}

absl::Status RestoreLearnerFile(FileSystem& files, const std::string& directory,
                                LearnerLoop& loop) {
  SF_ASSIGN_OR_RETURN(
      const SafetensorsContent saved,
      ReadSafetensors(files, JoinPath(directory, kLearnerFile)));
  return Annotate(loop.Restore(saved.tensors), kLearnerFile);
}

}  // namespace softfleet
