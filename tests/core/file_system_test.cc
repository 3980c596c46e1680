// SPDX-License-Identifier: Apache-2.0
#include "core/file_system.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <functional>
#include <sstream>
#include <thread>

#include "core/fault_file_system.h"
#include "tests/core/test_directory.h"

namespace softfleet {
namespace {

using testing::AnyOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using OpenMode = FileSystem::OpenMode;

// Reads without the code under test.
std::string Contents(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  std::stringstream text;
  text << stream.rdbuf();
  return text.str();
}

void Put(const std::string& path, const std::string& contents) {
  std::ofstream(path, std::ios::binary) << contents;
}

// The code of `run`'s status in a process of its own.
absl::StatusCode CodeInChild(const std::function<absl::Status()>& run) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(static_cast<int>(run().code()));
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  return static_cast<absl::StatusCode>(WEXITSTATUS(status));
}

class FileSystemTest : public testing::Test {
 protected:
  FileSystem& files_ = RealFileSystem();
  TestDirectory directory_;
};

TEST_F(FileSystemTest, WhatWasAppendedIsReadBack) {
  const std::string path = directory_ / "a";
  const std::string binary("x\0y\nz", 5);
  auto file = files_.Open(path, OpenMode::kReplace);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_TRUE((*file)->Append(binary).ok());
  EXPECT_TRUE((*file)->Append("").ok());
  EXPECT_TRUE((*file)->Append("more").ok());
  EXPECT_TRUE((*file)->Sync().ok());
  EXPECT_TRUE((*file)->Close().ok());
  EXPECT_EQ(Contents(path), binary + "more");
  EXPECT_EQ(*files_.Read(path), binary + "more");
  EXPECT_EQ(*files_.Size(path), 9u);
}

TEST_F(FileSystemTest, ReplaceEmptiesAndAppendContinues) {
  const std::string path = directory_ / "a";
  Put(path, "old");
  EXPECT_TRUE((*files_.Open(path, OpenMode::kAppend))->Append("er").ok());
  EXPECT_EQ(Contents(path), "older");
  EXPECT_TRUE((*files_.Open(path, OpenMode::kReplace))->Append("new").ok());
  EXPECT_EQ(Contents(path), "new");
}

TEST_F(FileSystemTest, AClosedFileTakesNoMoreBytes) {
  auto file = files_.Open(directory_ / "a", OpenMode::kReplace);
  EXPECT_TRUE((*file)->Close().ok());
  EXPECT_FALSE((*file)->Append("late").ok());
  EXPECT_FALSE((*file)->Sync().ok());
  EXPECT_TRUE((*file)->Close().ok());
}

TEST_F(FileSystemTest, FilesOfAnySizeAreRead) {
  for (const size_t size : {0u, 1u, 4095u, 4096u, 4097u, 1000000u}) {
    const std::string path = directory_ / "a";
    Put(path, std::string(size, 'x'));
    EXPECT_EQ(files_.Read(path)->size(), size);
  }
  // A file of the kernel that says it has 0 bytes.
  EXPECT_FALSE(files_.Read("/proc/self/status")->empty());
}

TEST_F(FileSystemTest, AMissingFileIsNotFoundAndNamed) {
  const std::string path = directory_ / "absent/a";
  for (const absl::Status& status :
       {files_.Read(path).status(), files_.Size(path).status(),
        files_.Open(path, OpenMode::kReplace).status(),
        files_.List(path).status(), files_.Remove(path),
        files_.Truncate(path, 1), files_.SyncDirectory(path),
        files_.Rename(path, directory_ / "b"), files_.Lock(path).status()}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kNotFound) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(path));
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("No such file or directory"));
  }
  EXPECT_FALSE(files_.Exists(path));
  EXPECT_TRUE(files_.RemoveAll(path).ok());
}

TEST_F(FileSystemTest, AFullDiskIsResourceExhausted) {
  auto file = files_.Open("/dev/full", OpenMode::kReplace);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(
      (*file)->Append("x"),
      absl::ResourceExhaustedError("write /dev/full: No space left on device"));
}

// In a child, because nothing is forbidden to root.
TEST_F(FileSystemTest, AForbiddenFileIsPermissionDenied) {
  constexpr uid_t kNobody = 65534;
  const std::string path = directory_ / "a";
  Put(path, "x");
  ASSERT_EQ(::chmod(path.c_str(), 0), 0);
  const absl::StatusCode code = CodeInChild([&] {
    if (::geteuid() == 0 && ::setuid(kNobody) != 0) return absl::OkStatus();
    return files_.Read(path).status();
  });
  EXPECT_EQ(code, absl::StatusCode::kPermissionDenied);
}

TEST_F(FileSystemTest, AFileUsedAsADirectoryIsInternal) {
  Put(directory_ / "a", "x");
  for (const absl::Status& status :
       {files_.Read(directory_ / "a/b").status(),
        files_.SyncDirectory(directory_ / "a"),
        files_.CreateDirectories(directory_ / "a/b")}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kInternal) << status;
  }
}

TEST_F(FileSystemTest, DirectoriesAreCreatedListedAndRemoved) {
  EXPECT_TRUE(files_.CreateDirectories(directory_ / "a/b/c").ok());
  EXPECT_TRUE(files_.CreateDirectories(directory_ / "a/b").ok());
  Put(directory_ / "a/z", "x");
  Put(directory_ / "a/B", "x");
  EXPECT_THAT(*files_.List(directory_ / "a"), ElementsAre("B", "b", "z"));
  EXPECT_THAT(*files_.List(directory_ / "a/b/c"), IsEmpty());
  EXPECT_TRUE(files_.SyncDirectory(directory_ / "a").ok());

  EXPECT_FALSE(files_.Remove(directory_ / "a/b").ok());
  EXPECT_TRUE(files_.Remove(directory_ / "a/b/c").ok());
  EXPECT_TRUE(files_.Remove(directory_ / "a/z").ok());
  EXPECT_THAT(*files_.List(directory_ / "a"), ElementsAre("B", "b"));
  EXPECT_TRUE(files_.RemoveAll(directory_ / "a").ok());
  EXPECT_FALSE(files_.Exists(directory_ / "a"));
}

TEST_F(FileSystemTest, RenameReplacesAFile) {
  Put(directory_ / "a", "new");
  Put(directory_ / "b", "old");
  EXPECT_TRUE(files_.Rename(directory_ / "a", directory_ / "b").ok());
  EXPECT_EQ(Contents(directory_ / "b"), "new");
  EXPECT_FALSE(files_.Exists(directory_ / "a"));
}

TEST_F(FileSystemTest, TruncateCutsTheTail) {
  Put(directory_ / "a", "headtail");
  EXPECT_TRUE(files_.Truncate(directory_ / "a", 4).ok());
  EXPECT_EQ(Contents(directory_ / "a"), "head");
}

// A pipe takes a large write in pieces, and a signal cuts a piece short.
TEST_F(FileSystemTest, SignalsAndShortWritesLoseNothing) {
  struct sigaction action = {};
  action.sa_handler = [](int) {};  // and no SA_RESTART
  ASSERT_EQ(::sigaction(SIGUSR1, &action, nullptr), 0);
  const std::string pipe = directory_ / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  std::string sent(8'000'000, '\0');
  for (size_t i = 0; i < sent.size(); ++i) sent[i] = static_cast<char>(i % 251);

  absl::StatusOr<std::string> received;
  std::thread reader([&] { received = files_.Read(pipe); });
  std::atomic<bool> done = false;
  absl::Status written;
  std::thread writer([&] {
    written = (*files_.Open(pipe, OpenMode::kAppend))->Append(sent);
    done = true;
  });
  while (!done) ::pthread_kill(writer.native_handle(), SIGUSR1);
  writer.join();
  reader.join();
  EXPECT_TRUE(written.ok()) << written;
  ASSERT_TRUE(received.ok()) << received.status();
  EXPECT_TRUE(*received == sent);
}

TEST_F(FileSystemTest, ASecondLockIsUnavailableUntilTheFirstIsGone) {
  const std::string path = directory_ / "lock";
  auto first = files_.Lock(path);
  ASSERT_TRUE(first.ok()) << first.status();
  const absl::Status second = files_.Lock(path).status();
  EXPECT_EQ(second.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(second.message()), HasSubstr(path));
  EXPECT_TRUE(files_.Lock(directory_ / "another").ok());
  first->reset();
  EXPECT_TRUE(files_.Lock(path).ok());
}

TEST_F(FileSystemTest, ALockHoldsAgainstProcessesAndDiesWithItsOwn) {
  const std::string path = directory_ / "lock";
  const auto lock_in_child = [&] {
    // The lock is alive when the process ends.
    return CodeInChild([&] {
      static auto* const lock = new auto(RealFileSystem().Lock(path));
      return lock->status();
    });
  };
  EXPECT_EQ(lock_in_child(), absl::StatusCode::kOk);
  const auto lock = files_.Lock(path);
  ASSERT_TRUE(lock.ok()) << lock.status();
  EXPECT_EQ(lock_in_child(), absl::StatusCode::kUnavailable);
}

TEST_F(FileSystemTest, AnAtomicWriteCreatesAndReplaces) {
  const std::string path = directory_ / "a";
  EXPECT_TRUE(WriteFileAtomically(files_, path, "first").ok());
  EXPECT_EQ(Contents(path), "first");
  EXPECT_TRUE(WriteFileAtomically(files_, path, "").ok());
  EXPECT_EQ(Contents(path), "");
  EXPECT_THAT(*files_.List(directory_.path()), ElementsAre("a"));
}

TEST_F(FileSystemTest, AReaderOfAnAtomicWriteNeverSeesAPart) {
  const std::string path = directory_ / "a";
  const std::string a(100'000, 'a'), b(70'000, 'b');
  ASSERT_TRUE(WriteFileAtomically(files_, path, a).ok());
  std::atomic<bool> done = false;
  std::thread writer([&] {
    for (int i = 0; i < 50; ++i) {
      EXPECT_TRUE(WriteFileAtomically(files_, path, i % 2 ? a : b).ok());
    }
    done = true;
  });
  while (!done) {
    const auto seen = files_.Read(path);
    EXPECT_TRUE(seen.ok() && (*seen == a || *seen == b)) << seen.status();
  }
  writer.join();
}

struct AtomicWriteCase {
  Fault fault;
  bool sticky;
  double torn_fraction;
};

class AtomicWriteTest : public testing::TestWithParam<AtomicWriteCase> {
 protected:
  // Expects a write over "old" with the fault at operation `at` to leave old
  // or new, and the next write to succeed.
  void WriteWithFaultAt(int64_t at);

  TestDirectory directory_;
  FaultInjectingFileSystem files_{RealFileSystem()};
  const std::string path_ = directory_ / "file";
  const std::string old_ = "the old contents";
  const std::string new_ = "what is new";
};

void AtomicWriteTest::WriteWithFaultAt(int64_t at) {
  SCOPED_TRACE(at);
  Put(path_, old_);
  const auto& [fault, sticky, torn_fraction] = GetParam();
  files_.SetPlan({.fault = fault,
                  .at = at,
                  .sticky = sticky,
                  .torn_fraction = torn_fraction});
  EXPECT_FALSE(WriteFileAtomically(files_, path_, new_).ok());
  EXPECT_TRUE(files_.fired());
  EXPECT_THAT(Contents(path_), AnyOf(old_, new_));
  const bool can_remove = fault == Fault::kDiskFull || !sticky;
  if (fault != Fault::kCrash && can_remove) {
    EXPECT_THAT(*RealFileSystem().List(directory_.path()), ElementsAre("file"));
  }

  files_.SetPlan({});
  EXPECT_TRUE(WriteFileAtomically(files_, path_, "after").ok());
  EXPECT_EQ(Contents(path_), "after");
  EXPECT_THAT(*RealFileSystem().List(directory_.path()), ElementsAre("file"));
}

TEST_P(AtomicWriteTest, AFaultAnywhereLeavesTheOldOrTheNewFile) {
  ASSERT_TRUE(WriteFileAtomically(files_, path_, new_).ok());
  // Open, Append, Sync, Close, Rename, SyncDirectory.
  const int64_t operations = files_.operations();
  ASSERT_EQ(operations, 6);
  for (int64_t at = 0; at < operations; ++at) WriteWithFaultAt(at);
}

TEST_P(AtomicWriteTest, AFaultBeforeTheRenameLeavesTheOldFile) {
  constexpr int kRename = 4;
  for (int at = 0; at <= kRename; ++at) {
    Put(path_, old_);
    files_.SetPlan({.fault = GetParam().fault, .at = at});
    EXPECT_FALSE(WriteFileAtomically(files_, path_, new_).ok());
    EXPECT_EQ(Contents(path_), old_) << at;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Faults, AtomicWriteTest,
    testing::Values(AtomicWriteCase{Fault::kDiskFull, false, 0.5},
                    AtomicWriteCase{Fault::kDiskFull, true, 0.5},
                    AtomicWriteCase{Fault::kIoError, false, 0},
                    AtomicWriteCase{Fault::kIoError, true, 1},
                    AtomicWriteCase{Fault::kCrash, false, 0},
                    AtomicWriteCase{Fault::kCrash, false, 0.5},
                    AtomicWriteCase{Fault::kCrash, false, 1}));

TEST(PathTest, PathsAreJoined) {
  EXPECT_EQ(JoinPath("a/b", "c"), "a/b/c");
  EXPECT_EQ(JoinPath("a/", "c"), "a/c");
  EXPECT_EQ(JoinPath("/", "c"), "/c");
  EXPECT_EQ(JoinPath("", "c"), "c");
}

TEST(PathTest, AParentIsWhatLiesBeforeTheName) {
  EXPECT_EQ(ParentPath("a/b/c"), "a/b");
  EXPECT_EQ(ParentPath("a/b/"), "a");
  EXPECT_EQ(ParentPath("a//b"), "a");
  EXPECT_EQ(ParentPath("c"), ".");
  EXPECT_EQ(ParentPath(""), ".");
  EXPECT_EQ(ParentPath("/c"), "/");
  EXPECT_EQ(ParentPath("/"), "/");
}

}  // namespace
}  // namespace softfleet
