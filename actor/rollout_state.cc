// SPDX-License-Identifier: Apache-2.0
// A rollout's part of a checkpoint.
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "actor/rollout.h"
#include "core/log.h"
#include "core/status.h"

namespace softfleet {
namespace {

Tensor Bytes(std::span<const std::byte> bytes) {
  return Tensor{DType::kU8,
                {static_cast<int64_t>(bytes.size())},
                {bytes.begin(), bytes.end()}};
}

std::string Prefix(uint64_t number) {
  return absl::StrCat("environment", number, "/");
}

absl::StatusOr<const Tensor*> FindTensor(const TensorMap& saved,
                                         const std::string& name, DType dtype) {
  const auto found = saved.find(name);
  if (found == saved.end() || found->second.dtype != dtype) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, " is missing or not ", DTypeName(dtype)));
  }
  return &found->second;
}

}  // namespace

void Rollout::Save(TensorMap* saved) const {
  const std::string prefix = Prefix(number_);
  const StepBlockBuilder::Progress progress = builder_.progress();
  (*saved)[prefix + "counters"] =
      Tensor::From(std::vector<uint64_t>{position_.steps, position_.episodes,
                                         progress.episode, progress.steps},
                   {4});
  (*saved)[prefix + "episode_return"] =
      Tensor::From(std::vector<double>{progress.episode_return}, {1});
  // Empty where the environment cannot be saved.
  const std::string state = environment_->Save().value_or("");
  (*saved)[prefix + "state"] =
      Bytes(std::as_bytes(std::span<const char>(state)));
  for (size_t g = 0; g < progress.observations.size(); ++g) {
    (*saved)[absl::StrCat(prefix, "observations/",
                          options_->schema.observations[g].name)] =
        Bytes(progress.observations[g]);
  }
}

absl::Status Rollout::Restore(const TensorMap& saved) {
  const std::string prefix = Prefix(number_);
  const std::string name =
      absl::StrCat(options_->name, " (environment ", number_, ")");
  SF_ASSIGN_OR_RETURN(const Tensor* counters,
                      FindTensor(saved, prefix + "counters", DType::kU64));
  SF_ASSIGN_OR_RETURN(
      const Tensor* episode_return,
      FindTensor(saved, prefix + "episode_return", DType::kF64));
  SF_ASSIGN_OR_RETURN(const Tensor* state,
                      FindTensor(saved, prefix + "state", DType::kU8));
  const auto counts = counters->values<uint64_t>();
  if (counts.size() != 4 || episode_return->AsDouble().size() != 1) {
    return absl::InvalidArgumentError(
        absl::StrCat(prefix, "counters or episode_return has another size"));
  }
  position_ = {counts[0], counts[1]};
  if (state->bytes.empty()) {
    LogWarning(absl::StrCat(name, " could not be saved with the checkpoint: ",
                            "its episode is cut off after ", counts[3],
                            " steps and another one begins"));
    const StepOutcome begun = Begin();
    return begun.failure == nullptr ? absl::OkStatus()
                                    : Annotate(begun.failure->status, name);
  }
  StepBlockBuilder::Progress progress{
      counts[2], counts[3], episode_return->AsDouble()[0], {}};
  for (const ObservationGroup& group : options_->schema.observations) {
    SF_ASSIGN_OR_RETURN(
        const Tensor* observations,
        FindTensor(saved, absl::StrCat(prefix, "observations/", group.name),
                   DType::kU8));
    progress.observations.push_back(observations->bytes);
  }
  SF_RETURN_IF_ERROR(Annotate(builder_.Resume(progress), name));
  RestoreFrames(progress.observations);
  const absl::string_view bytes(
      reinterpret_cast<const char*>(state->bytes.data()), state->bytes.size());
  return Annotate(environment_->Restore(bytes), name);
}

void Rollout::RestoreFrames(
    const std::vector<std::vector<std::byte>>& history) {
  for (int frame = 0; frame < options_->schema.frame_stack; ++frame) {
    std::vector<std::span<const std::byte>> groups;
    for (size_t g = 0; g < history.size(); ++g) {
      const size_t bytes = options_->schema.observations[g].bytes();
      groups.push_back(std::span(history[g]).subspan(frame * bytes, bytes));
    }
    frames_.Push(groups);
  }
}

}  // namespace softfleet
