// SPDX-License-Identifier: Apache-2.0
#include "evaluation/evaluator.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/log.h"
#include "core/status.h"
#include "evaluation/action_statistics.h"
#include "evaluation/episode_batch.h"

namespace softfleet {
namespace {

// The bounds to which the environment itself clips: those it has without the
// options' replacements; infinite where it has no usable ones.
ActionBounds OwnBounds(EnvironmentOptions options,
                       const EnvironmentSpec& configured) {
  if (options.action_low.empty() && options.action_high.empty()) {
    return {configured.action_low, configured.action_high};
  }
  options.action_low.clear();
  options.action_high.clear();
  const auto own = MakeEnvironment(options);
  if (own.ok()) return {(*own)->spec().action_low, (*own)->spec().action_high};
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  return {std::vector<double>(configured.action_low.size(), -kInfinity),
          std::vector<double>(configured.action_high.size(), kInfinity)};
}

absl::Status CheckSchema(const Schema& policy, const EnvironmentSpec& spec) {
  const Schema wanted = {spec.observations, spec.action, policy.frame_stack};
  if (policy == wanted) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("the policy is for ", policy.Describe(), ", environment ",
                   spec.name, " is ", wanted.Describe()));
}

absl::Status CheckBounds(const ActionBounds& bounds, const ActionSpec& action) {
  const size_t columns = static_cast<size_t>(action.columns());
  if (bounds.low.size() != columns || bounds.high.size() != columns) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the policy has bounds for ", bounds.low.size(), " and ",
        bounds.high.size(), " of ", columns, " action dimensions"));
  }
  for (size_t i = 0; i < columns; ++i) {
    if (std::isfinite(bounds.low[i]) && std::isfinite(bounds.high[i]) &&
        bounds.low[i] < bounds.high[i]) {
      continue;
    }
    return absl::FailedPreconditionError(
        absl::StrCat("the policy's bounds of action dimension ", i, " are ",
                     bounds.low[i], " and ", bounds.high[i]));
  }
  return absl::OkStatus();
}

bool Succeeded(const SuccessCriterion& criterion, const PanelStart& start,
               const EvaluatedEpisode& episode) {
  switch (criterion.kind) {
    case SuccessCriterion::Kind::kEnvironmentFlag:
      return episode.success;
    case SuccessCriterion::Kind::kReturnAtLeast:
      return episode.sum >= criterion.value;
    case SuccessCriterion::Kind::kWithinOfReference:
      return episode.sum >= *start.reference_return - criterion.value;
  }
  return false;
}

double Mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) /
         static_cast<double>(values.size());
}

// Of the population.
double StandardDeviation(const std::vector<double>& values) {
  const double mean = Mean(values);
  double squares = 0;
  for (const double x : values) squares += (x - mean) * (x - mean);
  return std::sqrt(squares / static_cast<double>(values.size()));
}

// What the episodes' own numbers add to a mode's result.
void AddEpisodes(std::span<const EvaluatedEpisode> episodes,
                 std::span<const PanelStart> starts,
                 const std::optional<SuccessCriterion>& success,
                 ModeResult* result) {
  if (success.has_value() && !result->successes.has_value()) {
    result->successes.emplace();
  }
  for (size_t i = 0; i < episodes.size(); ++i) {
    const EvaluatedEpisode& episode = episodes[i];
    result->returns.push_back(episode.sum);
    result->lengths.push_back(episode.length);
    result->regrets.push_back(starts[i].reference_return);
    if (result->regrets.back().has_value()) {
      *result->regrets.back() -= episode.sum;
    }
    if (success.has_value()) {
      result->successes->push_back(Succeeded(*success, starts[i], episode));
    }
    result->component_means.resize(episode.components.size());
    for (size_t k = 0; k < episode.components.size(); ++k) {
      result->component_means[k] += episode.components[k];  // divided later
    }
    if (!episode.rewards.empty()) result->rewards.push_back(episode.rewards);
  }
}

void Summarise(ModeResult* result) {
  const double starts = static_cast<double>(result->returns.size());
  result->return_mean = Mean(result->returns);
  result->return_std = StandardDeviation(result->returns);
  for (double& sum : result->component_means) sum /= starts;
  if (result->successes.has_value()) {
    result->success_fraction =
        static_cast<double>(std::ranges::count(*result->successes, true)) /
        starts;
  }
  std::vector<double> regrets;
  for (const std::optional<double>& regret : result->regrets) {
    if (regret.has_value()) regrets.push_back(*regret);
  }
  if (!regrets.empty()) result->regret_mean = Mean(regrets);
}

// Fails where an environment refuses a start's state.
absl::Status TryStarts(Environment& environment, const Panel& panel) {
  for (size_t i = 0; i < panel.starts.size(); ++i) {
    if (panel.starts[i].state.empty()) continue;
    SF_RETURN_IF_ERROR(Annotate(environment.ResetTo(panel.starts[i].state),
                                absl::StrCat("start ", i)));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Evaluator>> Evaluator::Create(Options options) {
  SF_RETURN_IF_ERROR(CheckPanelEnvironment(options.panel, options.environment));
  std::unique_ptr<Evaluator> evaluator(new Evaluator);
  evaluator->panel_ =
      options.success.has_value()
          ? WithSuccess(std::move(options.panel), options.success)
          : std::move(options.panel);
  SF_RETURN_IF_ERROR(CheckPanel(evaluator->panel_));
  if (!options.make_environment) {
    options.make_environment = [environment = options.environment] {
      return MakeEnvironment(environment);
    };
  }
  evaluator->make_environment_ = std::move(options.make_environment);
  SF_RETURN_IF_ERROR(evaluator->MakeEnvironments());
  Environment& first = *evaluator->environments_.front();
  SF_RETURN_IF_ERROR(TryStarts(first, evaluator->panel_));
  evaluator->stop_ = std::move(options.stop);
  evaluator->keep_rewards_ = options.keep_rewards;
  evaluator->own_bounds_ = OwnBounds(options.environment, first.spec());
  evaluator->step_limit_ = first.spec().max_episode_steps > 0
                               ? first.spec().max_episode_steps
                               : options.unlimited_steps;
  return evaluator;
}

absl::Status Evaluator::MakeEnvironments() {
  environments_.clear();
  const size_t together = std::min(kMaxTogether, panel_.starts.size());
  for (size_t i = 0; i < together; ++i) {
    SF_ASSIGN_OR_RETURN(auto environment, make_environment_());
    environments_.push_back(std::move(environment));
  }
  return absl::OkStatus();
}

absl::StatusOr<EvaluationResult> Evaluator::Evaluate(
    std::shared_ptr<const Snapshot> snapshot) {
  const EnvironmentSpec& spec = environments_.front()->spec();
  SF_RETURN_IF_ERROR(CheckSchema(snapshot->schema, spec));
  SF_RETURN_IF_ERROR(CheckBounds(snapshot->bounds, spec.action));
  SF_ASSIGN_OR_RETURN(const std::unique_ptr<Policy> policy,
                      Policy::Create(std::move(snapshot)));
  absl::StatusOr<EvaluationResult> result = EvaluateBothModes(*policy);
  if (result.ok() || absl::IsCancelled(result.status())) return result;
  LogWarning(absl::StrCat("evaluating once more, with new environments: ",
                          result.status().message()));
  SF_RETURN_IF_ERROR(MakeEnvironments());
  return EvaluateBothModes(*policy);
}

absl::StatusOr<EvaluationResult> Evaluator::EvaluateBothModes(Policy& policy) {
  EvaluationResult result;
  result.panel_hash = PanelHash(panel_);
  result.reward_components = environments_.front()->spec().reward_components;
  SF_ASSIGN_OR_RETURN(
      result.deterministic,
      EvaluateMode(policy, ActionMode::kDeterministic, nullptr));
  ActionStatistics statistics(own_bounds_);
  SF_ASSIGN_OR_RETURN(
      result.stochastic,
      EvaluateMode(policy, ActionMode::kStochastic, &statistics));
  result.entropy = statistics.entropy();
  result.action_mean = statistics.mean();
  result.action_std = statistics.std();
  result.clipped_fraction = statistics.clipped_fraction();
  result.saturated_fraction = statistics.saturated_fraction();
  return result;
}

absl::StatusOr<ModeResult> Evaluator::EvaluateMode(
    Policy& policy, ActionMode mode, ActionStatistics* statistics) {
  ModeResult result;
  const std::span<const PanelStart> starts = panel_.starts;
  for (size_t first = 0; first < starts.size(); first += kMaxTogether) {
    const auto part =
        starts.subspan(first, std::min(kMaxTogether, starts.size() - first));
    SF_ASSIGN_OR_RETURN(
        EpisodeBatch batch,
        EpisodeBatch::Begin({&policy, mode, environments_, part, first,
                             step_limit_, statistics, keep_rewards_}));
    while (batch.running()) {
      if (stop_ && stop_()) {
        return absl::CancelledError("the evaluation was stopped");
      }
      SF_RETURN_IF_ERROR(batch.RunOnce());
    }
    AddEpisodes(batch.episodes(), part, panel_.success, &result);
  }
  Summarise(&result);
  return result;
}

}  // namespace softfleet
