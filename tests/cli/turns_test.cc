// SPDX-License-Identifier: Apache-2.0
#include "cli/turns.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <vector>

#include "core/mutex.h"
#include "core/thread.h"

namespace softfleet {
namespace {

// What several threads saw that advanced step by step under their turns.
struct Seen {
  int most_at_once = 0;
  int ahead = 0;  // steps of one who was far ahead of another, all having begun
};

Seen Advance(int at_once) {
  constexpr int kThreads = 6;
  constexpr int64_t kSteps = 500;
  FakeClock clock;
  Turns turns(at_once, absl::ZeroDuration(), clock);
  Mutex mutex;
  Seen seen;
  int working = 0, begun = 0;
  std::vector<int64_t> done(kThreads, 0);
  std::vector<Thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back("turns", [&, i] {
      Turns::Turn turn(turns, 0);
      for (int64_t step = 1; step <= kSteps; ++step) {
        {
          MutexLock lock(mutex);
          begun += step == 1 ? 1 : 0;
          seen.most_at_once = std::max(seen.most_at_once, ++working);
          done[i] = step;
          const int64_t least = *std::min_element(done.begin(), done.end());
          seen.ahead += begun == kThreads && step > least + 2 ? 1 : 0;
        }
        {
          MutexLock lock(mutex);
          --working;
        }
        turn.Offer(step);
      }
    });
  }
  for (Thread& thread : threads) thread.Join();
  EXPECT_EQ(done, std::vector<int64_t>(kThreads, kSteps));
  return seen;
}

// Who is ahead stands still until the others are there.
TEST(Turns, WhoeverIsLeastFarGoesFirst) { EXPECT_LE(Advance(1).ahead, 1); }

TEST(Turns, NoMoreWorkAtATimeThanMay) {
  for (const int at_once : {1, 2, 4}) {
    EXPECT_LE(Advance(at_once).most_at_once, at_once);
  }
}

TEST(Turns, ATurnLastsAsLongAsItsSlice) {
  FakeClock clock;
  Turns turns(1, absl::Seconds(1), clock);
  std::atomic<bool> other_ran = false;
  Turns::Turn* mine = nullptr;
  Thread other;
  {
    Turns::Turn turn(turns, 5);
    mine = &turn;
    other = Thread("other", [&] {
      Turns::Turn later(turns, 0);
      other_ran = true;
    });
    for (int i = 0; i < 1000; ++i) mine->Offer(5);
    EXPECT_FALSE(other_ran);
  }
  other.Join();
  EXPECT_TRUE(other_ran);
}

}  // namespace
}  // namespace softfleet
