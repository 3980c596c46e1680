// SPDX-License-Identifier: Apache-2.0
#include "core/clock.h"

#include <chrono>

#include "absl/time/clock.h"

namespace softfleet {
namespace {

class RealClock : public Clock {
 public:
  absl::Time Now() override { return absl::Now(); }
  absl::Duration Monotonic() override {
    return absl::FromChrono(
        std::chrono::steady_clock::now().time_since_epoch());
  }
};

}  // namespace

Clock& SystemClock() {
  static RealClock* const clock = new RealClock;
  return *clock;
}

absl::Time FakeClock::Now() { return absl::UnixEpoch() + Monotonic(); }

absl::Duration FakeClock::Monotonic() {
  MutexLock lock(mutex_);
  return elapsed_;
}

void FakeClock::Advance(absl::Duration by) {
  MutexLock lock(mutex_);
  elapsed_ += by;
}

}  // namespace softfleet
