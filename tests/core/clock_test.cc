// SPDX-License-Identifier: Apache-2.0
#include "core/clock.h"

#include <gtest/gtest.h>

#include <ctime>

namespace softfleet {
namespace {

TEST(ClockTest, TheFakeClockMovesOnlyWhenTold) {
  FakeClock clock;
  const absl::Time start = clock.Now();
  EXPECT_EQ(clock.Monotonic(), absl::ZeroDuration());
  EXPECT_EQ(clock.Now(), start);

  clock.Advance(absl::Milliseconds(250));
  clock.Advance(absl::Seconds(1));
  EXPECT_EQ(clock.Monotonic(), absl::Milliseconds(1250));
  EXPECT_EQ(clock.Now() - start, absl::Milliseconds(1250));
}

TEST(ClockTest, TheSystemClockAgreesWithTheCLibrary) {
  const absl::Time before = absl::FromTimeT(std::time(nullptr));
  const absl::Time now = SystemClock().Now();
  const absl::Time after = absl::FromTimeT(std::time(nullptr));
  // time() counts whole seconds, and may lag the finer clock by a tick.
  EXPECT_GE(now, before - absl::Seconds(1));
  EXPECT_LE(now, after + absl::Seconds(2));
}

TEST(ClockTest, MonotonicTimeNeverGoesBack) {
  absl::Duration last = SystemClock().Monotonic();
  const absl::Duration first = last;
  for (int i = 0; i < 100'000; ++i) {
    const absl::Duration now = SystemClock().Monotonic();
    ASSERT_GE(now, last);
    last = now;
  }
  EXPECT_GT(last, first);
}

}  // namespace
}  // namespace softfleet
