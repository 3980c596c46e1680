// SPDX-License-Identifier: Apache-2.0
// How many streams gRPC still holds, so that a stopping shard knows when the
// last has ended. Thread-safe.
#ifndef SOFTFLEET_REPLAY_SERVER_STREAM_COUNT_H_
#define SOFTFLEET_REPLAY_SERVER_STREAM_COUNT_H_

#include <cstdint>

#include "absl/time/time.h"
#include "core/mutex.h"

namespace softfleet {

class StreamCount {
 public:
  void Add() {
    MutexLock lock(mutex_);
    ++count_;
  }
  void Remove() {
    MutexLock lock(mutex_);
    if (--count_ == 0) changed_.NotifyAll();
  }
  // Whether there was none within `timeout`.
  bool AwaitNone(absl::Duration timeout) {
    MutexLock lock(mutex_);
    return changed_.WaitFor(
        lock, timeout, [this]() SF_REQUIRES(mutex_) { return count_ == 0; });
  }

 private:
  Mutex mutex_;
  Condition changed_;
  int64_t count_ SF_GUARDED_BY(mutex_) = 0;
};

}  // namespace softfleet

#endif  // SOFTFLEET_REPLAY_SERVER_STREAM_COUNT_H_
