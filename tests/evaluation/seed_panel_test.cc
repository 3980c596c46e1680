// SPDX-License-Identifier: Apache-2.0
#include "evaluation/seed_panel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "evaluation/seed_panel_report.h"
#include "run/seed_directories.h"
#include "tests/core/test_directory.h"
#include "tests/evaluation/report_examples.h"

namespace softfleet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// A finished run with these deterministic returns at steps 100, 200, ...;
// the stochastic ones are one lower.
ReportData RunOf(uint64_t seed, const std::vector<double>& returns) {
  ReportData run;
  run.seed = seed;
  run.environment = "Pendulum-v1";
  run.total_steps = 300;
  for (const double value : returns) {
    AuditRecord record;
    record.step = 100 * (run.audit.size() + 1);
    record.updates = record.step;
    record.panel_hash = "00000000000000ff";
    record.deterministic.return_mean = value;
    record.stochastic.return_mean = value - 1;
    run.audit.push_back(record);
  }
  return run;
}

SeedPanelData FourRuns() {
  return {{RunOf(0, {1, 10, 100}), RunOf(1, {2, 20, 200}),
           RunOf(2, {3, 30, 300}), RunOf(5, {90, 95, 990})}};
}

std::vector<double> Values(const std::vector<SeedPanelPoint>& curve) {
  std::vector<double> values;
  for (const auto& point : curve) values.push_back(point.deterministic.value);
  return values;
}

TEST(SeedPanel, TheCurveIsTheInterquartileMeanOfEachStep) {
  const std::vector<SeedPanelPoint> curve = SeedPanelCurve(FourRuns());
  EXPECT_THAT(Values(curve), ElementsAre(2.5, 25, 250));
  EXPECT_EQ(curve[1].step, 200u);
  EXPECT_EQ(curve[1].seeds, 4u);
  EXPECT_EQ(curve[1].stochastic.value, 24);
  EXPECT_LT(curve[1].deterministic.low, 25);
  EXPECT_GT(curve[1].deterministic.high, 25);
  EXPECT_GE(curve[1].deterministic.low, 10);
  EXPECT_LE(curve[1].deterministic.high, 95);
  EXPECT_EQ(SeedPanelResult(FourRuns()).deterministic.value, 250);
}

TEST(SeedPanel, WhereARunIsNotThatFarTheCurveEnds) {
  SeedPanelData data = FourRuns();
  data.runs[2].audit.pop_back();
  EXPECT_THAT(Values(SeedPanelCurve(data)), ElementsAre(2.5, 25));
  // The result is of the last evaluations all the same.
  EXPECT_EQ(SeedPanelResult(data).deterministic.value, 150);
  data.runs[2].audit.clear();
  EXPECT_TRUE(SeedPanelCurve(data).empty());
  EXPECT_EQ(SeedPanelResult(data).seeds, 0u);
}

TEST(SeedPanel, ARunThatARuleEndedKeepsItsLastEvaluation) {
  SeedPanelData data = FourRuns();
  data.runs[2].audit.pop_back();
  data.runs[2].stopped_by = "stop.target_return";
  EXPECT_THAT(Values(SeedPanelCurve(data)), ElementsAre(2.5, 25, 150));
}

TEST(SeedPanel, ReturnsOfDifferentPanelsAreNotPutTogether) {
  SeedPanelData data = FourRuns();
  for (ReportData& run : data.runs) run.panel = "panel.textproto";
  data.runs[1].audit[1].panel_hash = "00000000000000ee";
  EXPECT_THAT(Values(SeedPanelCurve(data)), ElementsAre(2.5, 250));
}

TEST(SeedPanel, RandomStartsAreEachRunsOwn) {
  SeedPanelData data = FourRuns();
  for (ReportData& run : data.runs) {
    for (AuditRecord& record : run.audit) {
      record.panel_hash = absl::StrCat(run.seed);
    }
  }
  EXPECT_THAT(Values(SeedPanelCurve(data)), ElementsAre(2.5, 25, 250));
}

TEST(SeedPanel, TheCsvHasOneLinePerStep) {
  const std::vector<std::string> lines =
      absl::StrSplit(FormatSeedPanelCsv(FourRuns()), '\n', absl::SkipEmpty());
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(lines[0],
            "step,seeds,deterministic_return_iqm,deterministic_return_low,"
            "deterministic_return_high,stochastic_return_iqm,"
            "stochastic_return_low,stochastic_return_high");
  EXPECT_THAT(lines[1], ::testing::StartsWith("100,4,2.5,"));
  for (const std::string& line : lines) {
    EXPECT_EQ(std::vector<std::string>(absl::StrSplit(line, ',')).size(), 8u);
  }
}

TEST(SeedPanel, TheJsonHasTheCurveTheResultAndEveryRun) {
  SeedPanelData data = FourRuns();
  data.runs[3].audit.back().deterministic.return_mean =
      std::numeric_limits<double>::quiet_NaN();
  const auto json = nlohmann::json::parse(FormatSeedPanelJson(data));
  EXPECT_EQ(json["seeds"], nlohmann::json({0, 1, 2, 5}));
  EXPECT_EQ(json["bootstrap"]["confidence"], 0.95);
  EXPECT_EQ(json["curve"].size(), 3u);
  EXPECT_EQ(json["curve"][1]["step"], 200);
  EXPECT_EQ(json["curve"][1]["deterministic_return"]["iqm"], 25);
  EXPECT_TRUE(json["curve"][2]["deterministic_return"]["iqm"].is_null());
  EXPECT_EQ(json["curve"][2]["stochastic_return"]["iqm"], 249);
  EXPECT_EQ(json["final"]["stochastic_return"]["iqm"], 249);
  EXPECT_EQ(json["runs"][3]["seed"], 5);
  EXPECT_EQ(json["runs"][0]["evaluation"]["deterministic_return_mean"], 100);
  EXPECT_EQ(json["runs"][0]["finished"], true);
}

TEST(SeedPanel, ThePageShowsEverySeedAndTheInterval) {
  const std::string page = RenderSeedPanelReport(FourRuns());
  EXPECT_THAT(page, HasSubstr("interquartile mean"));
  EXPECT_THAT(page, HasSubstr("<strong>250.0</strong>"));
  for (const char* seed : {"0", "1", "2", "5"}) {
    EXPECT_THAT(page, HasSubstr(absl::StrCat("seed-", seed, "/report.html")));
    EXPECT_THAT(page, HasSubstr(absl::StrCat("seed ", seed, ": ")));
  }
  EXPECT_THAT(page, HasSubstr("class=\"band s1\""));
  EXPECT_THAT(page, HasSubstr("class=\"line faint\""));
  EXPECT_EQ(page, RenderSeedPanelReport(FourRuns()));
}

TEST(SeedPanel, ARunFromOutsideCannotWriteIntoThePage) {
  ReportData hostile = testing::HostileReport();
  const std::string page = RenderSeedPanelReport({{hostile, hostile}});
  EXPECT_THAT(page, Not(HasSubstr("<img")));
}

TEST(SeedPanel, ADirectoryWithoutRunsOfSeedsIsRefused) {
  const TestDirectory directory;
  const auto nothing = GatherSeedPanel(RealFileSystem(), directory.path());
  EXPECT_EQ(nothing.status().code(), absl::StatusCode::kNotFound);
  // A folder without a run in it is none.
  ASSERT_TRUE(RealFileSystem()
                  .CreateDirectories(SeedDirectory(directory.path(), 4))
                  .ok());
  EXPECT_TRUE(SeedsIn(RealFileSystem(), directory.path())->empty());
  EXPECT_TRUE(SeedsIn(RealFileSystem(), directory / "absent")->empty());
}

}  // namespace
}  // namespace softfleet
