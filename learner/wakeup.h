// SPDX-License-Identifier: Apache-2.0
// What a loop that has run out of work waits for. Thread-safe.
#ifndef SOFTFLEET_LEARNER_WAKEUP_H_
#define SOFTFLEET_LEARNER_WAKEUP_H_

#include <utility>

#include "absl/time/time.h"
#include "core/mutex.h"

namespace softfleet {

class Wakeup {
 public:
  // There may be something to do. Not forgotten if nobody waits yet.
  void Notify() {
    MutexLock lock(mutex_);
    notified_ = true;
    changed_.NotifyOne();
  }
  // Waits for a Notify since the last Wait, at most `timeout`.
  void Wait(absl::Duration timeout) {
    MutexLock lock(mutex_);
    changed_.WaitFor(lock, timeout,
                     [this]() SF_REQUIRES(mutex_) { return notified_; });
    notified_ = false;
  }

 private:
  Mutex mutex_;
  Condition changed_;
  bool notified_ SF_GUARDED_BY(mutex_) = false;
};

}  // namespace softfleet

#endif  // SOFTFLEET_LEARNER_WAKEUP_H_
