// SPDX-License-Identifier: Apache-2.0
// Runs a policy from every start of a panel, once in each action mode, and
// reports returns, regrets and what its actions looked like. Not thread-safe;
// one owner.
#ifndef SOFTFLEET_EVALUATION_EVALUATOR_H_
#define SOFTFLEET_EVALUATION_EVALUATOR_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "environments/environment.h"
#include "environments/registry.h"
#include "evaluation/panel.h"
#include "experience/snapshot.h"
#include "policy/policy.h"

namespace softfleet {

class ActionStatistics;

// The episodes of one action mode, in the panel's order. Returns are
// undiscounted sums of the environment's rewards (reward_scale not applied).
struct ModeResult {
  std::vector<double> returns;   // [starts]
  std::vector<int64_t> lengths;  // [starts], environment steps
  // [starts]; nullopt where there is no criterion.
  std::optional<std::vector<bool>> successes;
  // [starts], reference - return; nullopt where a start has no reference. May
  // be negative: a reference is the best return known, not a bound.
  std::vector<std::optional<double>> regrets;
  // Over the starts; the standard deviation is the population's.
  double return_mean = 0;
  double return_std = 0;
  std::optional<double> success_fraction;  // nullopt: no criterion
  // Over the starts that have a reference; nullopt: none has.
  std::optional<double> regret_mean;
  // Mean over the starts of an episode's summed reward components, in the
  // order of EvaluationResult::reward_components; they add up to return_mean
  // where the components add up to the reward.
  std::vector<double> component_means;
  // [starts][steps], only where Evaluator::Options::keep_rewards asks for it.
  std::vector<std::vector<double>> rewards;
};

struct EvaluationResult {
  uint64_t panel_hash = 0;  // of the panel with the criterion in force
  std::vector<std::string> reward_components;  // names
  ModeResult deterministic;
  ModeResult stochastic;

  // Over all steps of the stochastic episodes, each step with equal weight.
  // Mean entropy in policy space, nats: the mean of -log pi(a|s), for discrete
  // actions of the exact entropy.
  double entropy = 0;
  // Of the action after tanh, in policy space, per dimension; population
  // standard deviation. Empty for discrete actions.
  std::vector<double> action_mean;
  std::vector<double> action_std;
  // Share of action components that the environment's own bounds change, in
  // its units, and share with |a| > 0.99 in policy space. 0 for discrete
  // actions, which have no components.
  double clipped_fraction = 0;
  double saturated_fraction = 0;
};

// All episodes of a mode run side by side, with one batched Policy::Act per
// step over those still running (at most kMaxTogether at a time).
//
// What holds, to the last bit: evaluating one snapshot twice gives the same
// result, also from two Evaluators; and a start's episode does not depend on
// which others run beside it or in what order. For the action noise of a start
// at its step t is Philox(noise_seed, Purpose::kEvaluationNoise, 0, t), and a
// row of Policy::Act does not depend on the other rows.
//
// Both modes act by the network as it is, also where the snapshot says
// act_uniformly: before training the audit shows the untrained policy.
// Statistics of a normaliser are frozen.
class Evaluator {
 public:
  static constexpr size_t kMaxTogether = 256;  // environments kept in memory
  // An episode of an environment without a time limit is cut here, which is a
  // truncation. Far above any benchmark's limit (1000).
  static constexpr int64_t kUnlimitedSteps = 100000;

  struct Options {
    EnvironmentOptions environment;
    Panel panel;
    // Replaces the panel's criterion, as WithSuccess does.
    std::optional<SuccessCriterion> success;
    // Makes each environment; unset = MakeEnvironment(environment).
    std::function<absl::StatusOr<std::unique_ptr<Environment>>()>
        make_environment;
    int64_t unlimited_steps = kUnlimitedSteps;
    bool keep_rewards = false;  // ModeResult::rewards
    // Asked before every step; true ends Evaluate with Cancelled. May be empty.
    std::function<bool()> stop;
  };

  // Makes the environments and tries every explicit start state. Errors:
  // MakeEnvironment's; FailedPrecondition when the panel is for another
  // environment; InvalidArgument naming the start when CheckPanel or ResetTo
  // refuse it.
  static absl::StatusOr<std::unique_ptr<Evaluator>> Create(Options options);

  // Actions are scaled with the snapshot's own bounds, those it was trained
  // with. FailedPrecondition when the snapshot's observations or actions are
  // not the environment's; Policy::Create's errors; what an environment does
  // wrong (an error, a number that is not finite, a wrong size) is a status
  // that names environment, start, mode and step. Before it is one, all of it
  // is done again with new environments, once: a process that somebody killed
  // costs no run, an environment that is broken fails again.
  absl::StatusOr<EvaluationResult> Evaluate(
      std::shared_ptr<const Snapshot> snapshot);

  // The panel with the criterion in force.
  const Panel& panel() const { return panel_; }

 private:
  Evaluator() = default;

  absl::Status MakeEnvironments();
  absl::StatusOr<EvaluationResult> EvaluateBothModes(Policy& policy);
  // One mode; `statistics` may be null.
  absl::StatusOr<ModeResult> EvaluateMode(Policy& policy, ActionMode mode,
                                          ActionStatistics* statistics);

  Panel panel_;
  ActionBounds own_bounds_;  // of the environment, without replacements
  int64_t step_limit_ = 0;   // of an episode
  bool keep_rewards_ = false;
  std::function<bool()> stop_;
  std::function<absl::StatusOr<std::unique_ptr<Environment>>()>
      make_environment_;
  std::vector<std::unique_ptr<Environment>> environments_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_EVALUATION_EVALUATOR_H_
