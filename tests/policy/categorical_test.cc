// SPDX-License-Identifier: Apache-2.0
#include "policy/categorical.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "core/philox.h"

namespace softfleet {
namespace {

using Numbers = std::vector<double>;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

Numbers LogSoftmaxOf(const Numbers& logits) {
  Numbers result(logits.size());
  LogSoftmax(std::span<const double>(logits), std::span<double>(result));
  return result;
}

Numbers LogOf(const Numbers& probabilities) {
  Numbers result;
  for (const double p : probabilities) result.push_back(std::log(p));
  return result;
}

TEST(CategoricalTest, LogSoftmaxEqualsItsDefinitionInLongDouble) {
  Philox random(3, Purpose::kTest);
  for (int trial = 0; trial < 2000; ++trial) {
    Numbers logits(1 + random.NextBelow(12));
    for (double& logit : logits) logit = 20 * random.NextNormal();
    long double sum = 0;
    for (const double logit : logits) sum += std::exp((long double)logit);
    const Numbers actual = LogSoftmaxOf(logits);
    for (size_t i = 0; i < logits.size(); ++i) {
      const auto expected = static_cast<double>(logits[i] - std::log(sum));
      ASSERT_NEAR(actual[i], expected, 1e-12 * std::max(1.0, -expected))
          << "seed 3, trial " << trial;
    }
  }
}

TEST(CategoricalTest, LogSoftmaxNeitherOverflowsNorLosesTheLargest) {
  const Numbers huge = LogSoftmaxOf({1e308, 1e308, -1e308});
  EXPECT_DOUBLE_EQ(huge[0], -std::log(2.0));
  EXPECT_DOUBLE_EQ(huge[1], -std::log(2.0));
  EXPECT_EQ(std::exp(huge[2]), 0);
  EXPECT_EQ(LogSoftmaxOf({-1e4, -2e4})[0], 0);
}

TEST(CategoricalTest, EntropyOfEqualOutcomesIsTheLogOfTheirNumber) {
  for (const size_t n : {1, 2, 18}) {
    EXPECT_NEAR(CategoricalEntropy(LogSoftmaxOf(Numbers(n, 4.5))),
                std::log(static_cast<double>(n)), 1e-14);
  }
}

TEST(CategoricalTest, AnImpossibleOutcomeAddsNoEntropy) {
  EXPECT_EQ(CategoricalEntropy(Numbers{0, -kInfinity}), 0);
  EXPECT_EQ(CategoricalEntropy(LogSoftmaxOf({0, -1e5})), 0);
  EXPECT_NEAR(CategoricalEntropy(LogOf({.25, .75})), 0.5623351446188083, 1e-15);
}

TEST(CategoricalTest, SampleInvertsTheCumulativeDistribution) {
  const Numbers log_p = LogOf({.25, .5, .25});
  EXPECT_EQ(SampleCategorical(log_p, 0), 0);
  EXPECT_EQ(SampleCategorical(log_p, .2499), 0);
  EXPECT_EQ(SampleCategorical(log_p, .2501), 1);
  EXPECT_EQ(SampleCategorical(log_p, .7499), 1);
  EXPECT_EQ(SampleCategorical(log_p, .7501), 2);
  EXPECT_EQ(SampleCategorical(log_p, std::nextafter(1.0, 0.0)), 2);
}

TEST(CategoricalTest, SampleNeverGivesAnImpossibleOutcome) {
  // At both ends, and where rounding leaves the sum below the uniform.
  EXPECT_EQ(SampleCategorical(Numbers{-kInfinity, 0, -kInfinity}, 0), 1);
  EXPECT_EQ(SampleCategorical(Numbers{0, -kInfinity}, .9999), 0);
  EXPECT_EQ(
      SampleCategorical(Numbers{std::log(.4), std::log(.5), -kInfinity}, .95),
      1);
}

TEST(CategoricalTest, FrequenciesFollowTheProbabilities) {
  const Numbers p = {.5, .25, .15, .08, .02};
  const Numbers log_p = LogOf(p);
  constexpr int kSamples = 100000;
  Philox random(5, Purpose::kTest);
  std::vector<int> counts(p.size());
  for (int i = 0; i < kSamples; ++i) {
    ++counts[SampleCategorical(log_p, random.NextUniform())];
  }
  double chi_square = 0;
  for (size_t i = 0; i < p.size(); ++i) {
    const double expected = p[i] * kSamples;
    chi_square += (counts[i] - expected) * (counts[i] - expected) / expected;
  }
  // 4 degrees of freedom: above 18.47 once in a thousand.
  EXPECT_LT(chi_square, 18.47) << "seed 5";
}

TEST(CategoricalTest, ArgMaxTakesTheLowestIndexOnTies) {
  const std::vector<float> values = {1, 3, 2, 3};
  EXPECT_EQ(ArgMax(std::span<const float>(values)), 1);
}

}  // namespace
}  // namespace softfleet
