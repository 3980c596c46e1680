// SPDX-License-Identifier: Apache-2.0
// The rollout loop: steps its environments under the newest policy and hands
// the steps on as blocks.
//
// Randomness is a pure function of (seed, environment, its step or episode),
// so an actor that continues from a saved state, one that steps the same
// environments in another process, and one with other threads do the same.
//
// No row is lost where the sink is full: a block that it does not take waits
// here, at most two per environment, and no other action is chosen until it
// has. (In real time nothing waits: use a sink that is never full.)
//
// An environment that fails costs its episode and nobody else: what of it was
// not handed on is dropped, the failure is counted and logged, another
// environment is made and begins the next episode.
#ifndef SOFTFLEET_ACTOR_ACTOR_LOOP_H_
#define SOFTFLEET_ACTOR_ACTOR_LOOP_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "actor/action_chooser.h"
#include "actor/block_list.h"
#include "actor/rollout.h"
#include "actor/step_pool.h"
#include "core/backoff.h"
#include "core/clock.h"
#include "core/tensor.h"
#include "environments/registry.h"
#include "experience/episode.h"
#include "experience/interfaces.h"

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
  // CutBlocks cuts a block whose first row is so old. Infinite: never.
  absl::Duration block_time = absl::InfiniteDuration();
  // See noise_stream.h.
  double exploration_spread = 1;

  // RunOnce steps every environment once, whatever it takes, and nothing
  // depends on the clock: for a run in one process. Otherwise actions are
  // chosen for some while others are being stepped, and an environment that
  // fails again and again is tried less and less often.
  bool lock_step = true;
  // Threads that step; 0 = RunOnce's own.
  int step_threads = 0;
  std::vector<int> cpus;  // see StepPool
  // A step or reset that takes longer is given up. Needs step_threads.
  absl::Duration step_deadline = absl::InfiniteDuration();
  // Above 0: real time. Needs step_threads, and no lock_step.
  absl::Duration control_period = absl::ZeroDuration();
  // What is executed where no action is there in time, in the environment's
  // units: one value per dimension, or one for all, or the index; empty =
  // zeros, clipped to the bounds.
  std::vector<double> safe_action;

  Clock* clock = &SystemClock();
  // Makes each environment, on the thread that is to step it; unset =
  // MakeEnvironment(environment).
  EnvironmentFactory make_environment;
};

// Since Create, of all environments together.
struct ActorCounts {
  uint64_t steps = 0;         // rows made
  uint64_t dropped_rows = 0;  // of these, with an episode that was given up
  std::array<uint64_t, kFailureReasons.size()> failures{};  // by FailureReason
  uint64_t taken_over_rows = 0;
  uint64_t safe_rows = 0;  // of the safe action
  // In real time: ticks without a step because the one before took so long.
  uint64_t missed_ticks = 0;
};

class ActorLoop {
 public:
  // Makes the environments and begins an episode in each; an error says which
  // could not. `sink` and `policies` must outlive the loop.
  static absl::StatusOr<std::unique_ptr<ActorLoop>> Create(
      const ActorOptions& options, StepSink& sink, PolicySource& policies);
  ~ActorLoop();

  // In lock-step one step of every environment, under the newest snapshot.
  // Otherwise chooses actions for those that ask and waits, for a few
  // milliseconds at most, until about half of all environments (in real time:
  // one) have been stepped. Without threads it steps those that ask itself.
  //
  // Unavailable while there is no snapshot at all. ResourceExhausted: the sink
  // is full and blocks wait; no action is chosen before it has taken them.
  // Other errors are final: an environment that failed ten times without one
  // good step, a rejected block, a policy that is for other rows or overflows.
  absl::Status RunOnce();

  // Hands on what has waited for block_time, in blocks that may be short, and
  // what the sink did not take before. ResourceExhausted: it still does not.
  absl::Status CutBlocks();
  // The same for every row there is, but those of environments that are being
  // stepped: Stop first.
  absl::Status CutAllBlocks();
  // Begins no step any more, and waits at most `grace` for those being taken.
  void Stop(absl::Duration grace);

  const Schema& schema() const { return shared_->schema; }
  int num_environments() const { return options_.num_environments; }
  const ActorCounts& counts() const { return counts_; }
  // The one in use; null before the first.
  const Snapshot* policy() const { return chooser_->policy(); }
  // Of the last RunOnce: the episodes that ended, and in real time how long
  // after its tick each step began.
  std::span<const FinishedEpisode> finished_episodes() const {
    return finished_;
  }
  std::span<const absl::Duration> latenesses() const { return latenesses_; }

  // Every environment's state in mid-episode, for a checkpoint taken in
  // lock-step where no row waits to be cut or taken (block_rows == 1). Restore
  // refuses what does not fit these environments, by name; the loop is then
  // unusable. Where an environment could not be saved, its open episode ends
  // there without an end of its own, which the log says, and the next one
  // begins.
  TensorMap Save() const;
  absl::Status Restore(const TensorMap& saved);

 private:
  struct Trouble {
    int failures = 0;  // without a good step since
    Backoff backoff;
  };

  ActorLoop(const ActorOptions& options, StepSink& sink,
            PolicySource& policies);
  absl::Status MakePool();
  absl::Status BeginAll();
  absl::Status ChooseActions();
  // Until the pool has nothing to do, and every environment runs.
  absl::Status FinishRound();
  absl::Status StepWhatIsDue();
  absl::Status TakeReports();
  void Count(const StepPool::Report& report);
  absl::Status OnFailure(size_t index, const EnvironmentFailure& failure);
  void LogFailure(const std::string& text);
  absl::Status HandOn();
  std::string Name(uint64_t environment) const;

  const ActorOptions options_;
  StepSink* const sink_;
  PolicySource* const policies_;
  std::shared_ptr<const RolloutOptions> shared_;
  std::vector<NoiseStream> streams_;
  std::vector<Trouble> troubles_;
  std::unique_ptr<ActionChooser> chooser_;
  std::unique_ptr<StepPool> pool_;
  BlockList blocks_;  // that the sink has not taken yet
  ActorCounts counts_;
  std::vector<FinishedEpisode> finished_;
  std::vector<absl::Duration> latenesses_;
  std::optional<absl::Duration> last_logged_;
  uint64_t not_logged_ = 0;  // failures since

  // Scratch of RunOnce.
  std::vector<StepPool::Request> requests_;
  std::vector<ActionChooser::Row> rows_;
  std::vector<float> observations_;
  std::vector<StepPool::Report> reports_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_ACTOR_ACTOR_LOOP_H_
