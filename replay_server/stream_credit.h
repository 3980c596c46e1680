// SPDX-License-Identifier: Apache-2.0
// What one insert stream may have on the way, shared by who reads it and who
// applies its batches. Thread-safe.
#ifndef SOFTFLEET_REPLAY_SERVER_STREAM_CREDIT_H_
#define SOFTFLEET_REPLAY_SERVER_STREAM_CREDIT_H_

#include <cstdint>

#include "core/mutex.h"

namespace softfleet {

class StreamCredit {
 public:
  // Batches that may wait, however small: each takes memory of its own.
  static constexpr uint64_t kMostBatches = 4096;

  explicit StreamCredit(uint64_t bytes) : limit_(bytes) {}

  enum class Taken {
    kReadOn,
    kPause,     // the queue is full: read no further until Return says so
    kExceeded,  // more than the client may send; nothing was taken
  };
  Taken Take(uint64_t bytes);
  // A batch has left the queue. Whether reading had paused and goes on now.
  bool Return(uint64_t bytes);

  uint64_t limit() const { return limit_; }
  uint64_t used() const;

 private:
  bool Full() const SF_REQUIRES(mutex_) {
    return used_ >= limit_ || batches_ >= kMostBatches;
  }

  const uint64_t limit_;
  mutable Mutex mutex_;
  uint64_t used_ SF_GUARDED_BY(mutex_) = 0;
  uint64_t batches_ SF_GUARDED_BY(mutex_) = 0;
  bool paused_ SF_GUARDED_BY(mutex_) = false;
};

}  // namespace softfleet

#endif  // SOFTFLEET_REPLAY_SERVER_STREAM_CREDIT_H_
