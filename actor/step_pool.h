// SPDX-License-Identifier: Apache-2.0
// An actor's environments and the threads that step them.
//
//  1. An environment asks for an action once it has been stepped. Who has an
//     action is stepped as soon as a thread is free, those first that have
//     waited longest.
//  2. In real time (a period) it is stepped at its ticks (tick_schedule.h)
//     instead, by the safe action where it has none. Ticks begin with the first
//     action, and again a period after each further episode has begun, whose
//     reset may have taken longer.
//  3. A step, or the beginning of an episode, that takes longer than the
//     deadline is given up: its thread is let go together with its environment,
//     which it destroys should it ever come back, and another thread takes its
//     place. The rows of that episode that were not cut are gone.
//  4. An episode that has ended is followed by another; after a failure an
//     environment waits for Begin.
//  5. Rows of an environment that is not being stepped can be cut at any time.
//
// Without threads StepOne does their work; nobody can give up on it then.
// Everything else is called by one thread, the owner's.
#ifndef SOFTFLEET_ACTOR_STEP_POOL_H_
#define SOFTFLEET_ACTOR_STEP_POOL_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "absl/time/time.h"
#include "actor/block_list.h"
#include "actor/rollout.h"
#include "actor/step_outcome.h"
#include "actor/tick_schedule.h"
#include "core/clock.h"
#include "core/mutex.h"
#include "core/thread.h"
#include "policy/policy.h"

namespace softfleet {

class StepPool {
 public:
  struct Options {
    int threads = 0;
    // Thread i runs on cpus[i mod size] alone; empty = anywhere.
    std::vector<int> cpus;
    absl::Duration deadline = absl::InfiniteDuration();
    absl::Duration period = absl::ZeroDuration();  // above 0: real time
    // Rows that are so old, or would be after another step, are cut by CutOld.
    absl::Duration block_time = absl::InfiniteDuration();
    Clock* clock = &SystemClock();
    // Makes environment `index`, at the start and in place of one that hangs.
    std::function<std::shared_ptr<Rollout>(size_t index, Rollout::Position)>
        make_rollout;
  };

  StepPool(Options options, size_t environments);
  // Waits a moment for steps that are being taken, and lets go of the rest.
  ~StepPool();

  // Has the environment begin an episode at `due` on the clock. It is new, or
  // has failed.
  void Begin(size_t index, absl::Duration due) SF_EXCLUDES(mutex_);

  // Who asks for an action, and for which of its steps over all episodes.
  struct Request {
    size_t index = 0;
    uint64_t turn = 0;
    uint64_t step = 0;
  };
  // Replaces both by the requests since the last call, in the environments'
  // order, and what a policy reads of each.
  void Gather(std::vector<Request>* requests, std::vector<float>* observations)
      SF_EXCLUDES(mutex_);
  // The answers, a row for each. What is too late is not used.
  void Deliver(std::span<const Request> requests, const PolicyOutput& output,
               uint64_t policy_version) SF_EXCLUDES(mutex_);

  // Does one thing that is due in the calling thread. False: nothing is.
  bool StepOne() SF_EXCLUDES(mutex_);
  // Whether anything is being done, or will be without another call.
  bool busy() SF_EXCLUDES(mutex_);
  // Waits until so many ask, or nothing is being done, at most `timeout` of
  // real time. Gives up on who has exceeded the deadline.
  void Await(size_t asking, absl::Duration timeout) SF_EXCLUDES(mutex_);
  // Begins nothing any more, and waits for what is being done, at most `grace`
  // of real time.
  void Stop(absl::Duration grace) SF_EXCLUDES(mutex_);

  // Cuts the rows of rule 5 that have waited for block_time / all.
  void CutOld() SF_EXCLUDES(mutex_);
  void CutAll() SF_EXCLUDES(mutex_);
  // Gives what was cut for an empty list.
  void TakeBlocks(BlockList* blocks) SF_EXCLUDES(mutex_);

  struct Report {
    size_t index = 0;
    StepOutcome outcome;
    // In real time: how long after its tick the step began, and how many ticks
    // passed without one because it, or a reset before it, took so long.
    absl::Duration lateness;
    int64_t missed_ticks = 0;
  };
  // Replaces `reports` by what has been done since the last call.
  void TakeReports(std::vector<Report>* reports) SF_EXCLUDES(mutex_);

  // Only while the pool is not busy.
  Rollout& rollout(size_t index) { return *cells_[index].rollout; }
  size_t size() const { return cells_.size(); }

 private:
  // An environment. While a thread steps it, only the flags are touched.
  struct Cell {
    std::shared_ptr<Rollout> rollout;
    bool running = false;
    bool begins = false;  // next, instead of a step
    bool asking = false;  // is in asking_
    bool has_action = false;
    uint64_t turn = 0;     // how often it has been run
    bool ticking = false;  // in real time, since its first action
    TickSchedule ticks;
    // As the last run left it, for when the next does not come back.
    Rollout::Position position;
    uint64_t episode = 0, step = 0, rows = 0;
    absl::Duration took;
    std::optional<absl::Duration> first_row;  // of those not cut
  };
  // What a thread is doing. The pool's, but for `over`.
  struct Seat {
    bool running = false;
    size_t index = 0;
    absl::Duration started;
    // Whether the run has ended. Who sets it first, the thread or who gives up
    // on it, has the last word.
    std::atomic<bool> over = true;
  };
  struct Worker {
    std::shared_ptr<Seat> seat;
    Thread thread;
  };
  // Something to do, a heap's element; the earliest first, then the oldest.
  struct Due {
    absl::Duration at;
    uint64_t order = 0;
    size_t index = 0;
    bool operator<(const Due& other) const {
      return at != other.at ? at > other.at : order > other.order;
    }
  };
  struct Run {
    std::shared_ptr<Rollout> rollout;
    size_t index = 0;
    bool begins = false;
    bool safe = false;
    absl::Duration started;
  };

  bool real_time() const { return options_.period > absl::ZeroDuration(); }
  Worker StartWorker(size_t number);
  void Work(Seat& seat) SF_EXCLUDES(mutex_);
  // Waits for something to be due; false: the pool stops.
  bool WaitAndStart(Seat& seat, Run* run) SF_EXCLUDES(mutex_);
  static StepOutcome Perform(const Run& run);
  void Finish(const Run& run, StepOutcome outcome) SF_EXCLUDES(mutex_);

  void Push(size_t index, absl::Duration at) SF_REQUIRES(mutex_);
  // Zero where something is due; infinite where nothing will be.
  absl::Duration UntilDue() SF_REQUIRES(mutex_);
  Run Start() SF_REQUIRES(mutex_);
  void EndRun(Cell& cell) SF_REQUIRES(mutex_);
  void Note(Cell& cell, absl::Duration now) SF_REQUIRES(mutex_);
  void SetNextTick(Cell& cell, Report* report, absl::Duration now)
      SF_REQUIRES(mutex_);
  void AbandonHung() SF_REQUIRES(mutex_);
  void Abandon(size_t index, absl::Duration ran) SF_REQUIRES(mutex_);
  void Cut(Cell& cell) SF_REQUIRES(mutex_);
  bool Idle() const SF_REQUIRES(mutex_) {
    return running_ == 0 && (stopping_ || due_.empty());
  }
  bool AwaitedIsThere() const SF_REQUIRES(mutex_) {
    return asking_.size() >= awaited_ || Idle();
  }

  const Options options_;
  Mutex mutex_;
  Condition work_;           // for threads: something to do, or an end
  Condition changed_;        // for the owner
  std::vector<Cell> cells_;  // see Cell
  std::vector<Due> due_ SF_GUARDED_BY(mutex_);
  uint64_t pushes_ SF_GUARDED_BY(mutex_) = 0;
  size_t running_ SF_GUARDED_BY(mutex_) = 0;
  size_t idle_threads_ SF_GUARDED_BY(mutex_) = 0;
  bool stopping_ SF_GUARDED_BY(mutex_) = false;
  std::vector<size_t> asking_ SF_GUARDED_BY(mutex_);
  size_t awaited_ SF_GUARDED_BY(mutex_) = 0;
  std::vector<Report> reports_ SF_GUARDED_BY(mutex_);
  BlockList blocks_ SF_GUARDED_BY(mutex_);
  std::vector<Worker> workers_;  // last: they use the above
};

}  // namespace softfleet

#endif  // SOFTFLEET_ACTOR_STEP_POOL_H_
