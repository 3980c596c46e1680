// SPDX-License-Identifier: Apache-2.0
// Where an environment of a test hangs until the test lets it go. Thread-safe.
#ifndef SOFTFLEET_TESTS_ACTOR_GATE_H_
#define SOFTFLEET_TESTS_ACTOR_GATE_H_

#include "absl/time/time.h"
#include "core/mutex.h"

namespace softfleet {

class Gate {
 public:
  // Waits until the gate is open.
  void Pass() {
    MutexLock lock(mutex_);
    ++waiting_;
    changed_.NotifyAll();
    changed_.Wait(lock, [this]() SF_REQUIRES(mutex_) { return open_; });
  }
  void Open() {
    MutexLock lock(mutex_);
    open_ = true;
    changed_.NotifyAll();
  }
  // Counts something that a test waits for.
  void Count() {
    MutexLock lock(mutex_);
    ++counted_;
    changed_.NotifyAll();
  }

  // Whether so many have come to Pass, or Count, soon.
  bool AwaitWaiting(int waiting) {
    MutexLock lock(mutex_);
    return changed_.WaitFor(lock, kPatience, [&]() SF_REQUIRES(mutex_) {
      return waiting_ >= waiting;
    });
  }
  bool AwaitCount(int count) {
    MutexLock lock(mutex_);
    return changed_.WaitFor(lock, kPatience, [&]() SF_REQUIRES(mutex_) {
      return counted_ >= count;
    });
  }
  int count() {
    MutexLock lock(mutex_);
    return counted_;
  }

 private:
  static constexpr absl::Duration kPatience = absl::Seconds(20);

  Mutex mutex_;
  Condition changed_;
  bool open_ SF_GUARDED_BY(mutex_) = false;
  int waiting_ SF_GUARDED_BY(mutex_) = 0;
  int counted_ SF_GUARDED_BY(mutex_) = 0;
};

}  // namespace softfleet

#endif  // SOFTFLEET_TESTS_ACTOR_GATE_H_
