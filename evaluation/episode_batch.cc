// SPDX-License-Identifier: Apache-2.0
#include "evaluation/episode_batch.h"

#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/philox.h"
#include "core/status.h"

namespace softfleet {
namespace {

// The environment's spec with the bounds the policy was trained with.
EnvironmentSpec ScaledBy(EnvironmentSpec spec, const ActionBounds& bounds) {
  spec.action_low = bounds.low;
  spec.action_high = bounds.high;
  return spec;
}

absl::string_view Name(ActionMode mode) {
  return mode == ActionMode::kDeterministic ? "deterministic" : "stochastic";
}

}  // namespace

EpisodeBatch::EpisodeBatch(const Options& options)
    : options_(options),
      spec_(options.environments[0]->spec()),
      scaling_(ScaledBy(spec_, options.policy->snapshot().bounds)),
      episodes_(options.starts.size()),
      frames_(options.starts.size(),
              FrameStack(options.policy->snapshot().schema)),
      observation_(spec_),
      scaled_(static_cast<size_t>(spec_.action.columns())) {}

absl::StatusOr<EpisodeBatch> EpisodeBatch::Begin(const Options& options) {
  EpisodeBatch batch(options);
  for (size_t i = 0; i < options.starts.size(); ++i) {
    batch.episodes_[i].components.resize(batch.spec_.reward_components.size());
    SF_RETURN_IF_ERROR(batch.Annotated(i, batch.Start(i)));
    batch.running_.push_back(i);
  }
  return batch;
}

absl::Status EpisodeBatch::Start(size_t i) {
  const PanelStart& start = options_.starts[i];
  Environment& environment = *options_.environments[i];
  SF_RETURN_IF_ERROR(start.state.empty() ? environment.Reset(start.seed)
                                         : environment.ResetTo(start.state));
  return Observe(i, /*first=*/true);
}

absl::Status EpisodeBatch::RunOnce() {
  Gather();
  SF_RETURN_IF_ERROR(options_.policy->Act(input_,
                                          static_cast<int64_t>(running_.size()),
                                          options_.mode, noise_, &output_));
  size_t kept = 0;
  for (size_t row = 0; row < running_.size(); ++row) {
    const size_t i = running_[row];
    auto ended = Step(i, row);
    if (!ended.ok()) return Annotated(i, ended.status());
    if (!*ended) running_[kept++] = i;
  }
  running_.resize(kept);
  return absl::OkStatus();
}

void EpisodeBatch::Gather() {
  const size_t columns = static_cast<size_t>(options_.policy->noise_columns());
  const auto fill = spec_.action.continuous() ? FillNormal : FillUniform;
  input_.clear();
  noise_.assign(running_.size() * columns, 0);
  for (size_t row = 0; row < running_.size(); ++row) {
    const size_t i = running_[row];
    const std::span<const float> frames = frames_[i].values();
    input_.insert(input_.end(), frames.begin(), frames.end());
    if (options_.mode == ActionMode::kDeterministic) continue;
    fill(options_.starts[i].noise_seed, Purpose::kEvaluationNoise, 0,
         static_cast<uint64_t>(episodes_[i].length),
         std::span(noise_).subspan(row * columns, columns));
  }
}

absl::StatusOr<bool> EpisodeBatch::Step(size_t i, size_t row) {
  SF_ASSIGN_OR_RETURN(const StepResult result, StepEnvironment(i, row));
  SF_RETURN_IF_ERROR(CheckResult(result));
  SF_RETURN_IF_ERROR(Observe(i, /*first=*/false));
  EvaluatedEpisode& episode = episodes_[i];
  ++episode.length;
  episode.sum += result.reward;
  if (options_.keep_rewards) episode.rewards.push_back(result.reward);
  episode.success |= result.success;
  for (size_t k = 0; k < episode.components.size(); ++k) {
    episode.components[k] += result.reward_components[k];
  }
  return result.terminated || result.truncated ||
         episode.length >= options_.step_limit;
}

absl::StatusOr<StepResult> EpisodeBatch::StepEnvironment(size_t i, size_t row) {
  std::span<const float> action;
  if (spec_.action.continuous()) {
    action = std::span(output_.actions)
                 .subspan(row * scaled_.size(), scaled_.size());
    scaling_.ToEnvironment(action, scaled_);
  }
  if (options_.statistics != nullptr) {
    options_.statistics->Add(action, scaled_, output_.entropies[row]);
  }
  if (spec_.action.continuous()) return options_.environments[i]->Step(scaled_);
  return options_.environments[i]->Step(output_.discrete_actions[row]);
}

absl::Status EpisodeBatch::CheckResult(const StepResult& result) const {
  if (!std::isfinite(result.reward)) {
    return absl::InternalError(absl::StrCat("reward is ", result.reward));
  }
  const auto& names = spec_.reward_components;
  if (result.reward_components.size() != names.size()) {
    return absl::InternalError(
        absl::StrCat("reward has ", result.reward_components.size(),
                     " components, the spec says ", names.size()));
  }
  for (size_t k = 0; k < names.size(); ++k) {
    if (std::isfinite(result.reward_components[k])) continue;
    return absl::InternalError(absl::StrCat(
        "reward component ", names[k], " is ", result.reward_components[k]));
  }
  return absl::OkStatus();
}

absl::Status EpisodeBatch::Observe(size_t i, bool first) {
  observation_.Read(*options_.environments[i]);
  if (first) {
    frames_[i].Begin(observation_.groups());
  } else {
    frames_[i].Push(observation_.groups());
  }
  for (const float x : frames_[i].values()) {
    if (std::isfinite(x)) continue;
    return absl::InternalError(absl::StrCat("observation holds ", x));
  }
  return absl::OkStatus();
}

absl::Status EpisodeBatch::Annotated(size_t i,
                                     const absl::Status& status) const {
  if (status.ok()) return status;
  return Annotate(
      status, absl::StrCat("environment ", spec_.name, ", start ",
                           options_.first_start + i, ", ", Name(options_.mode),
                           " mode, step ", episodes_[i].length));
}

}  // namespace softfleet
