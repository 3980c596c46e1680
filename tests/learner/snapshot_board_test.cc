// SPDX-License-Identifier: Apache-2.0
#include "learner/snapshot_board.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>

namespace softfleet {
namespace {

std::shared_ptr<const Snapshot> Version(uint64_t version) {
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->version = version;
  return snapshot;
}

TEST(SnapshotBoardTest, OnlyNewsIsHandedOut) {
  SnapshotBoard board;
  EXPECT_EQ(*board.Latest(0), nullptr);
  const auto seven = Version(7);
  ASSERT_TRUE(board.Publish(seven).ok());
  EXPECT_EQ(*board.Latest(0), seven);
  EXPECT_EQ(*board.Latest(6), seven);
  EXPECT_EQ(*board.Latest(7), nullptr);
  EXPECT_EQ(*board.Latest(8), nullptr);
}

TEST(SnapshotBoardTest, VersionsNeverFallOrRepeat) {
  SnapshotBoard board;
  const auto first = Version(uint64_t{2} << 32);
  ASSERT_TRUE(board.Publish(first).ok());
  for (const uint64_t version : {first->version, first->version - 1}) {
    const absl::Status status = board.Publish(Version(version));
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(status.message(), testing::HasSubstr("not above"));
    EXPECT_EQ(*board.Latest(0), first);
  }
  EXPECT_TRUE(board.Publish(Version(first->version + 1)).ok());
}

}  // namespace
}  // namespace softfleet
