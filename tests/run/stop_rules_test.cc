// SPDX-License-Identifier: Apache-2.0
#include "run/stop_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace softfleet {
namespace {

using ::testing::HasSubstr;

std::vector<AuditRecord> Records(const std::vector<double>& returns) {
  std::vector<AuditRecord> records;
  for (double value : returns) {
    AuditRecord record;
    record.step = 1000 * (records.size() + 1);
    record.panel_hash = "a";
    record.deterministic.return_mean = value;
    records.push_back(record);
  }
  return records;
}

TEST(StopRules, NothingStopsARunByDefault) {
  const v1::StopConfig config;
  EXPECT_FALSE(StopByWallClock(config, 1e9).has_value());
  EXPECT_FALSE(StopByEvaluation(config, Records({5, 5, 5, 5})).has_value());
}

TEST(StopRules, TheWallClockStopsFromItsLimitOn) {
  v1::StopConfig config;
  config.set_wall_seconds(60);
  EXPECT_FALSE(StopByWallClock(config, 59.9).has_value());
  EXPECT_THAT(*StopByWallClock(config, 60), HasSubstr("60 seconds"));
}

TEST(StopRules, TheTargetCountsForTheLastEvaluationOnly) {
  v1::StopConfig config;
  config.set_target_return(-150);
  EXPECT_FALSE(StopByEvaluation(config, {}).has_value());
  EXPECT_FALSE(StopByEvaluation(config, Records({-140, -151})).has_value());
  EXPECT_THAT(*StopByEvaluation(config, Records({-900, -150})),
              HasSubstr("stop.target_return"));
}

TEST(StopRules, PatienceCountsEvaluationsWithoutImprovement) {
  v1::StopConfig config;
  config.set_patience(3);
  EXPECT_FALSE(StopByEvaluation(config, Records({1, 5, 4, 4})).has_value());
  EXPECT_THAT(*StopByEvaluation(config, Records({1, 5, 4, 4, 5})),
              HasSubstr("3 evaluations brought no improvement above 5"));
  EXPECT_FALSE(StopByEvaluation(config, Records({1, 5, 4, 4, 6})).has_value());
}

TEST(StopRules, AnImprovementBelowTheLeastIsNone) {
  v1::StopConfig config;
  config.set_patience(2);
  config.set_min_improvement(1);
  EXPECT_FALSE(StopByEvaluation(config, Records({5, 6.5, 7})).has_value());
  EXPECT_TRUE(StopByEvaluation(config, Records({5, 5.5, 6})).has_value());
}

TEST(StopRules, AnotherPanelsRowsDoNotCount) {
  v1::StopConfig config;
  config.set_patience(2);
  std::vector<AuditRecord> records = Records({100, 1, 1});
  records[0].panel_hash = "another";
  EXPECT_FALSE(StopByEvaluation(config, records).has_value());
  EXPECT_EQ(BestRecord(records)->step, 2000u);
}

TEST(BestRecord, IsTheFirstWithTheHighestDeterministicReturn) {
  EXPECT_EQ(BestRecord({}), nullptr);
  const std::vector<AuditRecord> records = Records({1, 7, 3, 7});
  EXPECT_EQ(BestRecord(records)->step, 2000u);
}

}  // namespace
}  // namespace softfleet
