// SPDX-License-Identifier: Apache-2.0
#include "policy/squashed_gaussian.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "core/philox.h"
#include "tests/testing/golden.h"

namespace softfleet {
namespace {

// Relative to max(1, |x|).
constexpr double kTolerance = 1e-12;

double RelativeTolerance(double expected) {
  return kTolerance * std::max(1.0, std::abs(expected));
}

struct LogProbCase {
  double u, mean, log_std, log_prob;
};

TEST(SquashedGaussianTest, LogProbEqualsTheUnitVectors) {
  for (const LogProbCase& c :
       std::vector<LogProbCase>{{0, 0, 0, -0.9189385332046727},
                                {1, 0, 0, -0.5513768722386183},
                                {-2, 0.5, -1, -20.359733347647225},
                                {10, 0, 2, 14.778985165361034},
                                {0.3, -0.2, -3, -48.25885617994468}}) {
    EXPECT_NEAR(SquashedGaussianLogProb(c.u, c.mean, c.log_std), c.log_prob,
                RelativeTolerance(c.log_prob))
        << "u " << c.u;
  }
}

TEST(SquashedGaussianTest, LogDeterminantIsEvenAndFiniteAtAnyU) {
  for (const double u : {0.0, 1e-9, 0.3, 5.0, 19.0, 30.0, 400.0, 1e6, 1e300}) {
    const double value = LogOneMinusTanhSquared(u);
    EXPECT_TRUE(std::isfinite(value)) << u;
    EXPECT_EQ(value, LogOneMinusTanhSquared(-u)) << u;
    // cosh(u)^-2 overflows beyond 350 and has all its digits below.
    if (u < 300) {
      const double expected = -2 * std::log(std::cosh(u));
      EXPECT_NEAR(value, expected, RelativeTolerance(expected)) << u;
    }
  }
  EXPECT_NEAR(LogOneMinusTanhSquared(1e6), 2 * std::log(2.0) - 2e6, 1e-9);
}

TEST(SquashedGaussianTest, SoftplusNeitherOverflowsNorVanishes) {
  EXPECT_EQ(StableSoftplus(0), std::log(2.0));
  EXPECT_EQ(StableSoftplus(1e300), 1e300);
  EXPECT_EQ(StableSoftplus(-1e300), 0);
  // ln(1 + x) = x - x^2/2: all digits, where ln(1 + exp(x)) has none.
  EXPECT_DOUBLE_EQ(StableSoftplus(-40), std::exp(-40.0));
  // A switch to the identity above 20 would lose exp(-21).
  EXPECT_NEAR(StableSoftplus(21) - 21, std::exp(-21.0), 4e-15);
}

TEST(SquashedGaussianTest, BothLogProbsAgreeOnRandomActions) {
  Philox random(7, Purpose::kTest);
  for (int i = 0; i < 10000; ++i) {
    const double mean = 3 * random.NextNormal();
    const double log_std = -5 + 7 * random.NextUniform();
    const double noise = random.NextNormal();
    const double u = mean + std::exp(log_std) * noise;
    const double expected = SquashedGaussianLogProbFromNoise(noise, u, log_std);
    // (u - mean) / std recovers the noise to 1e-16 |mean| / std.
    ASSERT_NEAR(SquashedGaussianLogProb(u, mean, log_std), expected, 1e-10)
        << "seed 7, case " << i;
  }
}

TEST(SquashedGaussianTest, DensityOfTheActionIntegratesToOne) {
  // Over a in (-1, 1), through log p(a) alone: a wrong correction would show.
  constexpr int kCells = 200000;
  double integral = 0;
  for (int i = 0; i < kCells; ++i) {
    const double a = -1 + 2 * (i + 0.5) / kCells;
    integral += std::exp(SquashedGaussianLogProb(std::atanh(a), 0.4, -0.7)) *
                (2.0 / kCells);
  }
  EXPECT_NEAR(integral, 1, 1e-6);
}

TEST(SquashedGaussianTest, ClampKeepsAndLimits) {
  EXPECT_EQ(LimitLogStd(LogStdMode::kClamp, -0.3, -20, 2), -0.3);
  EXPECT_EQ(LimitLogStd(LogStdMode::kClamp, 3, -20, 2), 2);
  EXPECT_EQ(LimitLogStd(LogStdMode::kClamp, -21, -20, 2), -20);
}

TEST(SquashedGaussianTest, BoundedReachesItsLimitsAndTheMiddle) {
  EXPECT_DOUBLE_EQ(LimitLogStd(LogStdMode::kBounded, 0, -5, 2), -1.5);
  EXPECT_DOUBLE_EQ(LimitLogStd(LogStdMode::kBounded, 50, -5, 2), 2);
  EXPECT_DOUBLE_EQ(LimitLogStd(LogStdMode::kBounded, -50, -5, 2), -5);
  EXPECT_DOUBLE_EQ(LimitLogStd(LogStdMode::kBounded, 0.5, -5, 2),
                   -5 + 3.5 * (std::tanh(0.5) + 1));
}

// -E[log p(tanh(u))], u ~ N(mean, std): by the trapezoidal rule over +-12
// standard deviations, which for a smooth, decaying integrand converges faster
// than any power.
double EntropyByQuadrature(double mean, double std) {
  constexpr int kPoints = 4000;
  constexpr double kRange = 12;
  double entropy = 0;
  for (int i = -kPoints; i <= kPoints; ++i) {
    const double noise = kRange * i / kPoints;
    const double density = std::exp(-noise * noise / 2 - kHalfLogTwoPi);
    entropy -= density * kRange / kPoints *
               SquashedGaussianLogProbFromNoise(noise, mean + std * noise,
                                                std::log(std));
  }
  return entropy;
}

struct EntropyCase {
  double mean, std, entropy;
};

// To the digits given.
constexpr double kEntropyDigits = 5.1e-5;
const std::vector<EntropyCase>& EntropyCases() {
  static const auto& cases = *new std::vector<EntropyCase>{
      {0, 1, .6698},      {0, .5, .49997},
      {0, .25, -.02805},  {0, 2, -.00123},
      {0, .05, -1.57929}, {1, 1, .0926},
      {2, .5, -1.94611},  {0, std::exp(2.0), -7.07434}};
  return cases;
}

TEST(SquashedGaussianTest, EntropyByQuadratureIsTheKnownOne) {
  for (const EntropyCase& c : EntropyCases()) {
    EXPECT_NEAR(EntropyByQuadrature(c.mean, c.std), c.entropy, kEntropyDigits)
        << "mean " << c.mean << " std " << c.std;
  }
}

TEST(SquashedGaussianTest, MeanOfMinusLogProbIsTheEntropy) {
  constexpr int kSamples = 200000;
  Philox random(11, Purpose::kTest);
  for (const EntropyCase& c : EntropyCases()) {
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < kSamples; ++i) {
      const double noise = random.NextNormal();
      const double surprise = -SquashedGaussianLogProbFromNoise(
          noise, c.mean + c.std * noise, std::log(c.std));
      sum += surprise;
      squares += surprise * surprise;
    }
    const double mean = sum / kSamples;
    const double error =
        std::sqrt((squares / kSamples - mean * mean) / kSamples);
    EXPECT_NEAR(mean, c.entropy, 4 * error + kEntropyDigits)
        << "seed 11, mean " << c.mean << " std " << c.std;
  }
}

TEST(SquashedGaussianTest, EntropyIsLargestNearAStandardDeviationOf088) {
  const double largest = EntropyByQuadrature(0, 0.88);
  EXPECT_NEAR(largest, .6836, 1e-4);
  for (const double std : {.05, .25, .5, .8, .96, 1.5, 2.0, 7.0}) {
    EXPECT_LT(EntropyByQuadrature(0, std), largest) << std;
  }
}

using testing::GoldenArray;
using testing::MaxRelativeError;

TEST(LogProbGoldenTest, EqualsEveryRowKeyedByU) {
  const testing::GoldenCase golden = testing::LoadGoldenCase("logprob").value();
  const std::vector<double> u = GoldenArray(golden, "u");
  const std::vector<double> mean = GoldenArray(golden, "mean");
  const std::vector<double> log_std = GoldenArray(golden, "log_std");
  std::vector<double> log_prob;
  std::vector<double> action;
  for (size_t i = 0; i < u.size(); ++i) {
    log_prob.push_back(
        SquashedGaussianLogProb(u[i], mean.at(i), log_std.at(i)));
    action.push_back(std::tanh(u[i]));
  }
  EXPECT_LE(MaxRelativeError(GoldenArray(golden, "log_prob"), log_prob),
            kTolerance);
  EXPECT_LE(MaxRelativeError(GoldenArray(golden, "action"), action),
            kTolerance);
}

TEST(LogProbGoldenTest, EqualsEveryRowKeyedByNoise) {
  const testing::GoldenCase golden = testing::LoadGoldenCase("logprob").value();
  const std::vector<double> noise = GoldenArray(golden, "by_noise/noise");
  const std::vector<double> mean = GoldenArray(golden, "by_noise/mean");
  const std::vector<double> log_std = GoldenArray(golden, "by_noise/log_std");
  std::vector<double> us;
  std::vector<double> log_prob;
  for (size_t i = 0; i < noise.size(); ++i) {
    const double u = mean.at(i) + std::exp(log_std.at(i)) * noise[i];
    us.push_back(u);
    log_prob.push_back(
        SquashedGaussianLogProbFromNoise(noise[i], u, log_std[i]));
  }
  EXPECT_LE(MaxRelativeError(GoldenArray(golden, "by_noise/u"), us),
            kTolerance);
  EXPECT_LE(
      MaxRelativeError(GoldenArray(golden, "by_noise/log_prob"), log_prob),
      kTolerance);
}

}  // namespace
}  // namespace softfleet
