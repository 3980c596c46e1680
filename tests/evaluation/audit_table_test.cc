// SPDX-License-Identifier: Apache-2.0
#include "evaluation/audit_table.h"

#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/run/audit_testing.h"

namespace softfleet {
namespace {

using ::testing::AllOf;
using testing::ExampleRecord;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::string> Lines(const std::string& text) {
  return absl::StrSplit(text, '\n', absl::SkipEmpty());
}

AuditRecord OfPanel(const std::string& hash, uint64_t step) {
  AuditRecord record = ExampleRecord();
  record.panel_hash = hash;
  record.step = step;
  return record;
}

TEST(AuditTableTest, ARowShowsTheRecordsNumbers) {
  const auto lines = Lines(FormatAuditTable({ExampleRecord()}));
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0], "panel 00000000000000ff, 100 starts per mode");
  EXPECT_THAT(lines[2],
              AllOf(HasSubstr("5000"), HasSubstr("0.1000"),
                    HasSubstr("-1.75 (-2.00)"), HasSubstr("-150.5 ± 75.2"),
                    HasSubstr("-155.5 ± 76.2"), HasSubstr("24.5 / 29.5"),
                    HasSubstr("98% / 97%"), HasSubstr("3.1%")));
}

TEST(AuditTableTest, ColumnsAreAligned) {
  AuditRecord wide = ExampleRecord();
  wide.step = 123456789;
  wide.deterministic.return_mean = -123456;
  const auto lines = Lines(FormatAuditTable({ExampleRecord(), wide}));
  ASSERT_EQ(lines.size(), 4u);
  // Columns end together; each row has two ± of two bytes, the header none.
  EXPECT_EQ(lines[1].size() + 2, lines[2].size());
  EXPECT_EQ(lines[2].size(), lines[3].size());
}

TEST(AuditTableTest, WhatIsNotThereIsSaid) {
  AuditRecord record = ExampleRecord();
  record.deterministic.eval_success.reset();
  record.stochastic.eval_success.reset();
  record.deterministic.regret_mean.reset();
  record.stochastic.regret_mean.reset();
  for (const std::string& text :
       {FormatAuditTable({record}), FormatAuditMarkdown({record})}) {
    EXPECT_THAT(text,
                AllOf(HasSubstr("no criterion"), HasSubstr("no reference")));
  }
  EXPECT_THAT(FormatAuditTable({}), HasSubstr("no evaluations"));
}

TEST(AuditTableTest, RowsOfDifferentPanelsStandInDifferentTables) {
  const std::vector<AuditRecord> records = {OfPanel("aaaaaaaaaaaaaaaa", 101),
                                            OfPanel("bbbbbbbbbbbbbbbb", 202),
                                            OfPanel("aaaaaaaaaaaaaaaa", 303)};
  for (const std::string& text :
       {FormatAuditTable(records), FormatAuditMarkdown(records)}) {
    const std::vector<std::string> tables = absl::StrSplit(text, "panel ");
    ASSERT_EQ(tables.size(), 3u);
    EXPECT_THAT(tables[1],
                AllOf(HasSubstr("aaaaaaaaaaaaaaaa"), HasSubstr("101"),
                      HasSubstr("303"), Not(HasSubstr("202"))));
    EXPECT_THAT(tables[2],
                AllOf(HasSubstr("bbbbbbbbbbbbbbbb"), HasSubstr("202")));
  }
}

TEST(AuditTableTest, MarkdownRowsHaveTheColumnsOfTheirHeader) {
  const auto lines = Lines(FormatAuditMarkdown({ExampleRecord()}));
  ASSERT_EQ(lines.size(), 4u);
  const auto bars = [](const std::string& line) {
    return std::count(line.begin(), line.end(), '|');
  };
  EXPECT_EQ(bars(lines[1]), 9);
  EXPECT_EQ(lines[2].substr(0, 8), "| ---: |");
  EXPECT_EQ(bars(lines[2]), 9);
  EXPECT_EQ(bars(lines[3]), 9);
}

}  // namespace
}  // namespace softfleet
