// SPDX-License-Identifier: Apache-2.0
#include "replay_server/incarnation.h"

#include <gtest/gtest.h>

#include "tests/core/test_directory.h"

namespace softfleet {
namespace {

TEST(IncarnationTest, ItGrowsAtEachStartEvenWhenTheClockStandsStill) {
  const TestDirectory directory;
  FakeClock clock;
  const std::string path = directory / "shard";
  uint64_t last = 0;
  for (int start = 0; start < 5; ++start) {
    const auto next = NextIncarnation(RealFileSystem(), path, clock);
    ASSERT_TRUE(next.ok()) << next.status();
    EXPECT_GT(*next, last);
    last = *next;
  }
}

TEST(IncarnationTest, AnEmptiedDirectoryDoesNotBeginAgain) {
  const TestDirectory directory;
  FakeClock clock;
  const uint64_t first =
      NextIncarnation(RealFileSystem(), directory.path(), clock).value();
  ASSERT_TRUE(RealFileSystem().Remove(directory / "incarnation").ok());
  clock.Advance(absl::Milliseconds(1));
  EXPECT_GT(NextIncarnation(RealFileSystem(), directory.path(), clock).value(),
            first);
}

TEST(IncarnationTest, WithoutADirectoryTheClockAloneDecides) {
  FakeClock clock;
  clock.Advance(absl::Seconds(5));
  EXPECT_EQ(NextIncarnation(RealFileSystem(), "", clock).value(), 5'000'000u);
}

TEST(IncarnationTest, ADamagedFileIsNamed) {
  const TestDirectory directory;
  FakeClock clock;
  ASSERT_TRUE(
      WriteFileAtomically(RealFileSystem(), directory / "incarnation", "twelve")
          .ok());
  const auto next = NextIncarnation(RealFileSystem(), directory.path(), clock);
  EXPECT_EQ(next.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_NE(next.status().message().find(directory / "incarnation"),
            std::string::npos);
}

}  // namespace
}  // namespace softfleet
