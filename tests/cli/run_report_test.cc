// SPDX-License-Identifier: Apache-2.0
// What the report gathers from a run that this program has made.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "evaluation/report_data.h"
#include "run/config.h"
#include "tests/cli/run_fixture.h"
#include "tests/core/test_directory.h"

namespace softfleet {
namespace {

using ::testing::IsEmpty;

TEST(RunReportTest, AFinishedRunIsGatheredWhole) {
  const TestDirectory directory;
  const std::string run = directory / "run";
  const v1::RunConfig config = With(ShortRun("Pendulum-v1"), {"seed=5"});
  ASSERT_TRUE(Drive(RealFileSystem(), config, run).ok());
  const auto gathered = GatherReport(RealFileSystem(), run);
  ASSERT_TRUE(gathered.ok()) << gathered.status();
  const ReportData& data = *gathered;
  EXPECT_THAT(data.problems, IsEmpty());
  EXPECT_EQ(data.environment, "Pendulum-v1");
  EXPECT_EQ(data.config_hash, ConfigHash(config));
  EXPECT_EQ(data.config_text, EffectiveConfig(config));
  EXPECT_EQ(data.seed, 5u);
  EXPECT_EQ(data.total_steps, 600u);
  EXPECT_EQ(data.starts, 1u);
  EXPECT_EQ(data.metrics.Column("step").back(), 560);
  EXPECT_EQ(data.audit.size(), 3u);
  EXPECT_EQ(data.run_id, data.audit.back().run_id);
  EXPECT_TRUE(data.best_step.has_value());
  const ReportHeadline headline = Headline(data);
  EXPECT_TRUE(headline.finished);
  EXPECT_EQ(headline.steps, 600u);
  EXPECT_EQ(headline.wall_seconds, 0);  // the fixture's clock stands still
}

}  // namespace
}  // namespace softfleet
