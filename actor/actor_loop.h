// SPDX-License-Identifier: Apache-2.0
// The rollout loop: steps its environments together under the newest policy
// and hands the steps on as blocks.
//
// Randomness is a pure function of (seed, environment, its step or episode),
// so an actor that continues from a saved state, or one that steps the same
// environments in another process, does the same. Before training (the
// snapshot says so) actions are uniform; afterwards they are sampled.
//
// No row is lost where the sink is full: a block that it does not take waits
// here, at most two per environment, and nothing is stepped until it has.
//
// No waiting inside; one thread at a time.
#ifndef SOFTFLEET_ACTOR_ACTOR_LOOP_H_
#define SOFTFLEET_ACTOR_ACTOR_LOOP_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/clock.h"
#include "core/tensor.h"
#include "environments/action_scaling.h"
#include "environments/registry.h"
#include "experience/episode.h"
#include "experience/interfaces.h"
#include "experience/step_block.h"
#include "policy/frame_stack.h"
#include "policy/policy.h"

namespace softfleet {

struct ActorOptions {
  EnvironmentOptions environment;
  int num_environments = 1;
  // The first environment's number within the run; the others follow.
  uint64_t first_environment = 0;
  uint64_t seed = 1;
  int frame_stack = 1;
  // A block is cut after so many rows or at an episode's end.
  int64_t block_rows = 32;
  // CutBlocks cuts a block whose first row is so old. Infinite: never; a run
  // in one process depends on no clock.
  absl::Duration block_time = absl::InfiniteDuration();
  Clock* clock = &SystemClock();
  // Makes each environment; unset = MakeEnvironment(environment).
  std::function<absl::StatusOr<std::unique_ptr<Environment>>()>
      make_environment;
};

class ActorLoop {
 public:
  // Makes the environments. `sink` and `policies` must outlive the loop.
  static absl::StatusOr<std::unique_ptr<ActorLoop>> Create(
      const ActorOptions& options, StepSink& sink, PolicySource& policies);
  ~ActorLoop();

  // One step of every environment, under the newest snapshot. Unavailable
  // while there is no snapshot at all. ResourceExhausted: the sink is full and
  // blocks wait; no environment is stepped before it has taken them. Other
  // errors name the environment and are final: a reward or observation that is
  // not finite or of a wrong size, a rejected block.
  absl::Status RunOnce();

  // Hands on what has waited for block_time, in blocks that may be short, and
  // what the sink did not take before. ResourceExhausted: it still does not.
  absl::Status CutBlocks();
  // The same for every row there is: before an end.
  absl::Status CutAllBlocks();

  const Schema& schema() const { return schema_; }
  int num_environments() const { return options_.num_environments; }
  // Of all environments together, since Create.
  uint64_t steps() const { return steps_; }
  // The one in use; null before the first.
  const Snapshot* policy() const { return snapshot_.get(); }
  // The episodes that ended since the last call.
  std::vector<FinishedEpisode> TakeFinishedEpisodes();

  // Every environment's state in mid-episode, for a checkpoint taken where no
  // row waits to be cut or taken (block_rows == 1). Restore refuses what does
  // not fit these environments, by name; the loop is then unusable. Where an
  // environment could not be saved, its open episode ends there without an end
  // of its own, which the log says, and the next one begins.
  TensorMap Save() const;
  absl::Status Restore(const TensorMap& saved);

 private:
  struct Worker;  // one environment and what belongs to it

  ActorLoop(const ActorOptions& options, StepSink& sink,
            PolicySource& policies);
  absl::Status AdoptNewestPolicy();
  absl::Status BeginEpisode(Worker& worker);
  void ChooseUniformly();
  absl::Status ChooseByPolicy();
  absl::Status StepWorker(size_t index);
  // Cuts what is older than `age`.
  absl::Status CutOlderThan(absl::Duration age);
  // Hands on what was cut last, from this environment.
  absl::Status HandOn(const Worker& worker);
  absl::Status HandOnWaiting();
  // `history` has frame_stack observations per group, oldest first.
  void RestoreFrames(const std::vector<std::vector<std::byte>>& history,
                     FrameStack* frames);

  ActorOptions options_;
  StepSink* sink_;
  PolicySource* policies_;
  Schema schema_;
  std::unique_ptr<ActionScaling> scaling_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::shared_ptr<const Snapshot> snapshot_;
  std::unique_ptr<Policy> policy_;
  std::vector<FinishedEpisode> finished_;
  uint64_t steps_ = 0;
  StepBlock cut_;                  // last; its memory is used again
  std::deque<StepBlock> waiting_;  // that the sink did not take, oldest first

  // Scratch of one step: a row per environment.
  std::vector<float> observations_, noise_, scaled_;
  PolicyOutput output_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_ACTOR_ACTOR_LOOP_H_
