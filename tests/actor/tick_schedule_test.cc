// SPDX-License-Identifier: Apache-2.0
#include "actor/tick_schedule.h"

#include <gtest/gtest.h>

#include "core/philox.h"

namespace softfleet {
namespace {

// Against counting ticks one by one.
TEST(TickSchedule, NextIsTheFirstTickThatHasNotPassed) {
  Philox random(3, Purpose::kTest);
  for (int trial = 0; trial < 200; ++trial) {
    const absl::Duration period = absl::Nanoseconds(1 + random.NextBelow(2000));
    const absl::Duration first = absl::Nanoseconds(random.NextBelow(10000));
    TickSchedule schedule;
    schedule.Start(first);
    int64_t tick = 0;
    absl::Duration now = first;
    for (int step = 0; step < 50; ++step) {
      ASSERT_EQ(schedule.next(), first + tick * period);
      now = schedule.next() + absl::Nanoseconds(random.NextBelow(5000));
      int64_t missed = -1;
      do {
        ++tick;
        ++missed;
      } while (first + tick * period < now);
      ASSERT_EQ(schedule.Advance(period, now), missed);
    }
  }
}

TEST(TickSchedule, StepsThatAreInTimeDoNotShiftIt) {
  const absl::Duration period = absl::Seconds(1.0 / 3);
  TickSchedule schedule;
  schedule.Start(absl::Seconds(7));
  for (int64_t tick = 0; tick < 100000; ++tick) {
    ASSERT_EQ(schedule.next(), absl::Seconds(7) + tick * period);
    ASSERT_EQ(schedule.Advance(period, schedule.next() + 0.9 * period), 0);
  }
}

}  // namespace
}  // namespace softfleet
