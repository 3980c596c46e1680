// SPDX-License-Identifier: Apache-2.0
// When an environment in real time is stepped: at fixed distances from its
// first tick, whatever a step takes, and never twice to catch up. A value.
#ifndef SOFTFLEET_ACTOR_TICK_SCHEDULE_H_
#define SOFTFLEET_ACTOR_TICK_SCHEDULE_H_

#include <cstdint>

#include "absl/time/time.h"

namespace softfleet {

class TickSchedule {
 public:
  void Start(absl::Duration first_tick) { next_ = first_tick; }
  absl::Duration next() const { return next_; }

  // The step at next() is over, at `now`: next() becomes the first tick that
  // has not passed. Returns how many have passed without a step.
  int64_t Advance(absl::Duration period, absl::Duration now) {
    next_ += period;
    if (now <= next_) return 0;
    absl::Duration rest;
    int64_t missed = absl::IDivDuration(now - next_, period, &rest);
    if (rest > absl::ZeroDuration()) ++missed;
    next_ += missed * period;
    return missed;
  }

 private:
  absl::Duration next_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_ACTOR_TICK_SCHEDULE_H_
