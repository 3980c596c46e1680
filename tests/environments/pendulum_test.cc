// SPDX-License-Identifier: Apache-2.0
// What Pendulum promises beyond the recorded episodes of golden_test.cc.
#include "environments/classic/pendulum.h"

#include <array>
#include <cmath>
#include <numbers>

#include "environments/registry.h"
#include "gtest/gtest.h"

namespace softfleet {
namespace {

constexpr double kPi = std::numbers::pi;

StepResult StepFrom(Environment& pendulum, std::array<double, 2> state,
                    float torque) {
  EXPECT_TRUE(pendulum.ResetTo(state).ok());
  return pendulum.Step(std::array{torque}).value();
}

TEST(Pendulum, StandsUprightForNothing) {
  Pendulum pendulum(PendulumSpec());
  EXPECT_EQ(StepFrom(pendulum, {0, 0}, 0).reward, 0);
  EXPECT_EQ(pendulum.state(), (std::vector<double>{0, 0}));
}

TEST(Pendulum, HangingDownCostsPiSquared) {
  Pendulum pendulum(PendulumSpec());
  EXPECT_NEAR(StepFrom(pendulum, {kPi, 0}, 0).reward, -kPi * kPi, 1e-12);
}

TEST(Pendulum, WholeTurnsDoNotChangeTheReward) {
  Pendulum pendulum(PendulumSpec());
  const double wanted = StepFrom(pendulum, {1, 0.5}, 1).reward;
  for (const int turns : {-7, -1, 1, 2, 100}) {
    const double got = StepFrom(pendulum, {1 + 2 * kPi * turns, 0.5}, 1).reward;
    EXPECT_NEAR(got, wanted, 1e-11) << turns;
    EXPECT_GT(std::abs(pendulum.state()[0]), 2);  // the state is not wrapped
  }
}

TEST(Pendulum, TorqueBeyondTwoActsAsTwo) {
  Pendulum pendulum(PendulumSpec());
  const double reward = StepFrom(pendulum, {1, 0}, 2).reward;
  const std::vector<double> state = pendulum.state();
  EXPECT_EQ(StepFrom(pendulum, {1, 0}, 100).reward, reward);
  EXPECT_EQ(pendulum.state(), state);
}

TEST(Pendulum, SpeedStaysWithinEight) {
  Pendulum pendulum(PendulumSpec());
  StepFrom(pendulum, {kPi / 2, 8}, 2);
  EXPECT_EQ(pendulum.state()[1], 8);
  StepFrom(pendulum, {-kPi / 2, -8}, -2);
  EXPECT_EQ(pendulum.state()[1], -8);
}

TEST(Pendulum, GravityPullsAsHardAsItIsToldTo) {
  Pendulum pendulum(PendulumSpec(), 9.8);
  StepFrom(pendulum, {kPi / 2, 0}, 0);
  EXPECT_NEAR(pendulum.state()[1], 1.5 * 9.8 * 0.05, 1e-15);
}

TEST(Pendulum, AnEpisodeIsTruncatedAfterTwoHundredSteps) {
  Pendulum pendulum(PendulumSpec());
  ASSERT_TRUE(pendulum.Reset(1).ok());
  for (int i = 1; i <= 200; ++i) {
    const StepResult result = pendulum.Step(std::array{2.0f}).value();
    EXPECT_FALSE(result.terminated);
    EXPECT_EQ(result.truncated, i == 200) << i;
  }
}

TEST(Pendulum, NarrowerBoundsChangeTheSpecAndNotThePhysics) {
  EnvironmentOptions options;
  options.name = "Pendulum-v1";
  options.action_low = {-0.5};
  options.action_high = {0.5};
  const auto narrow = MakeEnvironment(options).value();
  EXPECT_EQ(narrow->spec().action_high, std::vector<double>{0.5});
  Pendulum pendulum(PendulumSpec());
  EXPECT_EQ(StepFrom(*narrow, {1, 0}, 2).reward,
            StepFrom(pendulum, {1, 0}, 2).reward);
  EXPECT_EQ(narrow->state(), pendulum.state());
}

}  // namespace
}  // namespace softfleet
