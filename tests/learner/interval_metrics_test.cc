// SPDX-License-Identifier: Apache-2.0
#include "learner/interval_metrics.h"

#include <gtest/gtest.h>

#include <cmath>

namespace softfleet {
namespace {

TEST(IntervalMetricsTest, ARowIsAboutEverythingSinceTheLastStart) {
  IntervalMetrics metrics;
  metrics.AddEpisodes(std::vector<FinishedEpisode>{{-10, 5}, {-20, 7}});
  MetricsRow row = metrics.Row(100, 40, 2);
  EXPECT_EQ(row.episodes, 2);
  EXPECT_EQ(row.return_mean, -15);
  EXPECT_EQ(row.length_mean, 6);
  EXPECT_EQ(row.steps_per_second, 50);
  EXPECT_EQ(row.updates_per_second, 20);

  metrics.Start(100, 40, 2);
  row = metrics.Row(130, 70, 3);
  EXPECT_EQ(row.episodes, 2);
  EXPECT_TRUE(std::isnan(row.return_mean));
  EXPECT_TRUE(std::isnan(row.length_mean));
  EXPECT_EQ(row.steps_per_second, 30);
  metrics.AddEpisodes(std::vector<FinishedEpisode>{{4, 1}});
  row = metrics.Row(130, 70, 3);
  EXPECT_EQ(row.episodes, 3);
  EXPECT_EQ(row.return_mean, 4);
}

TEST(IntervalMetricsTest, WithoutTimeThereIsNoRate) {
  const IntervalMetrics metrics;
  EXPECT_EQ(metrics.Row(10, 5, 0).steps_per_second, 0);
  EXPECT_EQ(metrics.Row(10, 5, 0).updates_per_second, 0);
}

TEST(IntervalMetricsTest, ARestartInMidIntervalKeepsItsEpisodes) {
  IntervalMetrics whole, first, second;
  for (IntervalMetrics* metrics : {&whole, &first}) {
    metrics->Start(100, 50, 1);
    metrics->AddEpisodes(std::vector<FinishedEpisode>{{0.1, 3}, {0.2, 3}});
  }
  ASSERT_TRUE(second.Restore(first.Save()).ok());
  second.StartRates(120, 70, 9);
  for (IntervalMetrics* metrics : {&whole, &second}) {
    metrics->AddEpisodes(std::vector<FinishedEpisode>{{0.3, 4}});
  }
  EXPECT_EQ(second.Save(), whole.Save());
  const MetricsRow row = second.Row(140, 80, 11);
  EXPECT_EQ(row.return_mean, whole.Row(140, 80, 11).return_mean);
  EXPECT_EQ(row.episodes, 3);
  EXPECT_EQ(row.steps_per_second, 10);  // since the restart
}

TEST(IntervalMetricsTest, WhatCannotBeReadIsDataLoss) {
  for (const char* text : {"", "[]", "{}", R"({"episodes": "x"})"}) {
    IntervalMetrics metrics;
    EXPECT_EQ(metrics.Restore(text).code(), absl::StatusCode::kDataLoss)
        << text;
  }
}

TEST(MetricsRowTest, ThereIsAValueForEveryColumn) {
  EXPECT_EQ(MetricsRow().Values().size(), MetricsRow::Columns().size());
}

}  // namespace
}  // namespace softfleet
