// SPDX-License-Identifier: Apache-2.0
#include "replay/prioritization.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <vector>

namespace softfleet {
namespace {

TEST(Prioritization, AnExponentOfZeroDrawsUniformly) {
  EXPECT_EQ(PriorityMass(Priority(-3.5, 1e-6), 0), 1);
  EXPECT_EQ(PriorityMass(Priority(0, 1e-6), 0), 1);
}

TEST(Prioritization, APriorityIsTheErrorsSizeAndNeverZero) {
  EXPECT_DOUBLE_EQ(Priority(-2, 0.5), 2.5);
  EXPECT_DOUBLE_EQ(Priority(2, 0.5), 2.5);
  EXPECT_GT(Priority(0, 1e-6), 0);
}

TEST(Prioritization, UniformProbabilitiesNeedNoCorrection) {
  EXPECT_DOUBLE_EQ(ImportanceWeight(1.0 / 40, 40, 0.4), 1);
}

// E[weight f] over the draw equals the plain mean of f when the exponent is 1.
TEST(Prioritization, FullCorrectionMakesTheWeightedMeanThePlainMean) {
  const std::array<double, 3> masses = {1, 2, 5};
  const std::array<double, 3> f = {3, -1, 10};
  double weighted = 0;
  for (size_t i = 0; i < 3; ++i) {
    const double probability = masses[i] / 8;
    weighted += probability * ImportanceWeight(probability, 3, 1) * f[i];
  }
  EXPECT_NEAR(weighted, 4, 1e-12);
}

TEST(Prioritization, TheLargestWeightBecomesOne) {
  std::vector<double> weights = {0.5, 4, 2};
  NormaliseByMax(weights);
  EXPECT_EQ(weights, (std::vector<double>{0.125, 1, 0.5}));
  std::vector<double> none;
  NormaliseByMax(none);
}

TEST(Prioritization, AnIndexWithoutMassIsNeverSelected) {
  const std::array<double, 5> masses = {0, 1, 0, 3, 0};
  const double below_one = std::nextafter(1.0, 0.0);
  EXPECT_EQ(SelectIndex(masses, 0), 1u);
  EXPECT_EQ(SelectIndex(masses, 0.2499), 1u);
  EXPECT_EQ(SelectIndex(masses, 0.25), 3u);
  EXPECT_EQ(SelectIndex(masses, below_one), 3u);
  EXPECT_EQ(SelectIndex(masses, 1), 3u);  // rounding may come here
}

TEST(Prioritization, SelectionFollowsTheMassesToTheirBoundaries) {
  // Exact in binary, so that every boundary is a u of its own.
  const std::array<double, 4> masses = {1, 2, 4, 1};
  const std::array<size_t, 8> expected = {0, 1, 1, 2, 2, 2, 2, 3};
  for (size_t eighth = 0; eighth < 8; ++eighth) {
    EXPECT_EQ(SelectIndex(masses, eighth / 8.0), expected[eighth]);
  }
}

}  // namespace
}  // namespace softfleet
