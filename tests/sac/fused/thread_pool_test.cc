// SPDX-License-Identifier: Apache-2.0
#include "sac/fused/thread_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <numeric>
#include <thread>
#include <vector>

#include "core/philox.h"

namespace softfleet::fused {
namespace {

// What tasks read is the caller's of before, what they write is the caller's
// after: in plain memory, so that ThreadSanitizer sees where it is not.
TEST(ThreadPoolTest, EveryTaskOfEveryJobIsDoneOnceAndSeenByTheCaller) {
  constexpr uint64_t kSeed = 7;
  std::printf("seed %llu\n", static_cast<unsigned long long>(kSeed));
  for (const int threads : {1, 2, 3, 5}) {
    SCOPED_TRACE(threads);
    Philox random(kSeed, Purpose::kTest, static_cast<uint32_t>(threads));
    ThreadPool pool(threads);
    EXPECT_EQ(pool.threads(), threads);
    std::vector<int64_t> input(40), output(40), of_thread(5);
    int64_t wanted = 0;
    for (int64_t job = 0; job < 5000; ++job) {
      const auto tasks = static_cast<int>(random.NextBelow(input.size() + 1));
      for (int64_t& value : input) value = job;
      pool.Run(tasks, [&](int task, int thread) {
        output[task] += input[task] + task;
        ++of_thread[thread];
      });
      for (int task = 0; task < tasks; ++task) {
        ASSERT_EQ(output[task], job + task) << "job " << job;
        output[task] = 0;
      }
      wanted += tasks;
    }
    EXPECT_EQ(std::accumulate(of_thread.begin(), of_thread.end(), int64_t{0}),
              wanted);
    for (size_t thread = threads; thread < of_thread.size(); ++thread) {
      EXPECT_EQ(of_thread[thread], 0);
    }
  }
}

// The second of two tasks ends only after the first has begun on the other
// thread, which has been asleep.
TEST(ThreadPoolTest, ThreadsThatHaveFallenAsleepWorkAgain) {
  ThreadPool pool(2);
  for (int job = 0; job < 20; ++job) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    std::atomic<int> begun = 0;
    pool.Run(2, [&](int, int) {
      ++begun;
      while (begun < 2) std::this_thread::yield();
    });
    EXPECT_EQ(begun, 2);
  }
}

}  // namespace
}  // namespace softfleet::fused
