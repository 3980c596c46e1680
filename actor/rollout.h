// SPDX-License-Identifier: Apache-2.0
// One environment's episodes, made into rows. What the environment does wrong
// (an error, an exception, a number that is not finite) ends here: the episode
// is given up with the rows of it that were not handed on, the environment is
// destroyed, and Begin makes another one for the next episode.
//
// Its randomness is a pure function of (seed, number, episode). Not
// thread-safe; whoever steps it owns it meanwhile, and it touches nothing that
// is not its own.
#ifndef SOFTFLEET_ACTOR_ROLLOUT_H_
#define SOFTFLEET_ACTOR_ROLLOUT_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "actor/safe_action.h"
#include "actor/step_outcome.h"
#include "core/tensor.h"
#include "environments/action_scaling.h"
#include "environments/environment.h"
#include "experience/step_block_builder.h"
#include "policy/frame_stack.h"

namespace softfleet {

using EnvironmentFactory =
    std::function<absl::StatusOr<std::unique_ptr<Environment>>()>;

// Calls the factory; what it throws becomes a status.
absl::StatusOr<std::unique_ptr<Environment>> MakeContained(
    const EnvironmentFactory& factory);

// What all rollouts of an actor share.
struct RolloutOptions {
  EnvironmentFactory make;
  std::string name;  // of the environment
  Schema schema;
  ActionScaling scaling;
  int64_t block_rows = 32;
  SafeAction safe;
};

// In policy space, and whose it is.
struct ChosenAction {
  std::vector<float> action;
  int32_t discrete_action = 0;
  uint64_t policy_version = 0;
};

class Rollout {
 public:
  // How far it is: steps over all episodes, and episodes begun.
  struct Position {
    uint64_t steps = 0;
    uint64_t episodes = 0;
  };

  // `seed` is that of the environment's streams (noise_stream.h). Begin comes
  // first.
  Rollout(std::shared_ptr<const RolloutOptions> options, uint64_t number,
          uint64_t seed, Position position);

  // Instead of making one in Begin.
  void Adopt(std::unique_ptr<Environment> environment) {
    environment_ = std::move(environment);
  }

  // Begins the next episode, whether or not one runs.
  StepOutcome Begin();
  // Takes action(), or the safe action. Begin is next where this has ended the
  // episode.
  StepOutcome Step(bool safe);
  ChosenAction& action() { return action_; }

  // Whether Step has finished a block, to be taken before the next. Whoever
  // takes it leaves an old one for its memory.
  bool has_block() const { return has_block_; }
  void TakeBlock(StepBlock* block);
  // What there is, as StepBlockBuilder::Cut.
  bool Cut(StepBlock* block) { return builder_.Cut(block); }

  uint64_t number() const { return number_; }
  Position position() const { return position_; }
  uint64_t episode() const { return builder_.episode(); }  // that runs
  uint64_t step() const { return builder_.steps(); }       // of it
  int64_t rows() const { return builder_.rows(); }         // not cut
  // What a policy reads.
  std::span<const float> observation() const { return frames_.values(); }

  // This environment's part of ActorLoop::Save and Restore.
  void Save(TensorMap* saved) const;
  absl::Status Restore(const TensorMap& saved);

 private:
  absl::Status TryBegin(StepOutcome* outcome);
  absl::Status TryStep(bool safe, StepOutcome* outcome);
  absl::StatusOr<StepResult> StepEnvironment(bool safe);
  // What the row says was done, in policy space.
  absl::StatusOr<std::span<const float>> ActionOfRow(bool safe,
                                                     const StepResult& result);
  // At `step` of the episode that was begun last.
  void Fail(absl::Status status, uint64_t step, StepOutcome* outcome);
  // `history` has frame_stack observations per group, oldest first.
  void RestoreFrames(const std::vector<std::vector<std::byte>>& history);

  const std::shared_ptr<const RolloutOptions> options_;
  const uint64_t number_;
  const uint64_t seed_;
  Position position_;
  std::unique_ptr<Environment> environment_;
  StepBlockBuilder builder_;
  FrameStack frames_;
  ChosenAction action_;
  StepBlock block_;
  bool has_block_ = false;
  FailureReason reason_ = FailureReason::kError;  // of what is tried now

  // Scratch: one action.
  std::vector<float> executed_;  // in the environment's units
  std::vector<float> recorded_;  // in policy space
};

}  // namespace softfleet

#endif  // SOFTFLEET_ACTOR_ROLLOUT_H_
