// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <vector>

#include "tests/environments/perturbation/recorder.h"
#include "tests/environments/perturbation/trajectory.h"

namespace softfleet {
namespace {

constexpr double kForce = 7;
constexpr int64_t kSteps = 20000;

PerturbationOptions Pushes(double probability, int64_t steps) {
  PerturbationOptions options;
  options.push_probability = probability;
  options.push_force = kForce;
  options.push_steps = steps;
  return options;
}

using Force = std::array<double, 3>;

std::vector<Force> Forces(const std::vector<PerturbationOptions>& options,
                          uint64_t seed, int64_t steps) {
  const auto [recorder, environment] = PerturbRecorder(options);
  Episode(*environment, seed, steps);
  std::vector<Force> forces;
  for (const auto& taken : recorder->taken()) {
    forces.push_back(taken.physics.force);
  }
  return forces;
}

bool Pushed(const Force& force) { return force != Force{0, 0, 0}; }

// Within four standard deviations of a binomial distribution.
void ExpectFrequency(double count, double trials, double probability) {
  const double deviation = std::sqrt(trials * probability * (1 - probability));
  EXPECT_NEAR(count, trials * probability, 4 * deviation);
}

TEST(RandomPushes, BeginAsOftenAsTheirProbabilitySays) {
  for (const double probability : {0.02, 0.5}) {
    double pushed = 0;
    for (const Force& force : Forces({Pushes(probability, 1)}, 3, kSteps)) {
      pushed += Pushed(force) ? 1 : 0;
    }
    ExpectFrequency(pushed, kSteps, probability);
  }
}

TEST(RandomPushes, LastAsLongAsTheySayInOneDirection) {
  constexpr int64_t kLength = 4;
  const auto forces = Forces({Pushes(0.1, kLength)}, 3, kSteps);
  double begun = 0;
  double free = 0;  // steps at which one could begin
  for (size_t t = 0; t + kLength < forces.size();) {
    ++free;
    if (!Pushed(forces[t])) {
      ++t;
      continue;
    }
    ++begun;
    for (size_t i = 0; i < kLength; ++i) {
      ASSERT_EQ(forces[t + i], forces[t]) << t;
    }
    t += kLength;
  }
  ExpectFrequency(begun, free, 0.1);
}

TEST(RandomPushes, AreOfOneStrengthInEveryHorizontalDirection) {
  double x = 0, y = 0, xx = 0, xy = 0, count = 0;
  for (const Force& force : Forces({Pushes(1, 1)}, 4, kSteps)) {
    ASSERT_NEAR(std::hypot(force[0], force[1]), kForce, 1e-12);
    ASSERT_EQ(force[2], 0);
    const double c = force[0] / kForce;
    const double s = force[1] / kForce;
    x += c;
    y += s;
    xx += c * c - 0.5;
    xy += c * s;
    ++count;
  }
  // Of a uniform angle: variances 1/2, 1/2, 1/8, 1/8.
  EXPECT_NEAR(x / count, 0, 4 * std::sqrt(0.5 / count));
  EXPECT_NEAR(y / count, 0, 4 * std::sqrt(0.5 / count));
  EXPECT_NEAR(xx / count, 0, 4 * std::sqrt(0.125 / count));
  EXPECT_NEAR(xy / count, 0, 4 * std::sqrt(0.125 / count));
}

TEST(RandomPushes, DependOnTheSeedAlone) {
  const auto options = Pushes(0.3, 3);
  EXPECT_EQ(Forces({options}, 5, 200), Forces({options}, 5, 200));
  EXPECT_NE(Forces({options}, 5, 200), Forces({options}, 6, 200));
  // Also in the same environment, after another episode.
  const auto [recorder, environment] = PerturbRecorder({options});
  Episode(*environment, 5, 33);
  Episode(*environment, 6, 200);
  const auto fresh = Forces({options}, 6, 200);
  for (size_t t = 0; t < fresh.size(); ++t) {
    ASSERT_EQ(recorder->taken()[t].physics.force, fresh[t]) << t;
  }
}

TEST(RandomPushes, OfAnEpisodeFromAStateDependOnThatState) {
  const auto [recorder, environment] = PerturbRecorder({Pushes(0.3, 3)});
  const auto forces = [&](double state) {
    EXPECT_TRUE(environment->ResetTo({&state, 1}).ok());
    Philox random(1, Purpose::kTest);
    Continue(*environment, random, 100);
    std::vector<Force> all;
    for (const auto& taken : recorder->taken()) {
      all.push_back(taken.physics.force);
    }
    return all;
  };
  const auto first = forces(1);
  EXPECT_NE(forces(2), first);
  EXPECT_EQ(forces(1), first);
}

TEST(RandomPushes, OfTwoPerturbationsAreIndependentAndAdd) {
  double first = 0, both = 0;
  const auto sums = Forces({Pushes(0.5, 1), Pushes(0.5, 1)}, 3, kSteps);
  const auto alone = Forces({Pushes(0.5, 1)}, 3, kSteps);
  for (size_t t = 0; t < sums.size(); ++t) {
    if (!Pushed(alone[t])) continue;
    ++first;
    if (sums[t] != alone[t]) ++both;
  }
  ExpectFrequency(both, first, 0.5);
}

TEST(RandomPushes, EndWithTheirSchedule) {
  PerturbationOptions options = Pushes(1, 100);
  options.steps = {5, 9};
  const auto forces = Forces({options}, 3, 20);
  for (size_t t = 0; t < forces.size(); ++t) {
    EXPECT_EQ(Pushed(forces[t]), t >= 5 && t < 9) << t;
  }
}

TEST(RandomPushes, MoveABody) {
  const auto pushed =
      Episode(*MakePerturbed("PointMass-v0", {Pushes(1, 1)}), 1, 5);
  const auto bare = Episode(*MakePerturbed("PointMass-v0", {}), 1, 5);
  EXPECT_EQ(pushed[0], bare[0]);
  EXPECT_NE(pushed[1].state, bare[1].state);
}

}  // namespace
}  // namespace softfleet
