// SPDX-License-Identifier: Apache-2.0
#include "tests/testing/simulated_disk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"

namespace softfleet::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using OpenMode = FileSystem::OpenMode;

std::unique_ptr<WritableFile> Append(SimulatedDisk& disk,
                                     const std::string& path,
                                     const std::string& bytes) {
  auto file = disk.Open(path, OpenMode::kAppend).value();
  EXPECT_TRUE(file->Append(bytes).ok());
  return file;
}

TEST(SimulatedDisk, WithoutALossItIsAFileSystem) {
  SimulatedDisk disk;
  EXPECT_EQ(disk.Read("a/b").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(disk.Open("a/b", OpenMode::kAppend).status().code(),
            absl::StatusCode::kNotFound);
  ASSERT_TRUE(disk.CreateDirectories("a/c").ok());
  Append(disk, "a/b", "old");
  Append(disk, "/a/./b", "er");
  EXPECT_EQ(disk.Read("a/b").value(), "older");
  EXPECT_EQ(disk.Size("a/b").value(), 5u);
  EXPECT_THAT(disk.List("a").value(), ElementsAre("b", "c"));
  EXPECT_FALSE(disk.Remove("a").ok());
  EXPECT_FALSE(disk.Rename("a/b", "a").ok());
  ASSERT_TRUE(disk.Rename("a/b", "a/c/d").ok());
  ASSERT_TRUE(disk.Truncate("a/c/d", 3).ok());
  EXPECT_EQ(disk.Read("a/c/d").value(), "old");
  EXPECT_FALSE(disk.Exists("a/b"));
  EXPECT_TRUE(disk.RemoveAll("a").ok());
  EXPECT_TRUE(disk.RemoveAll("a").ok());
  EXPECT_THAT(disk.List(".").value(), IsEmpty());
}

TEST(SimulatedDisk, WhatWasSyncedSurvives) {
  for (const double kept : {0.0, 0.5, 1.0}) {
    SimulatedDisk disk;
    const auto file = Append(disk, "a", "synced");
    ASSERT_TRUE(file->Sync().ok());
    ASSERT_TRUE(disk.SyncDirectory(".").ok());
    disk.LosePower(1, kept);
    EXPECT_EQ(disk.Read("a").value(), "synced");
  }
}

TEST(SimulatedDisk, WhatWasNotSyncedIsGoneWhereNothingIsKept) {
  SimulatedDisk disk;
  ASSERT_TRUE(disk.CreateDirectories("d").ok());
  const auto file = Append(disk, "a", "synced");
  ASSERT_TRUE(file->Sync().ok());
  ASSERT_TRUE(disk.SyncDirectory(".").ok());
  ASSERT_TRUE(file->Append(" or not").ok());
  const auto nameless = Append(disk, "d/b", "synced, but nothing leads there");
  ASSERT_TRUE(nameless->Sync().ok());
  ASSERT_TRUE(disk.Rename("a", "d/a").ok());
  disk.LosePower(1, 0);
  EXPECT_EQ(disk.Read("a").value(), "synced");
  EXPECT_THAT(disk.List("d").value(), IsEmpty());
}

TEST(SimulatedDisk, WhoHadAFileOrALockHasItNoMore) {
  SimulatedDisk disk;
  const auto file = Append(disk, "a", "");
  auto lock = disk.Lock("lock").value();
  EXPECT_EQ(disk.Lock("lock").status().code(), absl::StatusCode::kUnavailable);
  disk.LosePower(1, 1);
  EXPECT_EQ(file->Append("late").code(), absl::StatusCode::kAborted);
  EXPECT_EQ(file->Sync().code(), absl::StatusCode::kAborted);
  auto mine = disk.Lock("lock").value();
  lock.reset();
  EXPECT_FALSE(disk.Lock("lock").ok());
  mine.reset();
  EXPECT_TRUE(disk.Lock("lock").ok());
}

// Every outcome that the header allows comes up, and no other.
TEST(SimulatedDisk, PagesAreOldNewOrTorn) {
  constexpr size_t kPage = SimulatedDisk::kPage;
  std::set<std::string> seen;
  for (uint64_t seed = 0; seed < 3000; ++seed) {
    SimulatedDisk disk;
    const auto file = Append(disk, "a", std::string(kPage / 2, 'o'));
    ASSERT_TRUE(file->Sync().ok());
    ASSERT_TRUE(disk.SyncDirectory(".").ok());
    ASSERT_TRUE(file->Append(std::string(2 * kPage, 'n')).ok());
    disk.LosePower(seed, 0.5);
    const std::string left = disk.Read("a").value();
    ASSERT_EQ(left.substr(0, kPage / 2), std::string(kPage / 2, 'o'));
    std::string pages = left.size() == kPage / 2 ? "old size" : "new size";
    if (pages == "new size") {
      ASSERT_EQ(left.size(), kPage / 2 + 2 * kPage);
      for (size_t page = 0; page < left.size(); page += kPage) {
        const size_t begin = std::max(page, kPage / 2);
        const std::string bytes = left.substr(begin, page + kPage - begin);
        const size_t end = bytes.find_first_not_of('n');
        ASSERT_EQ(bytes.find('n', std::min(end, bytes.size())),
                  std::string::npos);
        pages += end == std::string::npos ? " new"
                 : end == 0               ? " old"
                                          : " torn";
      }
    }
    seen.insert(pages);
  }
  EXPECT_EQ(seen.size(), 1u + 3 * 3 * 3);
}

TEST(SimulatedDisk, ChangesOfADirectoryAreKeptOrNotEachForItself) {
  std::map<std::string, int> seen;
  for (uint64_t seed = 0; seed < 400; ++seed) {
    SimulatedDisk disk;
    Append(disk, "old", "");
    ASSERT_TRUE(disk.SyncDirectory(".").ok());
    Append(disk, "new", "");
    ASSERT_TRUE(disk.Rename("old", "renamed").ok());
    disk.LosePower(seed, 0.5);
    const std::vector<std::string> names = disk.List(".").value();
    ++seen[absl::StrJoin(names, " ")];
  }
  EXPECT_THAT(seen,
              ::testing::UnorderedElementsAre(
                  ::testing::Key("old"), ::testing::Key("new old"),
                  ::testing::Key("renamed"), ::testing::Key("new renamed")));
}

}  // namespace
}  // namespace softfleet::testing
