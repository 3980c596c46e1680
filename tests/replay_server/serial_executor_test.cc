// SPDX-License-Identifier: Apache-2.0
#include "replay_server/serial_executor.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <numeric>
#include <vector>

namespace softfleet {
namespace {

TEST(SerialExecutorTest, WhatWasPostedRunsInOrderAndAllOfItBeforeTheEnd) {
  std::vector<int> ran;
  {
    SerialExecutor executor({.name = "test", .work = nullptr, .tick = nullptr});
    for (int i = 0; i < 1000; ++i) {
      executor.Post([&ran, i] { ran.push_back(i); });
    }
  }
  std::vector<int> expected(1000);
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ(ran, expected);
}

TEST(SerialExecutorTest, WorkGoesOnUntilThereIsNoneAndTasksComeBetween) {
  std::atomic<int> left = 0;
  Mutex mutex;
  Condition changed;
  bool done = false;
  SerialExecutor executor({.name = "test",
                           .work =
                               [&] {
                                 if (left == 0) return false;
                                 if (--left > 0) return true;
                                 MutexLock lock(mutex);
                                 done = true;
                                 changed.NotifyAll();
                                 return false;
                               },
                           .tick = nullptr,
                           .tick_interval = absl::Hours(1)});
  executor.Post([&] { left = 5000; });
  MutexLock lock(mutex);
  EXPECT_TRUE(changed.WaitFor(lock, absl::Seconds(20), [&] { return done; }));
}

TEST(SerialExecutorTest, ItTicksWhenNothingElseHappens) {
  Mutex mutex;
  Condition changed;
  int ticks = 0;
  SerialExecutor executor({.name = "test",
                           .work = nullptr,
                           .tick =
                               [&] {
                                 MutexLock lock(mutex);
                                 ++ticks;
                                 changed.NotifyAll();
                               },
                           .tick_interval = absl::Milliseconds(1)});
  MutexLock lock(mutex);
  EXPECT_TRUE(
      changed.WaitFor(lock, absl::Seconds(20), [&] { return ticks >= 3; }));
}

}  // namespace
}  // namespace softfleet
