// SPDX-License-Identifier: Apache-2.0
// A table that is written while it goes on: the file is that of the instant.
#include "replay/table_instant.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/fault_file_system.h"
#include "core/file_system.h"
#include "core/thread.h"
#include "replay/frozen_columns.h"
#include "replay/table.h"
#include "tests/core/test_directory.h"
#include "tests/replay/twin.h"

namespace softfleet {
namespace {

using testing::Between;
using testing::Random;
using testing::RandomActor;
using testing::RandomSchema;

// Actors that fill a table with blocks of every kind: short and long ones,
// taken over and linked, ended either way.
class Appender {
 public:
  Appender(Table& table, uint64_t seed) : table_(table), random_(seed) {
    for (uint64_t i = 0; i < 3; ++i) {
      actors_.emplace_back(table.schema(), i, seed + i);
    }
  }
  void Append(int blocks) {
    for (int i = 0; i < blocks; ++i) {
      const int64_t draw = Between(random_, 0, 19);
      const auto end = draw == 0   ? EpisodeEnd::kTerminated
                       : draw == 1 ? EpisodeEnd::kTruncated
                                   : EpisodeEnd::kNone;
      // The same actor again and again: its closing slot is taken over.
      const auto actor = static_cast<size_t>(Between(random_, 0, 4));
      ASSERT_TRUE(table_
                      .Append(actors_[actor < 3 ? actor : 0].Next(
                          Between(random_, 1, 6), end))
                      .ok());
    }
  }

 private:
  Table& table_;
  Random random_;
  std::vector<RandomActor> actors_;
};

TableOptions RandomOptions(Random& random, int64_t capacity) {
  TableOptions options;
  options.schema = RandomSchema(random);
  options.capacity_rows = capacity;
  options.expected_run_rows = 4;
  return options;
}

std::string Read(const std::string& path) {
  return RealFileSystem().Read(path).value();
}

// Calls back before every piece that is written.
class InterruptedFiles : public FaultInjectingFileSystem {
 public:
  explicit InterruptedFiles(std::function<void()> before_piece)
      : FaultInjectingFileSystem(RealFileSystem()),
        before_piece_(std::move(before_piece)) {}
  absl::StatusOr<std::unique_ptr<WritableFile>> Open(const std::string& path,
                                                     OpenMode mode) override {
    auto file = FaultInjectingFileSystem::Open(path, mode);
    if (!file.ok()) return file;
    return std::make_unique<File>(*std::move(file), before_piece_);
  }

 private:
  class File : public WritableFile {
   public:
    File(std::unique_ptr<WritableFile> file, std::function<void()> before)
        : file_(std::move(file)), before_(std::move(before)) {}
    absl::Status Append(absl::string_view bytes) override {
      before_();
      return file_->Append(bytes);
    }
    absl::Status Sync() override { return file_->Sync(); }
    absl::Status Close() override { return file_->Close(); }

   private:
    std::unique_ptr<WritableFile> file_;
    std::function<void()> before_;
  };
  std::function<void()> before_piece_;
};

// Rows come between any two pieces, and overwrite, take over and link.
TEST(TableInstant, TheFileIsThatOfTheInstantWhateverIsAppendedMeanwhile) {
  for (uint64_t seed = 1; seed <= 25; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    Random random(seed);
    const TestDirectory directory;
    auto table = Table::Create(RandomOptions(random, 64)).value();
    Appender appender(*table, seed);
    appender.Append(static_cast<int>(Between(random, 0, 120)));
    for (int again = 0; again < 3; ++again) {
      ASSERT_TRUE(table->Save(RealFileSystem(), directory / "stopped").ok());
      const auto instant = table->Freeze();
      appender.Append(static_cast<int>(Between(random, 0, 10)));
      InterruptedFiles files(
          [&] { appender.Append(static_cast<int>(Between(random, 0, 30))); });
      const auto digest = instant->Write(files, directory / "running");
      ASSERT_TRUE(digest.ok()) << digest.status();
      EXPECT_TRUE(Read(directory / "running") == Read(directory / "stopped"));
      EXPECT_EQ(digest->size, Read(directory / "stopped").size());
      appender.Append(static_cast<int>(Between(random, 0, 10)));
    }
  }
}

// And the table is none the worse for it.
TEST(TableInstant, ATableThatIsWrittenMeanwhileHoldsWhatItWouldHave) {
  Random random(3);
  const TableOptions options = RandomOptions(random, 64);
  const TestDirectory directory;
  auto table = Table::Create(options).value();
  auto undisturbed = Table::Create(options).value();
  Appender appender(*table, 5), other(*undisturbed, 5);
  appender.Append(40);
  other.Append(40 + 25);
  const auto instant = table->Freeze();
  appender.Append(25);
  ASSERT_TRUE(table->Save(RealFileSystem(), directory / "a").ok());
  ASSERT_TRUE(undisturbed->Save(RealFileSystem(), directory / "b").ok());
  EXPECT_TRUE(Read(directory / "a") == Read(directory / "b"));
}

TEST(TableInstant, OneThatIsGivenUpCostsNothingMore) {
  Random random(4);
  const TestDirectory directory;
  auto table = Table::Create(RandomOptions(random, 64)).value();
  Appender appender(*table, 6);
  appender.Append(50);
  table->Freeze().reset();
  appender.Append(50);
  // A failed write leaves the table as good as any.
  FaultInjectingFileSystem files(RealFileSystem());
  files.SetPlan({.fault = Fault::kDiskFull, .at = 1});
  const auto instant = table->Freeze();
  EXPECT_FALSE(instant->Write(files, directory / "full").ok());
  appender.Append(50);
  ASSERT_TRUE(table->Save(RealFileSystem(), directory / "stopped").ok());
  ASSERT_TRUE(
      table->Freeze()->Write(RealFileSystem(), directory / "frozen").ok());
  EXPECT_TRUE(Read(directory / "frozen") == Read(directory / "stopped"));
}

// Columns of many chunks, and a thread that wraps around while they are
// written: for the thread sanitizer, too.
TEST(TableInstant, AThreadWritesWhileAnotherAppends) {
  TableOptions options;
  options.schema.observations = {{"pixels", DType::kU8, {512}},
                                 {"state", DType::kF32, {3}}};
  options.schema.action = {ActionSpec::Kind::kContinuous, 2, 0};
  options.capacity_rows = 4000;
  options.expected_run_rows = 4;
  ASSERT_GT(options.capacity_rows * 512, 6 * FrozenColumns::kChunkBytes);
  const TestDirectory directory;
  auto table = Table::Create(options).value();
  Appender appender(*table, 7);
  for (int blocks : {100, 2000}) {
    appender.Append(blocks);
    ASSERT_TRUE(table->Save(RealFileSystem(), directory / "stopped").ok());
    const auto instant = table->Freeze();
    std::atomic<bool> written = false;
    absl::Status status;
    Thread writer("writer", [&] {
      status = instant->Write(RealFileSystem(), directory / "running").status();
      written = true;
    });
    for (int i = 0; i < 2000 || !written; ++i) appender.Append(1);
    writer.Join();
    ASSERT_TRUE(status.ok()) << status;
    EXPECT_TRUE(Read(directory / "running") == Read(directory / "stopped"));
  }
}

}  // namespace
}  // namespace softfleet
