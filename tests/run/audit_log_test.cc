// SPDX-License-Identifier: Apache-2.0
#include "run/audit_log.h"

#include <limits>
#include <string>
#include <vector>

#include "core/fault_file_system.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/test_directory.h"
#include "tests/run/audit_testing.h"

namespace softfleet {
namespace {

using testing::ExampleRecord;
using ::testing::HasSubstr;

constexpr uint64_t kKeepAll = std::numeric_limits<uint64_t>::max();

AuditRecord AtStep(uint64_t step) {
  AuditRecord record = ExampleRecord();
  record.step = step;
  record.updates = step / 2;
  return record;
}

class AuditLogTest : public ::testing::Test {
 protected:
  std::unique_ptr<AuditLog> Open(uint64_t keep_step = kKeepAll) {
    return AuditLog::Open(files_, directory_.path(), keep_step).value();
  }
  void Fill(const std::vector<AuditRecord>& records) {
    const auto log = Open();
    for (const AuditRecord& record : records) {
      ASSERT_TRUE(log->Append(record).ok());
    }
  }
  std::string Path(absl::string_view name) { return directory_ / name; }
  std::string Read(absl::string_view name) {
    return files_.Read(Path(name)).value();
  }
  // Both files hold exactly these.
  void ExpectFiles(const std::vector<AuditRecord>& records) {
    EXPECT_EQ(Read("audit.json"), FormatAuditJson(records));
    EXPECT_EQ(Read("audit.csv"), FormatAuditCsv(records));
    EXPECT_EQ(ReadAudit(files_, Path("audit.json")).value(), records);
  }

  FileSystem& files_ = RealFileSystem();
  TestDirectory directory_;
};

TEST_F(AuditLogTest, ANewLogIsAnEmptyArray) {
  EXPECT_TRUE(Open()->records().empty());
  ExpectFiles({});
}

TEST_F(AuditLogTest, RowsAreInBothFilesOldestFirst) {
  const std::vector<AuditRecord> records = {AtStep(0), AtStep(10), AtStep(20)};
  Fill(records);
  ExpectFiles(records);
  EXPECT_EQ(Open()->records(), records);
}

TEST_F(AuditLogTest, AResumeCutsTheRowsAfterItsStep) {
  Fill({AtStep(0), AtStep(10), AtStep(20)});
  EXPECT_EQ(Open(10)->records().size(), 2u);
  ExpectFiles({AtStep(0), AtStep(10)});
}

TEST_F(AuditLogTest, ARepeatedEvaluationReplacesItsRow) {
  Fill({AtStep(0), AtStep(10)});
  AuditRecord again = AtStep(10);
  again.version += uint64_t{1} << 32;
  const auto log = Open();
  ASSERT_TRUE(log->Append(again).ok());
  ExpectFiles({AtStep(0), again});
  AuditRecord other_panel = AtStep(10);
  other_panel.panel_hash = "1111111111111111";
  ASSERT_TRUE(log->Append(other_panel).ok());
  ExpectFiles({AtStep(0), again, other_panel});
  AuditRecord later = other_panel;
  ++later.updates;
  ASSERT_TRUE(log->Append(later).ok());
  ExpectFiles({AtStep(0), again, other_panel, later});
}

TEST_F(AuditLogTest, AnOlderStepIsRefused) {
  const auto log = Open();
  ASSERT_TRUE(log->Append(AtStep(10)).ok());
  EXPECT_EQ(log->Append(AtStep(9)).code(), absl::StatusCode::kInvalidArgument);
  ExpectFiles({AtStep(10)});
}

TEST_F(AuditLogTest, ACorruptFileIsNamedAndKept) {
  Fill({AtStep(0), AtStep(10)});
  const std::string torn = Read("audit.json").substr(0, 500);
  ASSERT_TRUE(WriteFileAtomically(files_, Path("audit.json"), torn).ok());
  const std::string csv = Read("audit.csv");
  const auto log = AuditLog::Open(files_, directory_.path(), kKeepAll);
  EXPECT_EQ(log.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(log.status().message()),
              HasSubstr(Path("audit.json")));
  EXPECT_EQ(Read("audit.json"), torn);
  EXPECT_EQ(Read("audit.csv"), csv);
}

TEST_F(AuditLogTest, ALostOrStaleCsvIsMadeAgain) {
  Fill({AtStep(0), AtStep(10)});
  ASSERT_TRUE(files_.Remove(Path("audit.csv")).ok());
  Open();
  ExpectFiles({AtStep(0), AtStep(10)});
}

TEST_F(AuditLogTest, OpeningWhatNeedsNoCutWritesNothing) {
  Fill({AtStep(0), AtStep(10)});
  FaultInjectingFileSystem counting(files_);
  ASSERT_TRUE(AuditLog::Open(counting, directory_.path(), 10).ok());
  EXPECT_EQ(counting.operations(), 0);
}

TEST_F(AuditLogTest, ReadingWhatIsNotThereIsNotFound) {
  EXPECT_EQ(ReadAudit(files_, Path("none.json")).status().code(),
            absl::StatusCode::kNotFound);
}

// Whatever operation fails, audit.json holds the old rows or the new ones,
// and the row can be appended again.
TEST_F(AuditLogTest, AFailedWriteLosesNothingAndMayBeRepeated) {
  FaultInjectingFileSystem faulty(files_);
  const std::vector<AuditRecord> old = {AtStep(0)};
  const std::vector<AuditRecord> both = {AtStep(0), AtStep(10)};
  bool fired = true;
  for (int64_t at = 0; fired; ++at) {
    ASSERT_TRUE(files_.RemoveAll(Path("audit.json")).ok());
    Fill(old);
    const auto log =
        AuditLog::Open(faulty, directory_.path(), kKeepAll).value();
    FaultPlan plan;
    plan.fault = Fault::kDiskFull;
    plan.at = at;
    faulty.SetPlan(plan);
    const absl::Status status = log->Append(AtStep(10));
    fired = faulty.fired();
    EXPECT_EQ(status.ok(), !fired) << at << ": " << status;
    const auto read = ReadAudit(files_, Path("audit.json")).value();
    EXPECT_TRUE(read == old || read == both) << at;
    faulty.SetPlan({});
    ASSERT_TRUE(log->Append(AtStep(10)).ok());
    ExpectFiles(both);
    EXPECT_GT(faulty.operations(), 0);
    EXPECT_TRUE(fired || at > 3) << at;
  }
}

}  // namespace
}  // namespace softfleet
