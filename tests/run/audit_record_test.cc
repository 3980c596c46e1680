// SPDX-License-Identifier: Apache-2.0
#include "run/audit_record.h"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/run/audit_testing.h"
#include "tests/testing/audit_keys.h"

namespace softfleet {
namespace {

using Json = nlohmann::ordered_json;
using ::testing::AllOf;
using ::testing::ElementsAreArray;
using testing::ExampleRecord;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// Of ExampleRecord.
std::vector<std::string> Keys() {
  std::vector<std::string> keys = testing::AuditKeys();
  keys.insert(keys.end(), {"reward_forward_mean", "reward_ctrl_mean"});
  return keys;
}

Json FirstRow(const AuditRecord& record) {
  return Json::parse(FormatAuditJson({record})).at(0);
}

std::vector<std::vector<std::string>> Cells(const std::string& csv) {
  std::vector<std::vector<std::string>> rows;
  for (const absl::string_view line :
       absl::StrSplit(csv, '\n', absl::SkipEmpty())) {
    rows.push_back(absl::StrSplit(line, ','));
  }
  return rows;
}

TEST(AuditRecordTest, KeysAreExactlyThosePromisedAndInOrder) {
  const Json row = FirstRow(ExampleRecord());
  std::vector<std::string> keys;
  for (const auto& [key, value] : row.items()) {
    keys.push_back(key);
  }
  EXPECT_THAT(keys, ElementsAreArray(Keys()));
}

TEST(AuditRecordTest, ValuesStandUnderTheirKeys) {
  const Json row = FirstRow(ExampleRecord());
  EXPECT_EQ(row["run_id"], "0123456789abcdef");
  EXPECT_EQ(row["step"], 5000);
  EXPECT_EQ(row["updates"], 4900);
  EXPECT_EQ(row["panel_hash"], "00000000000000ff");
  EXPECT_EQ(row["config_hash"], "fedcba9876543210");
  EXPECT_EQ(row["panel_starts"], 100);
  EXPECT_EQ(row["reward_scale"], 0.5);
  EXPECT_EQ(row["alpha"], 0.1);
  EXPECT_EQ(row["target_entropy"], -2.0);
  EXPECT_EQ(row["entropy"], -1.75);
  EXPECT_EQ(row["action_mean"], Json({0.25, -0.125}));
  EXPECT_EQ(row["action_std"], Json({0.3, 0.7}));
  EXPECT_EQ(row["clipped_fraction"], 0.0625);
  EXPECT_EQ(row["saturated_fraction"], 0.03125);
  EXPECT_EQ(row["deterministic_return_mean"], -150.5);
  EXPECT_EQ(row["deterministic_return_std"], 75.25);
  EXPECT_EQ(row["deterministic_eval_success"], 0.98);
  EXPECT_EQ(row["deterministic_regret_mean"], 24.5);
  EXPECT_EQ(row["stochastic_return_mean"], -155.5);
  EXPECT_EQ(row["stochastic_return_std"], 76.25);
  EXPECT_EQ(row["stochastic_eval_success"], 0.97);
  EXPECT_EQ(row["stochastic_regret_mean"], 29.5);
  EXPECT_EQ(row["version"], 12884901900u);
  EXPECT_EQ(row["reward_forward_mean"], 10.5);
  EXPECT_EQ(row["reward_ctrl_mean"], -1.5);
}

TEST(AuditRecordTest, NoCriterionAndNoReferenceAreNull) {
  AuditRecord record = ExampleRecord();
  record.deterministic.eval_success.reset();
  record.deterministic.regret_mean.reset();
  record.stochastic.eval_success.reset();
  record.stochastic.regret_mean.reset();
  const Json row = FirstRow(record);
  for (const char* key :
       {"deterministic_eval_success", "deterministic_regret_mean",
        "stochastic_eval_success", "stochastic_regret_mean"}) {
    EXPECT_TRUE(row.at(key).is_null()) << key;
  }
  EXPECT_EQ(ParseAuditJson(FormatAuditJson({record}), "x").value(),
            std::vector<AuditRecord>{record});
}

TEST(AuditRecordTest, ANumberThatIsNotFiniteIsNullAndReadAsNan) {
  AuditRecord record = ExampleRecord();
  record.alpha = kNan;
  record.action_std[1] = INFINITY;
  record.stochastic.regret_mean = -INFINITY;
  const std::string json = FormatAuditJson({record});
  EXPECT_TRUE(FirstRow(record)["alpha"].is_null());
  EXPECT_TRUE(FirstRow(record)["action_std"][1].is_null());
  EXPECT_TRUE(FirstRow(record)["stochastic_regret_mean"].is_null());
  const auto read = ParseAuditJson(json, "x").value();
  EXPECT_TRUE(std::isnan(read[0].alpha));
  EXPECT_EQ(FormatAuditJson(read), json);
}

TEST(AuditRecordTest, RecordsReadBackEqual) {
  AuditRecord odd = ExampleRecord();
  odd.alpha = 0.1 + 0.2;
  odd.entropy = 5e-324;
  odd.deterministic.return_mean = -1.7976931348623157e308;
  odd.version = std::numeric_limits<uint64_t>::max();
  odd.action_mean.clear();
  odd.reward_components.clear();
  const std::vector<AuditRecord> records = {ExampleRecord(), odd};
  const auto read = ParseAuditJson(FormatAuditJson(records), "x");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, records);
  EXPECT_EQ(ParseAuditJson(FormatAuditJson({}), "x").value().size(), 0u);
}

TEST(AuditRecordTest, NumbersAreWrittenWithFewDigits) {
  EXPECT_THAT(FormatAuditJson({ExampleRecord()}),
              AllOf(HasSubstr("\"alpha\":0.1,"),
                    HasSubstr("\"action_std\":[0.3,0.7]")));
}

TEST(AuditRecordTest, WhatIsNotAnAuditIsRefusedWithFileRowAndKey) {
  const Json good = FirstRow(ExampleRecord());
  const auto refusal = [](const Json& rows) {
    const auto read = ParseAuditJson(rows.dump(), "a/audit.json");
    EXPECT_EQ(read.status().code(), absl::StatusCode::kDataLoss);
    return std::string(read.status().message());
  };
  EXPECT_THAT(refusal(good), StartsWith("a/audit.json is not a JSON array"));
  EXPECT_THAT(refusal(Json::array({good, 3})),
              StartsWith("a/audit.json: row 1: "));
  Json missing = good;
  missing.erase("alpha");
  EXPECT_THAT(refusal(Json::array({missing})),
              HasSubstr("key \"alpha\" is missing"));
  Json wrong = good;
  wrong["step"] = "many";
  EXPECT_THAT(refusal(Json::array({wrong})),
              HasSubstr("key \"step\" is \"many\""));
  Json unknown = good;
  unknown["luck"] = 1;
  EXPECT_THAT(refusal(Json::array({unknown})),
              HasSubstr("key \"luck\" is unknown"));
  Json array = good;
  array["action_std"] = {1, "2"};
  EXPECT_THAT(refusal(Json::array({array})), HasSubstr("key \"action_std\""));
}

TEST(AuditRecordTest, CsvIsTheSameFlattened) {
  const auto rows = Cells(FormatAuditCsv({ExampleRecord()}));
  ASSERT_EQ(rows.size(), 2u);
  std::vector<std::string> columns;
  for (const std::string& key : Keys()) {
    if (key == "action_mean" || key == "action_std") {
      columns.push_back(key + "_0");
      columns.push_back(key + "_1");
    } else {
      columns.push_back(key);
    }
  }
  EXPECT_EQ(rows[0], columns);
  EXPECT_EQ(
      absl::StrJoin(rows[1], ","),
      "0123456789abcdef,5000,4900,00000000000000ff,fedcba9876543210,100,0.5,"
      "0.1,-2,-1.75,0.25,-0.125,0.3,0.7,0.0625,0.03125,-150.5,75.25,0.98,24.5,"
      "-155.5,76.25,0.97,29.5,12884901900,10.5,-1.5");
}

TEST(AuditRecordTest, CsvLeavesUnsetNumbersEmpty) {
  AuditRecord record = ExampleRecord();
  record.deterministic.eval_success.reset();
  record.alpha = kNan;
  const auto rows = Cells(FormatAuditCsv({record}));
  for (size_t i = 0; i < rows[0].size(); ++i) {
    const bool unset =
        rows[0][i] == "alpha" || rows[0][i] == "deterministic_eval_success";
    EXPECT_EQ(rows[1][i].empty(), unset) << rows[0][i];
  }
}

TEST(AuditRecordTest, CsvOfDifferentRowsHasTheColumnsOfAll) {
  AuditRecord other = ExampleRecord();
  other.reward_components = {{"ctrl", 2}, {"odd, \"name\"", 3}};
  const std::string csv = FormatAuditCsv({ExampleRecord(), other});
  const std::vector<std::string> lines = absl::StrSplit(csv, '\n');
  EXPECT_THAT(lines[0],
              ::testing::EndsWith("reward_forward_mean,reward_ctrl_mean,"
                                  "\"reward_odd, \"\"name\"\"_mean\""));
  EXPECT_THAT(lines[1], ::testing::EndsWith(",10.5,-1.5,"));
  EXPECT_THAT(lines[2], ::testing::EndsWith(",,2,3"));
}

}  // namespace
}  // namespace softfleet
