// SPDX-License-Identifier: Apache-2.0
#include "run/records.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/fault_file_system.h"
#include "core/log.h"
#include "tests/core/test_directory.h"
#include "tests/run/recording_file_system.h"

namespace softfleet {
namespace {

using ::testing::HasSubstr;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr uint64_t kEverything = std::numeric_limits<uint64_t>::max();
const std::vector<std::string> kColumns = {"step", "loss"};

class CsvRecordTest : public ::testing::Test {
 protected:
  CsvRecordTest() { SetLogLevel(LogLevel::kOff); }
  ~CsvRecordTest() override { SetLogLevel(LogLevel::kInfo); }

  std::unique_ptr<CsvRecord> Open(uint64_t keep_step) {
    auto record = CsvRecord::Open(files_, path_, kColumns, keep_step);
    EXPECT_TRUE(record.ok()) << record.status();
    return record.ok() ? *std::move(record) : nullptr;
  }
  std::string Text() { return disk_.Read(path_).value(); }
  void SetText(const std::string& text) {
    ASSERT_TRUE(WriteFileAtomically(disk_, path_, text).ok());
  }

  TestDirectory directory_;
  const std::string path_ = directory_ / "metrics.csv";
  RecordingFileSystem disk_;
  FaultInjectingFileSystem files_{disk_};
};

TEST_F(CsvRecordTest, WritesAHeaderAndARowPerAppend) {
  auto record = Open(0);
  EXPECT_EQ(Text(), "step,loss\n");
  ASSERT_TRUE(record->Append({1000, 0.1}).ok());
  ASSERT_TRUE(record->Append({100000, kNan}).ok());
  ASSERT_TRUE(record->Append({200000, -1e-7}).ok());
  ASSERT_TRUE(record->Sync().ok());
  EXPECT_EQ(Text(), "step,loss\n1000,0.1\n100000,\n200000,-1e-07\n");
}

TEST_F(CsvRecordTest, ReopeningCutsTheRowsBehindTheStep) {
  SetText("step,loss\n10,1\n20,2\n30,3\n");
  EXPECT_TRUE(Open(20)->Append({25, 4}).ok());
  EXPECT_EQ(Text(), "step,loss\n10,1\n20,2\n25,4\n");
  Open(kEverything);
  EXPECT_EQ(Text(), "step,loss\n10,1\n20,2\n25,4\n");
  Open(9);
  EXPECT_EQ(Text(), "step,loss\n");
}

TEST_F(CsvRecordTest, ATornLastLineIsCut) {
  SetText("step,loss\n10,1\n20,2");
  Open(kEverything);
  EXPECT_EQ(Text(), "step,loss\n10,1\n");
}

TEST_F(CsvRecordTest, WhatIsNoRowIsCutWithAllBehindIt) {
  const std::string zeros(100, '\0');  // as a file system may leave them
  for (const std::string& line :
       {std::string("20,x"), std::string("20"), std::string("20,1,2"),
        std::string(",3"), std::string(""), zeros}) {
    SetText("step,loss\n10,1\n" + line + "\n30,3\n");
    Open(kEverything);
    EXPECT_EQ(Text(), "step,loss\n10,1\n") << line;
  }
}

TEST_F(CsvRecordTest, AnotherHeaderIsRefusedAndTheFileKept) {
  SetText("step,reward\n10,1\n");
  const auto record = CsvRecord::Open(files_, path_, kColumns, kEverything);
  EXPECT_EQ(record.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(record.status().message(),
            path_ +
                " has the columns \"step,reward\", this program writes "
                "\"step,loss\"");
  EXPECT_EQ(Text(), "step,reward\n10,1\n");
}

TEST_F(CsvRecordTest, ARowOfAnotherWidthIsRefused) {
  auto record = Open(0);
  EXPECT_EQ(record->Append({1}).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(record->Append({1, 2, 3}).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Text(), "step,loss\n");
}

TEST_F(CsvRecordTest, ARowThatFailedLeavesNothingBehind) {
  for (const double torn : {0.0, 0.5, 1.0}) {
    disk_.RemoveAll(path_).IgnoreError();
    files_.SetPlan({});
    auto record = Open(0);
    ASSERT_TRUE(record->Append({10, 1}).ok());
    files_.SetPlan({.fault = Fault::kDiskFull, .at = 0, .torn_fraction = torn});
    EXPECT_EQ(record->Append({20, 2}).code(),
              absl::StatusCode::kResourceExhausted);
    ASSERT_TRUE(record->Append({20, 3}).ok());
    ASSERT_TRUE(record->Append({30, 4}).ok());
    EXPECT_EQ(Text(), "step,loss\n10,1\n20,3\n30,4\n");
  }
}

TEST_F(CsvRecordTest, AFaultAtAnyOperationLosesOnlyWhatIsCut) {
  const std::string before = "step,loss\n10,1\n20,2\n30,3\n";
  for (const Fault fault : {Fault::kDiskFull, Fault::kIoError, Fault::kCrash}) {
    for (const bool exists : {false, true}) {
      bool fired = true;
      for (int64_t at = 0; fired; ++at) {
        SCOPED_TRACE(absl::StrCat("operation ", at, ", exists ", exists));
        disk_.RemoveAll(path_).IgnoreError();
        if (exists) SetText(before);
        files_.SetPlan({.fault = fault, .at = at, .count_reads = true});
        auto record = CsvRecord::Open(files_, path_, kColumns, 20);
        if (record.ok()) (*record)->Append({25, 4}).IgnoreError();
        fired = files_.fired();
        files_.SetPlan({});
        ASSERT_TRUE(Open(20)->Append({25, 5}).ok());
        EXPECT_EQ(Text(), exists ? "step,loss\n10,1\n20,2\n25,5\n"
                                 : "step,loss\n25,5\n");
      }
    }
  }
}

// Random rows, a random cut of the file as a crash leaves it, a random step:
// what is left is what a few lines of Python would leave.
TEST_F(CsvRecordTest, KeepsExactlyTheWholeRowsUpToTheStep) {
  for (unsigned seed = 0; seed < 2000; ++seed) {
    std::mt19937 random(seed);
    std::string text = "step,loss\n";
    const size_t header = text.size();
    std::vector<std::pair<size_t, uint64_t>> rows;  // end, step
    uint64_t step = 0;
    for (unsigned i = random() % 8; i > 0; --i) {
      step += random() % 50;
      absl::StrAppend(&text, step, ",", random() % 1000, "\n");
      rows.emplace_back(text.size(), step);
    }
    const size_t cut = header + random() % (text.size() - header + 1);
    const uint64_t keep = random() % 200;
    size_t kept = header;
    for (const auto& [end, row_step] : rows) {
      if (end <= cut && row_step <= keep) kept = end;
    }
    SetText(text.substr(0, cut));
    Open(keep);
    ASSERT_EQ(Text(), text.substr(0, kept)) << "seed " << seed;
  }
}

TEST(ShortestNumberTest, IsWhatAPersonWouldWrite) {
  EXPECT_EQ(ShortestNumber(0), "0");
  EXPECT_EQ(ShortestNumber(0.1), "0.1");
  EXPECT_EQ(ShortestNumber(256), "256");
  EXPECT_EQ(ShortestNumber(-1e-7), "-1e-07");
  EXPECT_EQ(ShortestNumber(1000000), "1000000");
  EXPECT_EQ(ShortestNumber(1e15), "1000000000000000");
  EXPECT_EQ(ShortestNumber(1e22), "1e+22");
  EXPECT_EQ(ShortestNumber(kNan), "nan");
  EXPECT_EQ(ShortestNumber(-kNan), "nan");
  EXPECT_EQ(ShortestNumber(INFINITY), "inf");
  EXPECT_EQ(ShortestNumber(-INFINITY), "-inf");
}

TEST(ShortestNumberTest, ReadsBackTheSameBits) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 20000; ++i) {
    const uint64_t bits = i % 2 == 0 ? random() : random() % 1000000;
    double value;
    std::memcpy(&value, &bits, sizeof(value));
    if (i % 2 == 1) value = static_cast<double>(bits) / 8;
    if (!std::isfinite(value)) continue;
    const double back = std::strtod(ShortestNumber(value).c_str(), nullptr);
    EXPECT_EQ(std::memcmp(&back, &value, sizeof(value)), 0) << value;
  }
}

}  // namespace
}  // namespace softfleet
