// SPDX-License-Identifier: Apache-2.0
// What observations lose and gain: dropout and noise.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tests/environments/perturbation/recorder.h"
#include "tests/environments/perturbation/trajectory.h"

namespace softfleet {
namespace {

constexpr int64_t kSteps = 20000;

PerturbationOptions Dropout(double probability,
                            std::vector<std::string> groups = {}) {
  PerturbationOptions options;
  options.dropout_probability = probability;
  options.dropout_groups = std::move(groups);
  return options;
}

PerturbationOptions Noise(double deviation) {
  PerturbationOptions options;
  options.observation_noise = deviation;
  return options;
}

std::vector<Seen> Shown(std::vector<PerturbationOptions> options,
                        int64_t steps = kSteps, bool pixels = true,
                        uint64_t seed = 1) {
  return Episode(*PerturbRecorder(options, 2, pixels).environment, seed, steps);
}

bool IsZero(std::span<const std::byte> bytes) {
  return std::ranges::all_of(bytes,
                             [](std::byte b) { return b == std::byte(); });
}

double Expected(double trials, double probability) {
  return trials * probability;
}
// Four standard deviations of a binomial distribution.
double Bound(double trials, double probability) {
  return 4 * std::sqrt(trials * probability * (1 - probability));
}

TEST(Dropout, GroupsReadZeroAsOftenAsTheirProbabilitySaysEachForItself) {
  const std::vector<Seen> shown = Shown({Dropout(0.3)});
  const std::vector<Seen> bare = Shown({});
  double state = 0, pixels = 0, both = 0, again = 0;
  for (size_t t = 0; t < shown.size(); ++t) {
    const bool no_state = IsZero(shown[t].observation[0]);
    const bool no_pixels = shown[t].observation[1] != bare[t].observation[1];
    if (!no_state) {
      ASSERT_EQ(shown[t].observation[0], bare[t].observation[0]);
    }
    ASSERT_EQ(no_pixels && !IsZero(shown[t].observation[1]), false);
    state += no_state ? 1 : 0;
    // One step in 256 the pixels are zero anyway.
    pixels += no_pixels ? 1 : 0;
    both += no_state && no_pixels ? 1 : 0;
    again += t > 0 && no_state && IsZero(shown[t - 1].observation[0]) ? 1 : 0;
  }
  const double n = static_cast<double>(shown.size());
  const double visible = n * 255 / 256;
  EXPECT_NEAR(state, Expected(n, 0.3), Bound(n, 0.3));
  EXPECT_NEAR(pixels, Expected(visible, 0.3), Bound(visible, 0.3) + 1);
  EXPECT_NEAR(both, Expected(visible, 0.09), Bound(visible, 0.09) + 1);
  EXPECT_NEAR(again, Expected(n, 0.09), 1.5 * Bound(n, 0.09));
}

TEST(Dropout, TakesOnlyTheGroupOrTheElementNamed) {
  const std::vector<Seen> bare = Shown({}, 2000);
  const std::vector<Seen> pixels = Shown({Dropout(1, {"pixels"})}, 2000);
  const std::vector<Seen> element = Shown({Dropout(0.5, {"state[2]"})}, 2000);
  double dropped = 0;
  for (size_t t = 0; t < bare.size(); ++t) {
    EXPECT_EQ(pixels[t].observation[0], bare[t].observation[0]);
    EXPECT_TRUE(IsZero(pixels[t].observation[1]));
    EXPECT_EQ(element[t].observation[1], bare[t].observation[1]);
    std::vector<float> expected = Floats(bare[t]);
    if (Floats(element[t])[2] == 0) {
      expected[2] = 0;
      ++dropped;
    }
    EXPECT_EQ(Floats(element[t]), expected);
  }
  EXPECT_NEAR(dropped, 1000, Bound(2000, 0.5));
}

TEST(Dropout, OfSeveralNamesIsIndependent) {
  double first = 0, both = 0;
  for (const Seen& seen : Shown({Dropout(0.5, {"state[0]", "state[1]"})})) {
    if (Floats(seen)[0] != 0) continue;
    ++first;
    both += Floats(seen)[1] == 0 ? 1 : 0;
  }
  EXPECT_NEAR(both, Expected(first, 0.5), Bound(first, 0.5));
}

TEST(ObservationNoise, HasItsVarianceAndNoMemory) {
  constexpr double kDeviation = 0.25;
  const std::vector<Seen> shown = Shown({Noise(kDeviation)}, kSteps, false);
  const std::vector<Seen> bare = Shown({}, kSteps, false);
  double sum = 0, squares = 0, fourths = 0, steps = 0, elements = 0;
  double last = 0;
  for (size_t t = 0; t < shown.size(); ++t) {
    // Element 2 is t^2, too large for a float to keep noise.
    const double a = Floats(shown[t])[0] - Floats(bare[t])[0];
    const double b = Floats(shown[t])[1] - Floats(bare[t])[1];
    sum += a / kDeviation;
    squares += a * a / (kDeviation * kDeviation);
    fourths += std::pow(a / kDeviation, 4);
    elements += a * b / (kDeviation * kDeviation);
    steps += a * last / (kDeviation * kDeviation);
    last = a;
  }
  // Of a standard normal: moments 0, 1, 3 with variances 1, 2, 96.
  const double n = static_cast<double>(shown.size());
  constexpr double kRounding = 1e-3;  // of floats around 20000
  EXPECT_NEAR(sum / n, 0, 4 / std::sqrt(n) + kRounding);
  EXPECT_NEAR(squares / n, 1, 4 * std::sqrt(2 / n) + kRounding);
  EXPECT_NEAR(fourths / n, 3, 4 * std::sqrt(96 / n) + kRounding);
  EXPECT_NEAR(elements / n, 0, 4 / std::sqrt(n) + kRounding);
  EXPECT_NEAR(steps / n, 0, 4 / std::sqrt(n) + kRounding);
}

TEST(ObservationNoise, IsTheSameHoweverOftenOneLooks) {
  const auto [recorder, environment] = PerturbRecorder({Noise(1)});
  ASSERT_TRUE(environment->Reset(1).ok());
  EXPECT_EQ(See(*environment), See(*environment));
}

TEST(ObservationPerturbations, DependOnTheSeedAndThePerturbation) {
  const auto twice = Shown({Noise(1), Noise(1)}, 50, false);
  EXPECT_EQ(Shown({Noise(1)}, 50, false), Shown({Noise(1)}, 50, false));
  EXPECT_NE(Shown({Noise(1)}, 50, false), Shown({Noise(1)}, 50, false, 2));
  // Two independent ones do not just double.
  double ratio_spread = 0;
  const auto bare = Shown({}, 50, false);
  const auto once = Shown({Noise(1)}, 50, false);
  for (size_t t = 0; t < bare.size(); ++t) {
    const double one = Floats(once[t])[0] - Floats(bare[t])[0];
    const double two = Floats(twice[t])[0] - Floats(bare[t])[0];
    ratio_spread = std::max(ratio_spread, std::abs(two - 2 * one));
  }
  EXPECT_GT(ratio_spread, 0.5);
}

TEST(ObservationPerturbations, HoldInTheirStepsOnly) {
  PerturbationOptions noise = Noise(1);
  noise.steps = {4, 8};
  PerturbationOptions dropout = Dropout(1, {"pixels"});
  dropout.steps = {6, 9};
  const std::vector<Seen> shown = Shown({dropout}, 12);
  const std::vector<Seen> noisy = Shown({noise}, 12, false);
  const std::vector<Seen> bare = Shown({}, 12);
  for (size_t t = 0; t < bare.size(); ++t) {
    EXPECT_EQ(shown[t].observation == bare[t].observation, t < 6 || t >= 9);
    EXPECT_EQ(noisy[t].observation[0] == bare[t].observation[0],
              t < 4 || t >= 8);
  }
}

// Noise where it is made, then the delay, then what is lost on the way.
TEST(ObservationPerturbations, OfOnePerturbationHaveAnOrder) {
  PerturbationOptions all = Noise(0.5);
  all.observation_delay = 2;
  all.dropout_probability = 0.5;
  const std::vector<Seen> shown = Shown({all}, 200, false);
  const std::vector<Seen> noisy = Shown({Noise(0.5)}, 200, false);
  double dropped = 0;
  for (size_t t = 2; t < shown.size(); ++t) {
    if (IsZero(shown[t].observation[0])) {
      ++dropped;
    } else {
      EXPECT_EQ(shown[t].observation, noisy[t - 2].observation) << t;
    }
  }
  EXPECT_NEAR(dropped, 100, Bound(200, 0.5));
}

// The first of the list is the innermost.
TEST(ObservationPerturbations, OfAListAreAppliedInItsOrder) {
  for (const Seen& seen : Shown({Dropout(1), Noise(1)}, 50, false)) {
    EXPECT_LT(std::abs(Floats(seen)[0]), 10);
    EXPECT_NE(Floats(seen)[0], 0);
  }
  for (const Seen& seen : Shown({Noise(1), Dropout(1)}, 50, false)) {
    EXPECT_EQ(Floats(seen)[0], 0);
  }
}

}  // namespace
}  // namespace softfleet
