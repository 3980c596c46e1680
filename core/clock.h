// SPDX-License-Identifier: Apache-2.0
// Time as a dependency, so that tests need not wait. Thread-safe.
#ifndef SOFTFLEET_CORE_CLOCK_H_
#define SOFTFLEET_CORE_CLOCK_H_

#include "absl/time/time.h"
#include "core/mutex.h"

namespace softfleet {

class Clock {
 public:
  virtual ~Clock() = default;
  // Wall-clock time, for what a person reads.
  virtual absl::Time Now() = 0;
  // Time since an arbitrary origin; never goes back. For durations.
  virtual absl::Duration Monotonic() = 0;
};

// The system's clock. Lives for ever.
Clock& SystemClock();

// Stands still until told. Starts at the Unix epoch and at zero.
class FakeClock : public Clock {
 public:
  absl::Time Now() override;
  absl::Duration Monotonic() override;
  void Advance(absl::Duration by);

 private:
  Mutex mutex_;
  absl::Duration elapsed_ SF_GUARDED_BY(mutex_) = absl::ZeroDuration();
};

}  // namespace softfleet

#endif  // SOFTFLEET_CORE_CLOCK_H_
