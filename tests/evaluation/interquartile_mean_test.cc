// SPDX-License-Identifier: Apache-2.0
#include "evaluation/interquartile_mean.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "core/philox.h"

namespace softfleet {
namespace {

TEST(InterquartileMean, IsTheMeanOfTheMiddleHalf) {
  EXPECT_EQ(InterquartileMean({8, 1, 7, 2, 6, 3, 5, 4}), (3 + 4 + 5 + 6) / 4.0);
  EXPECT_EQ(InterquartileMean({1, 2, 3, 1000}), 2.5);
  // scipy.stats.trim_mean([1, 2, 3, 4, 90], 0.25) and of seven scores.
  EXPECT_EQ(InterquartileMean({1, 2, 3, 4, 90}), 3);
  EXPECT_EQ(InterquartileMean({-50, 1, 2, 3, 4, 5, 90}), 3);
  EXPECT_EQ(InterquartileMean({1, 2, 6}), 3);
  EXPECT_EQ(InterquartileMean({4}), 4);
  EXPECT_TRUE(std::isnan(InterquartileMean({})));
}

// Every way to draw as many scores from each stratum as it has, all equally
// likely, by counting through them.
std::vector<double> AllResamples(const std::vector<Stratum>& strata) {
  std::vector<const Stratum*> of_place;
  for (const Stratum& stratum : strata) {
    of_place.insert(of_place.end(), stratum.size(), &stratum);
  }
  std::vector<double> means;
  std::vector<size_t> choice(of_place.size(), 0);
  for (size_t place = 0; place < choice.size();) {
    std::vector<double> scores;
    for (size_t i = 0; i < choice.size(); ++i) {
      scores.push_back((*of_place[i])[choice[i]]);
    }
    means.push_back(InterquartileMean(scores));
    for (place = 0; place < choice.size(); ++place) {
      if (++choice[place] < of_place[place]->size()) break;
      choice[place] = 0;
    }
  }
  std::sort(means.begin(), means.end());
  return means;
}

// Share of all resamples at or below `value`.
double ShareBelow(const std::vector<double>& means, double value) {
  return static_cast<double>(
             std::upper_bound(means.begin(), means.end(), value + 1e-9) -
             means.begin()) /
         static_cast<double>(means.size());
}

// The ends lie where the exact distribution over all resamples has them, within
// three standard errors of a quantile of so many draws.
TEST(InterquartileMean, TheIntervalIsThatOfAllResamples) {
  Philox random(3, Purpose::kTest);
  const std::vector<std::vector<size_t>> shapes = {{4},    {5},    {6},
                                                   {3, 3}, {2, 4}, {1, 5}};
  for (const std::vector<size_t>& shape : shapes) {
    std::vector<Stratum> strata;
    for (size_t size : shape) {
      Stratum stratum;
      for (size_t i = 0; i < size; ++i) {
        stratum.push_back(100 * static_cast<double>(strata.size()) +
                          10 * random.NextNormal());
      }
      strata.push_back(stratum);
    }
    const std::vector<double> means = AllResamples(strata);
    const BootstrapOptions options = {.confidence = 0.8, .resamples = 20000};
    const Estimate estimate = EstimateInterquartileMean(strata, options);
    const double error = 3 * std::sqrt(0.1 * 0.9 / options.resamples);
    // The distribution has steps: the end is in the step that holds 0.1.
    EXPECT_GE(ShareBelow(means, estimate.low), 0.1 - error);
    EXPECT_LE(ShareBelow(means, estimate.low - 1e-6), 0.1 + error);
    EXPECT_GE(ShareBelow(means, estimate.high), 0.9 - error);
    EXPECT_LE(ShareBelow(means, estimate.high - 1e-6), 0.9 + error);
    EXPECT_LE(estimate.low, estimate.value);
    EXPECT_GE(estimate.high, estimate.value);
  }
}

// With two strata that hold one score each there is only one resample; taken
// together there would be three values.
TEST(InterquartileMean, StrataAreResampledAmongThemselves) {
  const Estimate apart = EstimateInterquartileMean({{1}, {3}});
  EXPECT_EQ(apart.low, 2);
  EXPECT_EQ(apart.high, 2);
  const Estimate together = EstimateInterquartileMean({{1, 3}});
  EXPECT_EQ(together.low, 1);
  EXPECT_EQ(together.high, 3);
}

// Of normal scores the interval of a trimmed mean holds the true mean about as
// often as it says. 400 panels of 20: three standard errors are 0.04, and a
// percentile interval of 20 scores is known to be a few percent too narrow.
TEST(InterquartileMean, TheIntervalHoldsTheTruthAboutAsOftenAsItSays) {
  Philox random(11, Purpose::kTest);
  int held = 0;
  constexpr int kPanels = 400;
  for (int panel = 0; panel < kPanels; ++panel) {
    Stratum scores;
    for (int i = 0; i < 20; ++i) scores.push_back(random.NextNormal());
    const Estimate estimate = EstimateInterquartileMean(
        {scores}, {.resamples = 500, .step = static_cast<uint64_t>(panel)});
    held += estimate.low <= 0 && estimate.high >= 0 ? 1 : 0;
  }
  EXPECT_GT(held, 0.86 * kPanels);
  EXPECT_LT(held, 0.99 * kPanels);
}

TEST(InterquartileMean, EqualScoresGiveEqualNumbers) {
  const std::vector<Stratum> strata = {{4, 1, 9, 2, 5, 7}};
  const Estimate first = EstimateInterquartileMean(strata);
  const Estimate second = EstimateInterquartileMean(strata);
  EXPECT_EQ(first.low, second.low);
  EXPECT_EQ(first.high, second.high);
}

TEST(InterquartileMean, WhatIsNoNumberHasNoEstimate) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(std::isnan(EstimateInterquartileMean({}).value));
  EXPECT_TRUE(std::isnan(EstimateInterquartileMean({{1}, {}}).value));
  EXPECT_TRUE(std::isnan(EstimateInterquartileMean({{1, nan, 3}}).low));
}

}  // namespace
}  // namespace softfleet
