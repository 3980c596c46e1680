// SPDX-License-Identifier: Apache-2.0
#include "cli/progress.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <limits>
#include <string>

namespace softfleet {
namespace {

MetricsRow KnownRow() {
  MetricsRow row;
  row.step = 5000;
  row.steps_per_second = 412.4;
  row.updates_per_second = 824.8;
  row.return_mean = -312.44;
  row.statistics.entropy = -0.876;
  row.statistics.alpha = 0.01234;
  row.target_entropy = -1;
  return row;
}

TEST(ProgressTest, DurationsAreMinutesOrHours) {
  EXPECT_EQ(FormatDuration(0), "0:00");
  EXPECT_EQ(FormatDuration(0.2), "0:01");
  EXPECT_EQ(FormatDuration(59.5), "1:00");
  EXPECT_EQ(FormatDuration(187), "3:07");
  EXPECT_EQ(FormatDuration(3599), "59:59");
  EXPECT_EQ(FormatDuration(3765), "1:02:45");
  EXPECT_EQ(FormatDuration(100 * 3600), "100:00:00");
}

TEST(ProgressTest, ALineSaysWhatIsKnown) {
  // 4000 steps in 20 seconds, 15000 to go.
  EXPECT_EQ(FormatProgress(KnownRow(), 20000, 1000, 20),
            "step 5000/20000 | 412 steps/s | 825 updates/s | return -312.4 | "
            "entropy -0.88 (target -1.00) | alpha 0.0123 | ETA 1:15");
}

TEST(ProgressTest, WhatIsNotKnownYetIsLeftOut) {
  MetricsRow row;
  row.step = 10;
  row.statistics.entropy = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(FormatProgress(row, 20, 10, 0), "step 10/20");
  row.step = 20;
  EXPECT_EQ(FormatProgress(row, 20, 10, 5), "step 20/20");  // nothing left
}

TEST(ProgressTest, AnEvaluationShowsWhatThereIs) {
  AuditRecord record;
  record.step = 5000;
  record.panel_starts = 100;
  record.deterministic = {-157.23, 80.05, std::nullopt, std::nullopt};
  record.stochastic = {-160, 90, std::nullopt, std::nullopt};
  EXPECT_EQ(FormatEvaluation(record),
            "evaluation at step 5000 (100 starts): deterministic "
            "-157.2 ± 80.0 | stochastic -160.0 ± 90.0");
  record.deterministic.regret_mean = 12.34;
  record.deterministic.eval_success = 0.995;
  EXPECT_EQ(FormatEvaluation(record),
            "evaluation at step 5000 (100 starts): deterministic "
            "-157.2 ± 80.0, regret 12.3, success 100% | stochastic "
            "-160.0 ± 90.0");
}

TEST(ProgressTest, AwayFromATerminalThereIsALinePerRow) {
  std::FILE* file = std::tmpfile();
  ASSERT_NE(file, nullptr);
  FakeClock clock;
  Progress progress(file, clock, 20000);
  MetricsRow row = KnownRow();
  row.step = 1000;
  progress.OnRound(row);
  clock.Advance(absl::Seconds(20));
  progress.OnRound(row);
  progress.OnMetrics(KnownRow());
  // The last known return stays until there is another.
  MetricsRow without = KnownRow();
  without.return_mean = std::numeric_limits<double>::quiet_NaN();
  progress.OnMetrics(without);
  progress.Print("a note");
  progress.Finish();
  std::rewind(file);
  std::string text(4096, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file));
  std::fclose(file);
  const std::string line = FormatProgress(KnownRow(), 20000, 1000, 20) + "\n";
  EXPECT_EQ(text, line + line + "a note\n");
}

}  // namespace
}  // namespace softfleet
