// SPDX-License-Identifier: Apache-2.0
#include "core/fault_file_system.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "core/status.h"
#include "tests/core/test_directory.h"

namespace softfleet {
namespace {

using testing::HasSubstr;
using OpenMode = FileSystem::OpenMode;

// The length of Script.
constexpr int64_t kOperations = 12;

class FaultFileSystemTest : public testing::Test {
 protected:
  // Does every counted operation once and returns their statuses.
  std::vector<absl::Status> Script();
  std::unique_ptr<WritableFile> OpenFile() {
    return *files_.Open(directory_ / "file", OpenMode::kReplace);
  }
  uint64_t FileSize() { return *RealFileSystem().Size(directory_ / "file"); }

  TestDirectory directory_;
  FaultInjectingFileSystem files_{RealFileSystem()};
};

std::vector<absl::Status> FaultFileSystemTest::Script() {
  RealFileSystem().RemoveAll(directory_ / "d").IgnoreError();
  std::unique_ptr<WritableFile> file = OpenFile();
  const std::string path = directory_ / "d";
  std::vector<absl::Status> statuses = {
      file->Append("0123456789"),
      file->Sync(),
      file->Close(),
      files_.CreateDirectories(path),
      files_.Truncate(directory_ / "file", 0),
      files_.SyncDirectory(path),
      files_.Rename(path, directory_ / "e"),
      files_.Remove(directory_ / "e"),
      files_.RemoveAll(path),
      files_.Lock(directory_ / "lock").status()};
  statuses.push_back(files_.Open(path, OpenMode::kAppend).status());
  return statuses;
}

TEST_F(FaultFileSystemTest, WithoutAFaultEverythingPassesThrough) {
  for (const absl::Status& status : Script()) EXPECT_TRUE(status.ok());
  EXPECT_EQ(files_.operations(), kOperations);
  EXPECT_FALSE(files_.fired());
  EXPECT_EQ(*files_.Read(directory_ / "file"), "");
  EXPECT_EQ(*files_.Size(directory_ / "file"), 0u);
  EXPECT_TRUE(files_.Exists(directory_ / "d"));
  EXPECT_EQ(files_.List(directory_.path())->size(), 3u);
  EXPECT_EQ(files_.operations(), kOperations) << "reads are not counted";
}

TEST_F(FaultFileSystemTest, AOneShotFaultFailsExactlyThatOperation) {
  const auto file = OpenFile();
  for (const auto& [fault, code] :
       {std::pair(Fault::kDiskFull, absl::StatusCode::kResourceExhausted),
        std::pair(Fault::kIoError, absl::StatusCode::kInternal)}) {
    for (int at = 0; at < 5; ++at) {
      files_.SetPlan({.fault = fault, .at = at});
      for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(file->Sync().code(), i == at ? code : absl::StatusCode::kOk);
        EXPECT_EQ(files_.fired(), i >= at);
      }
    }
  }
}

TEST_F(FaultFileSystemTest, ACrashEndsEverythingReadsToo) {
  for (int64_t at = 1; at < kOperations; ++at) {
    files_.SetPlan({.fault = Fault::kCrash, .at = at});
    const std::vector<absl::Status> statuses = Script();
    for (int64_t i = 0; i < kOperations - 1; ++i) {
      EXPECT_EQ(statuses[i].code() == absl::StatusCode::kAborted, i + 1 >= at)
          << at << " " << statuses[i];
    }
    const absl::Status read = files_.Read(directory_ / "file").status();
    EXPECT_EQ(read.code(), absl::StatusCode::kAborted);
    EXPECT_THAT(std::string(read.message()), HasSubstr("crashed"));
    EXPECT_FALSE(files_.List(directory_.path()).ok());
    EXPECT_FALSE(files_.Size(directory_ / "file").ok());
  }
}

TEST_F(FaultFileSystemTest, AFullDiskStaysFullForWhatNeedsSpace) {
  const auto file = OpenFile();
  files_.SetPlan({.fault = Fault::kDiskFull, .at = 0, .sticky = true});
  for (const absl::Status& status :
       {file->Append("x"), file->Append("x"), file->Sync(),
        files_.CreateDirectories(directory_ / "d"),
        files_.Rename(directory_ / "file", directory_ / "f"),
        files_.Lock(directory_ / "lock").status(),
        files_.Open(directory_ / "g", OpenMode::kReplace).status()}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
  }
  EXPECT_TRUE(files_.Truncate(directory_ / "file", 0).ok());
  EXPECT_TRUE(files_.Read(directory_ / "file").ok());
  EXPECT_TRUE(file->Close().ok());
  EXPECT_TRUE(files_.SyncDirectory(directory_.path()).ok());
  EXPECT_TRUE(files_.Remove(directory_ / "file").ok());

  files_.SetPlan({});
  EXPECT_TRUE(files_.CreateDirectories(directory_ / "d").ok());
}

TEST_F(FaultFileSystemTest, AStickyInputOutputErrorFailsAllThatIsCounted) {
  const auto file = OpenFile();
  files_.SetPlan({.fault = Fault::kIoError, .at = 1, .sticky = true});
  EXPECT_TRUE(file->Append("x").ok());
  EXPECT_EQ(file->Sync().code(), absl::StatusCode::kInternal);
  EXPECT_EQ(file->Close().code(), absl::StatusCode::kInternal);
  EXPECT_EQ(files_.Remove(directory_ / "file").code(),
            absl::StatusCode::kInternal);
  EXPECT_TRUE(files_.Read(directory_ / "file").ok());
}

TEST_F(FaultFileSystemTest, AFailingAppendWritesItsPrefixAndLaterOnesNothing) {
  const std::string bytes(1000, 'x');
  for (const Fault fault : {Fault::kDiskFull, Fault::kIoError, Fault::kCrash}) {
    for (const double fraction : {0.0, 0.25, 1.0}) {
      files_.SetPlan({});
      const auto file = OpenFile();
      files_.SetPlan(
          {.fault = fault, .at = 1, .sticky = true, .torn_fraction = fraction});
      EXPECT_TRUE(file->Append("head").ok());
      EXPECT_FALSE(file->Append(bytes).ok());
      EXPECT_FALSE(file->Append(bytes).ok());
      EXPECT_EQ(FileSize(), 4 + static_cast<uint64_t>(1000 * fraction));
    }
  }
}

TEST_F(FaultFileSystemTest, ReadsAreCountedOnRequest) {
  OpenFile();
  files_.SetPlan({.fault = Fault::kIoError, .at = 2, .count_reads = true});
  EXPECT_TRUE(files_.Read(directory_ / "file").ok());
  EXPECT_TRUE(files_.Size(directory_ / "file").ok());
  EXPECT_EQ(files_.List(directory_.path()).status().code(),
            absl::StatusCode::kInternal);
  EXPECT_TRUE(files_.Read(directory_ / "file").ok());
  EXPECT_EQ(files_.operations(), 4);
}

TEST_F(FaultFileSystemTest, AnErrorNamesOperationPathAndCount) {
  files_.SetPlan({.fault = Fault::kDiskFull, .at = 0});
  EXPECT_EQ(files_.Remove("some/path"),
            absl::ResourceExhaustedError("remove some/path: No space left on "
                                         "device (injected, operation 0)"));
}

TEST_F(FaultFileSystemTest, OneOfManyThreadsMeetsTheFault) {
  constexpr int kThreads = 4;
  constexpr int kEach = 500;
  files_.SetPlan({.fault = Fault::kIoError, .at = kThreads * kEach / 2});
  std::atomic<int> failures = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < kEach; ++j) {
        if (!files_.CreateDirectories(directory_.path()).ok()) ++failures;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures, 1);
  EXPECT_EQ(files_.operations(), kThreads * kEach);
}

}  // namespace
}  // namespace softfleet
