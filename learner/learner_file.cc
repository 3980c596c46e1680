// SPDX-License-Identifier: Apache-2.0
#include "learner/learner_file.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/safetensors.h"
#include "core/status.h"

namespace softfleet {
namespace {

constexpr char kLearnerFile[] = "learner.safetensors";

bool IsFinite(const Tensor& tensor) {
  if (tensor.dtype != DType::kF32 && tensor.dtype != DType::kF64) return true;
  const std::vector<double> values = tensor.AsDouble();
  return std::all_of(values.begin(), values.end(),
                     [](double x) { return std::isfinite(x); });
}

}  // namespace

absl::Status SaveLearnerFile(FileSystem& files, const LearnerLoop& loop,
                             const std::string& directory,
                             CheckpointManifest* manifest) {
  const TensorMap tensors = loop.Save();
  for (const auto& [name, tensor] : tensors) {
    // Sums of statistics may be NaN without harm.
    if (absl::StartsWith(name, "statistics/") || IsFinite(tensor)) continue;
    return absl::DataLossError(absl::StrCat(
        name, " holds a number that is not finite: training has diverged"));
  }
  SF_ASSIGN_OR_RETURN(
      manifest->files[kLearnerFile],
      WriteSafetensors(files, JoinPath(directory, kLearnerFile), tensors, {}));
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
