// SPDX-License-Identifier: Apache-2.0
#include "replay_server/stream_credit.h"

namespace softfleet {

StreamCredit::Taken StreamCredit::Take(uint64_t bytes) {
  MutexLock lock(mutex_);
  if (bytes > limit_ - used_) return Taken::kExceeded;
  used_ += bytes;
  ++batches_;
  paused_ = Full();
  return paused_ ? Taken::kPause : Taken::kReadOn;
}

bool StreamCredit::Return(uint64_t bytes) {
  MutexLock lock(mutex_);
  used_ -= bytes;
  --batches_;
  if (!paused_ || Full()) return false;
  paused_ = false;
  return true;
}

uint64_t StreamCredit::used() const {
  MutexLock lock(mutex_);
  return used_;
}

}  // namespace softfleet
