// SPDX-License-Identifier: Apache-2.0
#include "evaluation/report.h"

#include <cmath>
#include <string>

#include "evaluation/report_charts.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/evaluation/report_examples.h"

namespace softfleet {
namespace {

using testing::AllReports;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::HostileReport;
using ::testing::IsNan;
using ::testing::Not;
using testing::OrdinaryReport;

ReportData Named(const std::string& wanted) {
  for (auto& [name, data] : AllReports()) {
    if (name == wanted) return data;
  }
  ADD_FAILURE() << wanted;
  return {};
}

// The page without style sheet and script: what a failure prints.
std::string Page(const ReportData& data) {
  const std::string html = RenderReport(data);
  const size_t begin = html.find("<main>");
  return html.substr(begin, html.find("</main>") - begin);
}

std::vector<std::string> ChartIds(const ReportData& data) {
  std::vector<std::string> ids;
  for (const Chart& chart : ReportCharts(data)) ids.push_back(chart.id);
  return ids;
}

Chart ChartOf(const ReportData& data, const std::string& id) {
  for (const Chart& chart : ReportCharts(data)) {
    if (chart.id == id) return chart;
  }
  ADD_FAILURE() << id;
  return {};
}

TEST(ReportTest, TheHeadlineSaysTheResultInWords) {
  const std::string html = Page(OrdinaryReport());
  EXPECT_THAT(html, HasSubstr("Finished: 20,000 environment steps and 19,900 "
                              "updates in 57 s."));
  EXPECT_THAT(html,
              HasSubstr("Acting deterministically, the policy returns "
                        "<strong>−139.8 ± 85.5</strong> from 100 fixed "
                        "starts. That is 10.5 below the best returns known, "
                        "on average. 100% of its episodes meet the success "
                        "criterion. With sampled actions it returns "
                        "<strong>−141.9 ± 86.5</strong>."));
}

TEST(ReportTest, ARunThatIsNotFinishedSaysHowFarItIs) {
  ReportData data = OrdinaryReport();
  data.audit.resize(10);
  data.checkpointed_step = 20500;
  data.total_steps = 50000;
  const std::string html = Page(data);
  EXPECT_THAT(html, HasSubstr("So far: 20,500 of 50,000 environment steps"));
  EXPECT_THAT(html, HasSubstr("At step 10,000, acting deterministically"));
}

TEST(ReportTest, ARuleThatEndedTheRunIsNamed) {
  ReportData data = OrdinaryReport();
  data.total_steps = 50000;
  data.finished = true;
  data.stopped_by = "stop.patience: <5> evaluations";
  data.wall_seconds = 61;
  EXPECT_THAT(Page(data),
              HasSubstr("Finished: 20,000 of 50,000 environment steps and "
                        "19,900 updates in 1 min 01 s. Ended early by "
                        "stop.patience: &lt;5&gt; evaluations."));
}

TEST(ReportTest, TheBestEvaluationIsCalledFlattering) {
  ReportData data = OrdinaryReport();
  data.best_step = 15000;
  EXPECT_THAT(Page(data), HasSubstr("step 15,000, deterministic −152.8"));
  EXPECT_THAT(Page(data), HasSubstr("somewhat flattering"));
}

TEST(ReportTest, RegretBelowZeroIsAboveTheBestReturns) {
  ReportData data = OrdinaryReport();
  data.audit.back().deterministic.regret_mean = -2.0;
  EXPECT_THAT(Page(data),
              HasSubstr("That is 2.0 above the best returns known"));
}

TEST(ReportTest, WithoutReferenceAndCriterionNothingIsSaidAboutThem) {
  ReportData data = Named("discrete");
  for (AuditRecord& record : data.audit) {
    record.deterministic.eval_success.reset();
    record.stochastic.eval_success.reset();
  }
  const std::string html = Page(data);
  EXPECT_THAT(html, Not(HasSubstr("best returns known")));
  EXPECT_THAT(html, Not(HasSubstr("success criterion")));
  EXPECT_THAT(html, HasSubstr("from 100 random starts"));
}

TEST(ReportTest, EveryEvaluationIsARowOfTheTable) {
  const ReportData data = OrdinaryReport();
  const std::string html = Page(data);
  for (const char* step : {"1,000", "10,000", "20,000"}) {
    EXPECT_THAT(html, HasSubstr(std::string("<tr><th scope=\"row\">") + step +
                                "</th>"));
  }
  EXPECT_THAT(html, HasSubstr("<td>−139.8</td><td>± 85.5</td><td>10.5</td>"
                              "<td>100%</td>"));
}

TEST(ReportTest, PanelsThatDifferAreNotPutTogether) {
  const ReportData data = Named("two-panels");
  EXPECT_THAT(Page(data), HasSubstr("The panel changed"));
  // 20 evaluations and the gap between the tenth and the eleventh.
  const Chart chart = ChartOf(data, "return");
  ASSERT_EQ(chart.series[0].y.size(), 21u);
  EXPECT_THAT(chart.series[0].y[10], IsNan());
}

TEST(ReportTest, ChartsHoldTheNumbersOfTheRun) {
  const ReportData data = OrdinaryReport();
  const Chart curve = ChartOf(data, "return");
  ASSERT_EQ(curve.series.size(), 2u);
  EXPECT_EQ(curve.series[1].y.back(), data.audit.back().stochastic.return_mean);
  EXPECT_EQ(curve.series[1].spread.back(), 86.5);
  const Chart entropy = ChartOf(data, "entropy");
  EXPECT_EQ(entropy.series[0].y, data.metrics.Column("entropy"));
  EXPECT_EQ(entropy.series[1].y.back(), data.audit.back().entropy);
  EXPECT_EQ(entropy.series[2].y, data.metrics.Column("target_entropy"));
  EXPECT_EQ(ChartOf(data, "alpha").series[0].y, data.metrics.Column("alpha"));
}

TEST(ReportTest, ChartsThatCannotApplyAreLeftOut) {
  EXPECT_THAT(
      ChartIds(OrdinaryReport()),
      ElementsAre("return", "regret", "success", "training-return", "entropy",
                  "alpha", "q", "critic-loss", "td-error", "action-spread",
                  "saturation", "gradients", "throughput"));
  EXPECT_THAT(
      ChartIds(Named("discrete")),
      ElementsAre("return", "success", "training-return", "entropy", "alpha",
                  "q", "critic-loss", "td-error", "gradients", "throughput"));
}

TEST(ReportTest, RegretIsOnALogarithmicAxisUnlessSomeWouldBeLost) {
  ReportData data = OrdinaryReport();
  EXPECT_EQ(ChartOf(data, "regret").scale, Chart::Scale::kLogarithmic);
  data.audit[3].stochastic.regret_mean = -0.5;
  EXPECT_EQ(ChartOf(data, "regret").scale, Chart::Scale::kFromZero);
}

TEST(ReportTest, EntropyAtItsTargetIsNotCalledConvergence) {
  EXPECT_THAT(Page(OrdinaryReport()),
              HasSubstr("entropy at its target says nothing about "
                        "convergence"));
}

TEST(ReportTest, ManyRowsAreThinnedAndThePageSaysSo) {
  const std::string html = Page(Named("many-rows"));
  EXPECT_THAT(html, HasSubstr("is the mean of 9 rows of metrics.csv"));
  EXPECT_LT(html.size(), 3'000'000u);
}

TEST(ReportTest, WhatTheRunWasIsThere) {
  const std::string html = Page(OrdinaryReport());
  EXPECT_THAT(html, HasSubstr("<code>sac.gamma</code></th><td><code>0.98"
                              "</code></td><td><code>0.99</code></td>"));
  EXPECT_THAT(html, HasSubstr("<dt>seed</dt><dd>7</dd>"));
  EXPECT_THAT(html, HasSubstr("<dt>CPU</dt><dd>Example 9000</dd>"));
  EXPECT_THAT(html, HasSubstr("<dt>program starts</dt><dd>2</dd>"));
  EXPECT_THAT(html, HasSubstr("name: &quot;Pendulum-v1&quot;"));
}

TEST(ReportTest, WhatComesFromOutsideIsEscapedEverywhere) {
  const std::string html = Page(HostileReport());
  EXPECT_THAT(html, Not(HasSubstr("<img")));
  EXPECT_THAT(html, Not(HasSubstr("<!--")));
  EXPECT_THAT(html, Not(HasSubstr("\x01")));
  EXPECT_THAT(html, Not(HasSubstr("\xff")));
}

TEST(ReportTest, AnEmptyRunSaysThatThereIsNothingYet) {
  const std::string html = Page(ReportData{});
  EXPECT_THAT(html, HasSubstr("The policy has not been evaluated yet."));
  EXPECT_THAT(html, HasSubstr("No evaluation has been recorded yet."));
  EXPECT_THAT(html, HasSubstr("The configuration is unknown."));
  EXPECT_THAT(html, Not(HasSubstr("nan")));
}

TEST(ReportTest, NoPageShowsANumberThatIsNone) {
  for (const auto& [name, data] : AllReports()) {
    const std::string html = Page(data);
    for (const char* text : {"nan", "inf%", "inf\"", ">inf", "-inf"}) {
      EXPECT_THAT(html, Not(HasSubstr(text))) << name;
    }
  }
}

TEST(ReportTest, EqualDataGiveAnEqualPage) {
  EXPECT_EQ(RenderReport(OrdinaryReport()), RenderReport(OrdinaryReport()));
}

}  // namespace
}  // namespace softfleet
