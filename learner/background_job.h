// SPDX-License-Identifier: Apache-2.0
// One piece of work at a time on a thread of its own, whose result the owner
// asks for: what takes long and must not hold up a loop. Not thread-safe: the
// owner's alone.
#ifndef SOFTFLEET_LEARNER_BACKGROUND_JOB_H_
#define SOFTFLEET_LEARNER_BACKGROUND_JOB_H_

#include <atomic>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "core/thread.h"

namespace softfleet {

class BackgroundJob {
 public:
  // Waits for what runs. Its result is lost.
  ~BackgroundJob() { thread_.Join(); }

  // Runs `work`, a function that returns a Status. None may be under way.
  template <typename Work>
  void Start(std::string name, Work work) {
    done_.store(false, std::memory_order_relaxed);
    thread_ = Thread(std::move(name), [this, work = std::move(work)]() mutable {
      status_ = work();
      done_.store(true, std::memory_order_release);
    });
  }

  // Whether one was started whose result has not been taken.
  bool underway() const { return thread_.joinable(); }
  // Whether Take would not wait.
  bool done() const { return done_.load(std::memory_order_acquire); }
  // Waits for the one under way and returns its result.
  absl::Status Take() {
    thread_.Join();
    return std::exchange(status_, absl::OkStatus());
  }

 private:
  std::atomic<bool> done_ = false;
  absl::Status status_;  // the thread's while one runs
  Thread thread_;        // last: uses the others
};

}  // namespace softfleet

#endif  // SOFTFLEET_LEARNER_BACKGROUND_JOB_H_
