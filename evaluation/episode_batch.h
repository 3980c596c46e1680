// SPDX-License-Identifier: Apache-2.0
// A few episodes of one action mode, stepped together with one batched
// Policy::Act per step. A loop object: RunOnce steps every running episode
// once and never waits. Not thread-safe; one owner.
#ifndef SOFTFLEET_EVALUATION_EPISODE_BATCH_H_
#define SOFTFLEET_EVALUATION_EPISODE_BATCH_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "environments/action_scaling.h"
#include "environments/environment.h"
#include "environments/observation_buffer.h"
#include "evaluation/action_statistics.h"
#include "evaluation/panel.h"
#include "policy/frame_stack.h"
#include "policy/policy.h"

namespace softfleet {

// One episode, finished or not. Sums are undiscounted.
struct EvaluatedEpisode {
  double sum = 0;  // of rewards: the return
  int64_t length = 0;
  bool success = false;            // the environment said so at some step
  std::vector<double> components;  // summed, in the spec's order
  std::vector<double> rewards;     // [length], only where asked for
};

class EpisodeBatch {
 public:
  // Everything pointed to outlives the batch.
  struct Options {
    Policy* policy = nullptr;
    ActionMode mode = ActionMode::kDeterministic;
    // One start for each of the first environments.
    std::span<const std::unique_ptr<Environment>> environments;
    std::span<const PanelStart> starts;
    // Number of starts[0] within its panel, for errors.
    size_t first_start = 0;
    // Episodes are truncated after so many steps.
    int64_t step_limit = 0;
    // Told of every step; may be null.
    ActionStatistics* statistics = nullptr;
    bool keep_rewards = false;
  };

  // Resets each environment to its start.
  static absl::StatusOr<EpisodeBatch> Begin(const Options& options);

  bool running() const { return !running_.empty(); }
  // One step. Errors name environment, start, mode and step (from 0).
  absl::Status RunOnce();

  // In the order of the starts.
  const std::vector<EvaluatedEpisode>& episodes() const { return episodes_; }

 private:
  explicit EpisodeBatch(const Options& options);

  absl::Status Start(size_t i);
  // Fills input_ and noise_ with a row for every running episode.
  void Gather();
  // Takes the action in row `row` of output_ in episode `i`; true if it ended.
  absl::StatusOr<bool> Step(size_t i, size_t row);
  absl::StatusOr<StepResult> StepEnvironment(size_t i, size_t row);
  absl::Status CheckResult(const StepResult& result) const;
  // Reads episode i's current observation into its frames: the `first` of an
  // episode, or the next one.
  absl::Status Observe(size_t i, bool first);
  absl::Status Annotated(size_t i, const absl::Status& status) const;

  Options options_;
  EnvironmentSpec spec_;
  ActionScaling scaling_;  // with the policy's bounds
  std::vector<EvaluatedEpisode> episodes_;
  std::vector<size_t> running_;     // indices of episodes, ascending
  std::vector<FrameStack> frames_;  // of each episode

  // Scratch of one step: [running, ...] each.
  ObservationBuffer observation_;
  std::vector<float> input_;
  std::vector<float> noise_;
  PolicyOutput output_;
  std::vector<float> scaled_;  // one action in the environment's units
};

}  // namespace softfleet

#endif  // SOFTFLEET_EVALUATION_EPISODE_BATCH_H_
