// SPDX-License-Identifier: Apache-2.0
#include "learner/cluster_checkpoint.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/safetensors.h"
#include "core/status.h"
#include "learner/learner_file.h"

namespace softfleet {
namespace {

constexpr char kStepsFile[] = "received_steps.safetensors";
constexpr char kStepsTensor[] = "received_steps";

}  // namespace

absl::StatusOr<ClusterInstant> CaptureCluster(const LearnerLoop& loop,
                                              const ReceivedSteps& steps) {
  SF_ASSIGN_OR_RETURN(TensorMap learner, CaptureLearner(loop));
  return ClusterInstant{std::move(learner), steps.Save()};
}

absl::Status WriteCluster(FileSystem& files, const ClusterInstant& instant,
                          const std::string& directory,
                          CheckpointManifest* manifest) {
  SF_RETURN_IF_ERROR(
      WriteLearnerFile(files, instant.learner, directory, manifest));
  SF_ASSIGN_OR_RETURN(
      manifest->files[kStepsFile],
      WriteSafetensors(files, JoinPath(directory, kStepsFile),
                       {{kStepsTensor, instant.received_steps}}, {}));
  return absl::OkStatus();
}

absl::Status RestoreLearner(FileSystem& files, const std::string& directory,
                            LearnerLoop& loop, ReceivedSteps& steps) {
  SF_ASSIGN_OR_RETURN(const SafetensorsContent marks,
                      ReadSafetensors(files, JoinPath(directory, kStepsFile)));
  const auto found = marks.tensors.find(kStepsTensor);
  if (found == marks.tensors.end()) {
    return absl::InvalidArgumentError(
        absl::StrCat(kStepsFile, " has no tensor ", kStepsTensor));
  }
  SF_RETURN_IF_ERROR(Annotate(steps.Restore(found->second), kStepsFile));
  return RestoreLearnerFile(files, directory, loop);
}

std::string FormatPositions(const std::map<std::string, Position>& positions) {
  nlohmann::json json = nlohmann::json::object();
  for (const auto& [address, position] : positions) {
    json[address] = {{"incarnation", position.incarnation},
                     {"next_id", position.next_id}};
  }
  return nlohmann::json{{"positions", json}}.dump();
}

absl::StatusOr<std::map<std::string, Position>> ParsePositions(
    absl::string_view state_json) try {
  std::map<std::string, Position> positions;
  const nlohmann::json state =
      nlohmann::json::parse(state_json.begin(), state_json.end());
  if (!state.contains("positions")) return positions;
  for (const auto& [address, position] : state.at("positions").items()) {
    positions[address] = {position.at("incarnation").get<uint64_t>(),
                          position.at("next_id").get<uint64_t>()};
  }
  return positions;
} catch (const nlohmann::json::exception& error) {
  return absl::DataLossError(
      absl::StrCat("manifest.json: positions of the shards: ", error.what()));
}

}  // namespace softfleet
