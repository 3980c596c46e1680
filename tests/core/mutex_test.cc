// SPDX-License-Identifier: Apache-2.0
#include "core/mutex.h"

#include <gtest/gtest.h>

#include <chrono>
#include <vector>

#include "core/thread.h"

namespace softfleet {
namespace {

class ConditionTest : public testing::Test {
 protected:
  Mutex mutex_;
  Condition changed_;
  int turn_ SF_GUARDED_BY(mutex_) = 0;
};

TEST_F(ConditionTest, TwoThreadsTakeTurns) {
  constexpr int kTurns = 2000;
  // Each waits for its parity, so neither gets ahead.
  const auto play = [this](int parity) {
    for (int i = 0; i < kTurns; ++i) {
      MutexLock lock(mutex_);
      changed_.Wait(lock,
                    [&]() SF_REQUIRES(mutex_) { return turn_ % 2 == parity; });
      ASSERT_EQ(turn_, 2 * i + parity);
      ++turn_;
      changed_.NotifyOne();
    }
  };
  {
    Thread other("odd", [&] { play(1); });
    play(0);
  }
  MutexLock lock(mutex_);
  EXPECT_EQ(turn_, 2 * kTurns);
}

TEST_F(ConditionTest, NotifyAllWakesEveryone) {
  int waiting = 0;
  int woken = 0;
  std::vector<Thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back("waiter", [&] {
      MutexLock lock(mutex_);
      ++waiting;
      changed_.NotifyAll();
      while (turn_ == 0) changed_.Wait(lock);
      ++woken;
    });
  }
  {
    MutexLock lock(mutex_);
    changed_.Wait(lock, [&] { return waiting == 4; });
    turn_ = 1;
    changed_.NotifyAll();
  }
  for (Thread& thread : threads) thread.Join();
  EXPECT_EQ(woken, 4);
}

TEST_F(ConditionTest, WaitForGivesUpAtItsTimeout) {
  MutexLock lock(mutex_);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_FALSE(
      changed_.WaitFor(lock, absl::Milliseconds(20),
                       [&]() SF_REQUIRES(mutex_) { return turn_ == 1; }));
  EXPECT_GE(std::chrono::steady_clock::now() - begin,
            std::chrono::milliseconds(20));
  for (const absl::Duration none :
       {absl::ZeroDuration(), absl::Seconds(-1), -absl::InfiniteDuration()}) {
    EXPECT_FALSE(changed_.WaitFor(lock, none, [] { return false; }));
    EXPECT_TRUE(changed_.WaitFor(lock, none, [] { return true; }));
  }
}

TEST_F(ConditionTest, WaitForEndsWhenThePredicateHolds) {
  for (const absl::Duration timeout :
       {absl::Minutes(5), absl::InfiniteDuration()}) {
    MutexLock lock(mutex_);
    turn_ = 0;
    Thread other("notifier", [&] {
      MutexLock other_lock(mutex_);  // free only once the wait has begun
      turn_ = 1;
      changed_.NotifyOne();
    });
    EXPECT_TRUE(changed_.WaitFor(
        lock, timeout, [&]() SF_REQUIRES(mutex_) { return turn_ == 1; }));
  }
}

// The mutex is held again after a wait, whichever way it ended.
TEST_F(ConditionTest, AWaitTakesTheMutexBack) {
  int value = 0;
  {
    Thread other("adder", [&] {
      for (int i = 0; i < 1000; ++i) {
        MutexLock lock(mutex_);
        ++value;
      }
    });
    for (int i = 0; i < 1000; ++i) {
      MutexLock lock(mutex_);
      changed_.WaitFor(lock, absl::Microseconds(1), [] { return false; });
      ++value;
    }
  }
  EXPECT_EQ(value, 2000);
}

}  // namespace
}  // namespace softfleet
