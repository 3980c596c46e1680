// SPDX-License-Identifier: Apache-2.0
// The newest snapshot and those that wait to be evaluated, serialised once,
// for everybody who asks over the network, with waiting: a question is
// answered when there is news, or when its time is up. Thread-safe.
//
// Answers are given from the thread that publishes, from the one that asks,
// or from a thread of the board's own (time-outs); never under a lock.
#ifndef SOFTFLEET_LEARNER_PARAMETER_BOARD_H_
#define SOFTFLEET_LEARNER_PARAMETER_BOARD_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/mutex.h"
#include "core/thread.h"
#include "experience/snapshot.h"
#include "learner/evaluation_requests.h"

namespace softfleet {

// A snapshot and its bytes on the wire.
struct Parameters {
  std::shared_ptr<const Snapshot> snapshot;
  std::string bytes;
  uint32_t crc32c = 0;
};

class ParameterBoard {
 public:
  // What is asked is never kept waiting longer, however long it wants to.
  static constexpr absl::Duration kLongestWait = absl::Seconds(60);
  // Nor longer than this where the run has come to its end.
  static constexpr absl::Duration kLongestWaitAtEnd = absl::Seconds(1);

  using Encode = std::function<std::string(const Snapshot&)>;
  explicit ParameterBoard(Encode encode);
  ~ParameterBoard();

  // Answers whoever waits, and from now on everybody at once: the process
  // ends.
  void Close();

  // Replaces the newest snapshot; returns its size on the wire.
  // FailedPrecondition when its version is not above the one on the board.
  absl::StatusOr<size_t> Publish(std::shared_ptr<const Snapshot> snapshot);
  // What every answer says of the run; whoever waits is answered when it
  // becomes kFinished or kFailed.
  void SetProgress(RunState state, uint64_t updates);

  // Marks the newest snapshot to be evaluated (EvaluationRequests).
  void RequestEvaluation(bool final);
  // A report of `version` has come; the snapshot, or nullptr if none is
  // expected of it.
  std::shared_ptr<const Snapshot> FinishEvaluation(uint64_t version);
  int64_t skipped_evaluations() const;

  struct Answer {
    std::shared_ptr<const Parameters> parameters;  // nullptr: unchanged
    RunState state = RunState::kWaiting;
    uint64_t updates = 0;
  };
  using Done = std::function<void(const Answer&)>;
  // Calls `done` once, with the newest snapshot above version `have` (with
  // `for_evaluation` of those that wait to be evaluated), as soon as there is
  // one, at the latest after `max_wait`. Returns the question's number.
  uint64_t Ask(uint64_t have, bool for_evaluation, absl::Duration max_wait,
               Done done);
  // True: `done` was not called and never will be.
  bool Forget(uint64_t question);

 private:
  struct Question {
    uint64_t have = 0;
    bool for_evaluation = false;
    absl::Duration deadline;  // monotonic
    Done done;
  };
  struct Ready {
    Done done;
    Answer answer;
  };

  Answer AnswerNow(uint64_t have, bool for_evaluation) SF_REQUIRES(mutex_);
  bool HasNews(const Question& question) const SF_REQUIRES(mutex_);
  // Takes out and answers the questions that have news or whose time is up.
  std::vector<Ready> TakeReady(absl::Duration now) SF_REQUIRES(mutex_);
  std::vector<Ready> TakeAll() SF_REQUIRES(mutex_);
  static void Deliver(const std::vector<Ready>& ready);
  void AnswerInTime();

  const Encode encode_;
  mutable Mutex mutex_;
  Condition changed_;
  bool stopping_ SF_GUARDED_BY(mutex_) = false;
  bool asked_ SF_GUARDED_BY(mutex_) = false;
  std::shared_ptr<const Parameters> newest_ SF_GUARDED_BY(mutex_);
  EvaluationRequests evaluations_ SF_GUARDED_BY(mutex_);
  RunState state_ SF_GUARDED_BY(mutex_) = RunState::kWaiting;
  uint64_t updates_ SF_GUARDED_BY(mutex_) = 0;
  std::map<uint64_t, Question> questions_ SF_GUARDED_BY(mutex_);
  uint64_t questions_asked_ SF_GUARDED_BY(mutex_) = 0;
  Thread thread_;  // last: uses all of the above
};

}  // namespace softfleet

#endif  // SOFTFLEET_LEARNER_PARAMETER_BOARD_H_
