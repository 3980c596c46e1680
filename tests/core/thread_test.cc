// SPDX-License-Identifier: Apache-2.0
#include "core/thread.h"

#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace softfleet {
namespace {

// The calling thread's name as the kernel tells it.
std::string KernelName() {
  std::string name;
  std::getline(std::ifstream("/proc/thread-self/comm"), name);
  return name;
}

TEST(ThreadTest, TheKernelKnowsItsName) {
  std::string name;
  Thread thread("sequencer", [&] { name = KernelName(); });
  thread.Join();
  EXPECT_EQ(name, "sequencer");
}

TEST(ThreadTest, ALongNameIsCut) {
  std::string name;
  Thread thread("checkpoint-writer-2", [&] { name = KernelName(); });
  thread.Join();
  EXPECT_EQ(name, "checkpoint-writ");
}

TEST(ThreadTest, TheEndOfItsScopeWaitsForIt) {
  int sum = 0;
  {
    Thread thread("adder", [&] {
      for (int i = 0; i < 1000; ++i) sum += i;
    });
  }
  EXPECT_EQ(sum, 999 * 1000 / 2);
}

TEST(ThreadTest, ReplacingAThreadWaitsForTheOldOne) {
  bool first = false;
  bool second = false;
  Thread thread("first", [&] { first = true; });
  thread = Thread("second", [&] { second = true; });
  EXPECT_TRUE(first);
  thread = Thread();
  EXPECT_TRUE(second);
}

TEST(ThreadTest, MovesIntoContainers) {
  static_assert(!std::is_copy_constructible_v<Thread>);
  std::atomic<int> count = 0;
  {
    std::vector<Thread> threads;
    for (int i = 0; i < 20; ++i) threads.emplace_back("n", [&] { ++count; });
  }
  EXPECT_EQ(count, 20);
}

TEST(ThreadTest, IsJoinableUntilJoinedOrMoved) {
  Thread none;
  EXPECT_FALSE(none.joinable());
  none.Join();
  Thread thread("n", [] {});
  EXPECT_TRUE(thread.joinable());
  Thread moved = std::move(thread);
  EXPECT_FALSE(thread.joinable());
  moved.Join();
  EXPECT_FALSE(moved.joinable());
}

TEST(ThreadTest, OwnsWhatItsFunctionHolds) {
  auto value = std::make_unique<int>(3);
  int seen = 0;
  Thread thread("n", [value = std::move(value), &seen] { seen = *value; });
  thread.Join();
  EXPECT_EQ(seen, 3);
}

}  // namespace
}  // namespace softfleet
