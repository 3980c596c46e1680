// SPDX-License-Identifier: Apache-2.0
#include "cli/turns.h"

namespace softfleet {

Turns::Turns(int at_once, absl::Duration slice, Clock& clock)
    : slice_(slice), clock_(clock), free_(at_once) {}

void Turns::Take(int64_t progress) {
  MutexLock lock(mutex_);
  Wait(lock, progress);
}

void Turns::Give() {
  MutexLock lock(mutex_);
  ++free_;
  changed_.NotifyAll();
}

bool Turns::GiveWay(int64_t progress) {
  MutexLock lock(mutex_);
  if (waiting_.empty() || waiting_.begin()->first > progress) return false;
  ++free_;
  Wait(lock, progress);
  return true;
}

void Turns::Wait(MutexLock& lock, int64_t progress) {
  const auto mine = waiting_.insert({progress, tickets_++}).first;
  changed_.NotifyAll();
  changed_.Wait(lock, [&]() SF_REQUIRES(mutex_) {
    return free_ > 0 && waiting_.begin() == mine;
  });
  waiting_.erase(mine);
  --free_;
  // The next in line may find another free place.
  if (free_ > 0) changed_.NotifyAll();
}

Turns::Turn::Turn(Turns& turns, int64_t progress) : turns_(turns) {
  turns_.Take(progress);
  since_ = turns_.clock_.Monotonic();
}

Turns::Turn::~Turn() { turns_.Give(); }

void Turns::Turn::Offer(int64_t progress) {
  const absl::Duration now = turns_.clock_.Monotonic();
  if (now - since_ < turns_.slice_) return;
  since_ = turns_.GiveWay(progress) ? turns_.clock_.Monotonic() : now;
}

}  // namespace softfleet
