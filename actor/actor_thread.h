// SPDX-License-Identifier: Apache-2.0
// An ActorLoop on a thread of its own, beside a learner in the same process: it
// steps while it is allowed to, and its rows wait here until the learner takes
// them. Whoever owns the thread has one thread of its own; Append is the
// loop's.
#ifndef SOFTFLEET_ACTOR_ACTOR_THREAD_H_
#define SOFTFLEET_ACTOR_ACTOR_THREAD_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "actor/actor_loop.h"
#include "core/clock.h"
#include "core/mutex.h"
#include "core/thread.h"
#include "experience/episode.h"
#include "experience/interfaces.h"

namespace softfleet {

class ActorThread : public StepSink {
 public:
  // `clock` must outlive this.
  explicit ActorThread(Clock& clock) : clock_(clock) {}
  // Waits for the round under way.
  ~ActorThread() override;

  // Begins, once, to drive `actor`, whose sink this is and which outlives it:
  // a lock-step one, with blocks of one row. The run has `rows` rows already.
  void Start(ActorLoop& actor, int64_t rows);
  bool started() const { return thread_.joinable(); }

  // Rounds are begun while the run has fewer than `rows` rows.
  void Allow(int64_t rows) SF_EXCLUDES(mutex_);

  struct Delivery {
    std::vector<StepBlock> blocks;  // in order
    std::vector<FinishedEpisode> episodes;
  };
  // What was made since the last call, whole rounds; waits at most `timeout`
  // while there is nothing. Where that is so because the loop has failed, its
  // error.
  absl::StatusOr<Delivery> Take(absl::Duration timeout) SF_EXCLUDES(mutex_);

  // Waits for the round under way; none is begun before Resume. Between the
  // two the loop belongs to the caller.
  void Pause() SF_EXCLUDES(mutex_);
  void Resume() SF_EXCLUDES(mutex_);

  // How long the loop has waited to be allowed more rows.
  absl::Duration waited() const SF_EXCLUDES(mutex_);

  absl::Status Append(const StepBlock& block) override;

 private:
  void Run(ActorLoop& actor) SF_EXCLUDES(mutex_);
  // Whether there is to be another round.
  bool AwaitTurn() SF_EXCLUDES(mutex_);
  bool may_step() const SF_REQUIRES(mutex_) {
    return !paused_ && rows_ < allowed_;
  }

  Clock& clock_;
  std::vector<StepBlock> round_;  // of the round under way; the loop's

  mutable Mutex mutex_;
  Condition changed_;
  Delivery made_ SF_GUARDED_BY(mutex_);
  int64_t rows_ SF_GUARDED_BY(mutex_) = 0;  // of the run
  int64_t allowed_ SF_GUARDED_BY(mutex_) = 0;
  bool stepping_ SF_GUARDED_BY(mutex_) = false;
  bool paused_ SF_GUARDED_BY(mutex_) = false;
  bool stop_ SF_GUARDED_BY(mutex_) = false;
  absl::Status failure_ SF_GUARDED_BY(mutex_);
  absl::Duration waited_ SF_GUARDED_BY(mutex_);
  Thread thread_;  // last: uses the others
};

}  // namespace softfleet

#endif  // SOFTFLEET_ACTOR_ACTOR_THREAD_H_
