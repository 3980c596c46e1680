// SPDX-License-Identifier: Apache-2.0
#include "evaluation/chart.h"

#include <cmath>
#include <regex>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace softfleet {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

Chart Simple() {
  Chart chart;
  chart.id = "example";
  chart.title = "Example";
  chart.y_label = "metres";
  chart.series = {{"first", 1, {0, 50, 100}, {0, 10, 20}, {}}};
  return chart;
}

// The numbers of the first path whose class is `kind`.
std::vector<double> PathNumbers(const std::string& html,
                                const std::string& kind) {
  const std::regex path("class=\"" + kind + "\" d=\"([^\"]*)\"");
  std::smatch match;
  std::vector<double> numbers;
  if (!std::regex_search(html, match, path)) return numbers;
  const std::string text = match[1];
  const std::regex number("-?[0-9.]+");
  for (std::sregex_iterator i(text.begin(), text.end(), number), end; i != end;
       ++i) {
    numbers.push_back(std::stod(i->str()));
  }
  return numbers;
}

size_t Count(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos;
       at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

TEST(ChartTest, PointsLieWhereTheAxesSay) {
  // The y axis reaches 4% of 20 beyond the points: from -0.8 to 20.8.
  const auto numbers = PathNumbers(RenderChart(Simple()), "line s1");
  const std::vector<double> expected = {0,    1000 * (1 - 0.8 / 21.6), 500, 500,
                                        1000, 1000 * (0.8 / 21.6)};
  ASSERT_EQ(numbers.size(), expected.size());
  for (size_t i = 0; i < numbers.size(); ++i) {
    EXPECT_NEAR(numbers[i], expected[i], 0.051) << i;  // one decimal is kept
  }
}

TEST(ChartTest, ALogarithmicAxisPutsTheGeometricMeanInTheMiddle) {
  Chart chart = Simple();
  chart.scale = Chart::Scale::kLogarithmic;
  chart.series[0].y = {0.01, 1, 100};
  const auto numbers = PathNumbers(RenderChart(chart), "line s1");
  ASSERT_EQ(numbers.size(), 6u);
  EXPECT_NEAR(numbers[3], 500, 0.051);
}

TEST(ChartTest, ALogarithmicAxisLeavesOutWhatIsNotAboveZero) {
  Chart chart = Simple();
  chart.scale = Chart::Scale::kLogarithmic;
  chart.series[0].y = {-1, 0, 4};
  const std::string html = RenderChart(chart);
  EXPECT_EQ(Count(html, "class=\"at\""), 1u);
  EXPECT_THAT(html, HasSubstr("logarithmic axis"));
  chart.series[0].y = {-1, 0, -4};
  EXPECT_THAT(RenderChart(chart), Not(HasSubstr("logarithmic axis")));
}

TEST(ChartTest, AMissingValueBreaksTheLine) {
  Chart chart = Simple();
  chart.series[0].x = {0, 1, 2, 3, 4};
  chart.series[0].y = {1, 2, kNan, 3, 4};
  EXPECT_EQ(Count(RenderChart(chart), "class=\"line s1\" d="), 2u);
}

TEST(ChartTest, ABandSurroundsItsLine) {
  Chart chart = Simple();
  chart.series[0].spread = {5, 5, 5};
  const std::string html = RenderChart(chart);
  const auto band = PathNumbers(html, "band s1");
  const auto line = PathNumbers(html, "line s1");
  ASSERT_EQ(band.size(), 12u);  // three points above, three below
  EXPECT_LT(band[1], line[1]);  // y grows downwards
  EXPECT_GT(band[11], line[1]);
  EXPECT_NEAR((band[1] + band[11]) / 2, line[1], 0.11);
}

TEST(ChartTest, EveryStepHasATitleWithItsValues) {
  Chart chart = Simple();
  chart.series[0].spread = {1, 2, 3};
  chart.series.push_back({"second", 2, {0, 100}, {7, 9}, {}});
  const std::string html = RenderChart(chart);
  EXPECT_EQ(Count(html, "class=\"at\""), 3u);
  EXPECT_THAT(html, HasSubstr("<title>step 0\nfirst: 0.00 ± 1.00\nsecond: "
                              "7.00</title>"));
  // A series without a point there shows its last one, and says so.
  EXPECT_THAT(html, HasSubstr("<title>step 50\nfirst: 10.00 ± 2.00\nsecond: "
                              "7.00 (at 0)</title>"));
}

TEST(ChartTest, OnePointIsADot) {
  Chart chart = Simple();
  chart.series = {{"first", 1, {100}, {3}, {}}};
  const std::string html = RenderChart(chart);
  EXPECT_EQ(Count(html, "<circle"), 1u);
  EXPECT_EQ(Count(html, "class=\"line s1\" d="), 0u);
}

TEST(ChartTest, WithoutPointsTheFigureSaysSo) {
  Chart chart = Simple();
  for (const std::vector<double>& y :
       {std::vector<double>{kNan, kNan, kNan}, {1e300, -HUGE_VAL, kNan}}) {
    chart.series[0].y = y;
    EXPECT_FALSE(HasPoints(chart));
    EXPECT_THAT(RenderChart(chart), HasSubstr("Nothing recorded yet."));
  }
  chart.series.clear();
  EXPECT_THAT(RenderChart(chart), HasSubstr("Nothing recorded yet."));
}

TEST(ChartTest, ATargetAloneIsNothingRecorded) {
  Chart chart = Simple();
  chart.series[0].colour = Series::kTarget;
  EXPECT_FALSE(HasPoints(chart));
}

TEST(ChartTest, SharesAreWrittenInPercent) {
  Chart chart = Simple();
  chart.scale = Chart::Scale::kShare;
  chart.series[0].y = {0, 0.5, 0.951};
  const std::string html = RenderChart(chart);
  EXPECT_THAT(html, HasSubstr(">100%</text>"));
  EXPECT_THAT(html, HasSubstr("first: 95.1%"));
}

TEST(ChartTest, TextsAreEscaped) {
  Chart chart = Simple();
  chart.title = chart.y_label = chart.note = "<b>&";
  chart.series[0].name = "<i>";
  chart.series.push_back(chart.series[0]);
  const std::string html = RenderChart(chart);
  EXPECT_THAT(html, Not(HasSubstr("<b>")));
  EXPECT_THAT(html, Not(HasSubstr("<i>")));
  EXPECT_THAT(html, HasSubstr("&lt;b&gt;&amp;"));
}

}  // namespace
}  // namespace softfleet
