// SPDX-License-Identifier: Apache-2.0
#include "evaluation/axis.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <set>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace softfleet {
namespace {

using ::testing::ElementsAre;

constexpr int kCases = 20000;

// Ranges of all sizes, at all distances from zero.
class Ranges {
 public:
  struct Range {
    double low, high;
  };
  Range Next() {
    const double size = std::pow(10, exponent_(random_));
    const double offset = size * std::pow(10, far_(random_)) * sign_(random_);
    return {offset, offset + size};
  }

 private:
  std::mt19937_64 random_{20260501};
  std::uniform_real_distribution<double> exponent_{-12, 12};
  std::uniform_real_distribution<double> far_{-3, 6};
  std::uniform_real_distribution<double> sign_{-1, 1};
};

bool IsNice(double distance) {
  const double power = std::pow(10, std::floor(std::log10(distance) + 1e-9));
  const double factor = distance / power;
  return std::fabs(factor - 1) < 1e-6 || std::fabs(factor - 2) < 1e-6 ||
         std::fabs(factor - 5) < 1e-6;
}

void ExpectAscendingWithin(const Axis& axis) {
  const double slack = 1e-6 * (axis.high - axis.low);
  for (size_t i = 0; i < axis.ticks.size(); ++i) {
    EXPECT_GE(axis.ticks[i], axis.low - slack);
    EXPECT_LE(axis.ticks[i], axis.high + slack);
    if (i > 0) {
      EXPECT_GT(axis.ticks[i], axis.ticks[i - 1]);
    }
  }
}

TEST(AxisTest, LinearTicksAreNiceFewAndWithinTheRange) {
  Ranges ranges;
  for (int i = 0; i < kCases; ++i) {
    const auto [low, high] = ranges.Next();
    SCOPED_TRACE(::testing::Message() << low << " to " << high);
    const Axis axis = LinearAxis(low, high, 6);
    EXPECT_EQ(axis.low, low);
    EXPECT_EQ(axis.high, high);
    EXPECT_TRUE(IsNice(axis.tick_distance)) << axis.tick_distance;
    EXPECT_GE(axis.ticks.size(), 2u);
    EXPECT_LE(axis.ticks.size(), 6u);
    ExpectAscendingWithin(axis);
    for (const double tick : axis.ticks) {
      const double multiple = tick / axis.tick_distance;
      EXPECT_NEAR(multiple, std::round(multiple), 1e-6);
    }
    if (HasFailure()) return;
  }
}

TEST(AxisTest, LabelsOfDifferentTicksDiffer) {
  Ranges ranges;
  for (int i = 0; i < kCases; ++i) {
    const auto [low, high] = ranges.Next();
    SCOPED_TRACE(::testing::Message() << low << " to " << high);
    const auto labels = TickLabels(LinearAxis(low, high, 6));
    EXPECT_EQ(std::set<std::string>(labels.begin(), labels.end()).size(),
              labels.size())
        << ::testing::PrintToString(labels);
    if (HasFailure()) return;
  }
}

TEST(AxisTest, LogarithmicTicksAreFewAndWithinTheRange) {
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> exponent(-30, 30);
  std::uniform_real_distribution<double> decades(0, 1);
  for (int i = 0; i < kCases; ++i) {
    const double low = std::pow(10, exponent(random));
    const double high = low * std::pow(10, 20 * std::pow(decades(random), 4));
    SCOPED_TRACE(::testing::Message() << low << " to " << high);
    const Axis axis = LogarithmicAxis(low, high, 6);
    EXPECT_TRUE(axis.logarithmic);
    EXPECT_GE(axis.ticks.size(), 2u);
    EXPECT_LE(axis.ticks.size(), 6u);
    ExpectAscendingWithin(axis);
    const auto labels = TickLabels(axis);
    EXPECT_EQ(std::set<std::string>(labels.begin(), labels.end()).size(),
              labels.size());
    if (HasFailure()) return;
  }
}

TEST(AxisTest, PositionRunsFromZeroToOne) {
  const Axis linear = LinearAxis(-10, 30, 6);
  EXPECT_DOUBLE_EQ(Position(linear, -10), 0);
  EXPECT_DOUBLE_EQ(Position(linear, 0), 0.25);
  EXPECT_DOUBLE_EQ(Position(linear, 30), 1);
  const Axis logarithmic = LogarithmicAxis(0.01, 100, 6);
  EXPECT_DOUBLE_EQ(Position(logarithmic, 0.01), 0);
  EXPECT_DOUBLE_EQ(Position(logarithmic, 0.1), 0.25);
  EXPECT_DOUBLE_EQ(Position(logarithmic, 100), 1);
}

TEST(AxisTest, AnEmptyRangeIsWidenedAroundItsValue) {
  for (const double value : {0.0, 5.0, -1e-9, 1e150}) {
    const Axis axis = LinearAxis(value, value, 6);
    EXPECT_LT(axis.low, value);
    EXPECT_GT(axis.high, value);
    EXPECT_GE(axis.ticks.size(), 2u);
  }
  const Axis logarithmic = LogarithmicAxis(3, 3, 6);
  EXPECT_LT(logarithmic.low, 3);
  EXPECT_GT(logarithmic.high, 3);
}

TEST(AxisTest, LabelsReadWell) {
  EXPECT_THAT(TickLabels(LinearAxis(0, 20000, 5)),
              ElementsAre("0", "5,000", "10,000", "15,000", "20,000"));
  EXPECT_THAT(TickLabels(LinearAxis(0, 200000, 5)),
              ElementsAre("0k", "50k", "100k", "150k", "200k"));
  EXPECT_THAT(TickLabels(LinearAxis(0, 1e6, 5)),
              ElementsAre("0.0M", "0.5M", "1.0M"));
  EXPECT_THAT(TickLabels(LinearAxis(-1, 0.5, 6)),
              ElementsAre("−1.0", "−0.5", "0.0", "0.5"));
  EXPECT_THAT(TickLabels(LogarithmicAxis(0.02, 1, 6)),
              ElementsAre("0.02", "0.05", "0.1", "0.2", "0.5", "1"));
  EXPECT_THAT(TickLabels(LogarithmicAxis(0.01, 1000, 6)),
              ElementsAre("0.01", "0.1", "1", "10", "100", "1,000"));
}

TEST(AxisTest, OnlyModestFiniteNumbersAreDrawable) {
  EXPECT_TRUE(Drawable(0));
  EXPECT_TRUE(Drawable(-1e100));
  EXPECT_FALSE(Drawable(1e300));
  EXPECT_FALSE(Drawable(std::nan("")));
  EXPECT_FALSE(Drawable(-HUGE_VAL));
}

}  // namespace
}  // namespace softfleet
