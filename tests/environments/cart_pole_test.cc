// SPDX-License-Identifier: Apache-2.0
// What CartPole promises beyond the recorded episodes of golden_test.cc.
#include "environments/classic/cart_pole.h"

#include <array>
#include <numbers>

#include "gtest/gtest.h"

namespace softfleet {
namespace {

constexpr double kTwelveDegrees = 12 * std::numbers::pi / 180;

StepResult StepFrom(Environment& cart_pole, std::array<double, 4> state,
                    int32_t action) {
  EXPECT_TRUE(cart_pole.ResetTo(state).ok());
  return cart_pole.Step(action).value();
}

// Pushes towards the side the pole is falling to; keeps it up for ever.
int32_t Balance(const std::vector<double>& state) {
  return state[2] + 0.5 * state[3] + 0.05 * state[0] + 0.1 * state[1] > 0;
}

TEST(CartPole, MirroredStatesMoveAsMirrorImages) {
  CartPole cart_pole(CartPoleSpec());
  StepFrom(cart_pole, {0.1, -0.2, 0.03, 0.4}, 1);
  const std::vector<double> right = cart_pole.state();
  StepFrom(cart_pole, {-0.1, 0.2, -0.03, -0.4}, 0);
  for (size_t i = 0; i < 4; ++i) EXPECT_EQ(cart_pole.state()[i], -right[i]);
}

// Barto, Sutton and Anderson's two equations, which are short for a pole that
// stands still and upright.
TEST(CartPole, APushMovesTheCartByTheEquationsOfMotion) {
  CartPole cart_pole(CartPoleSpec());
  StepFrom(cart_pole, {0, 0, 0, 0}, 1);
  const double push = 10 / 1.1;
  const double angular = -push / (0.5 * (4.0 / 3 - 0.1 / 1.1));
  EXPECT_NEAR(cart_pole.state()[1], 0.02 * (push - 0.05 * angular / 1.1),
              1e-15);
  EXPECT_NEAR(cart_pole.state()[3], 0.02 * angular, 1e-15);
}

TEST(CartPole, TerminatesBeyondTheTrackAndBeyondTwelveDegrees) {
  CartPole cart_pole(CartPoleSpec());
  EXPECT_FALSE(StepFrom(cart_pole, {2.4, 0, 0, 0}, 0).terminated);
  EXPECT_TRUE(StepFrom(cart_pole, {2.4, 0.01, 0, 0}, 0).terminated);
  EXPECT_TRUE(StepFrom(cart_pole, {-2.4, -0.01, 0, 0}, 0).terminated);
  const double edge = kTwelveDegrees - 1e-9;
  EXPECT_FALSE(StepFrom(cart_pole, {0, 0, edge, 0}, 0).terminated);
  EXPECT_TRUE(StepFrom(cart_pole, {0, 0, edge, 0.01}, 0).terminated);
  EXPECT_TRUE(StepFrom(cart_pole, {0, 0, -edge, -0.01}, 0).terminated);
}

TEST(CartPole, TheLastStepIsRewardedToo) {
  CartPole cart_pole(CartPoleSpec());
  EXPECT_EQ(StepFrom(cart_pole, {3, 0, 0, 0}, 0).reward, 1);
}

TEST(CartPole, SuttonAndBartosRewardIsMinusOneForTheFall) {
  CartPole cart_pole(CartPoleSpec(), /*sutton_barto_reward=*/true);
  EXPECT_EQ(StepFrom(cart_pole, {0, 0, 0, 0}, 0).reward, 0);
  EXPECT_EQ(StepFrom(cart_pole, {3, 0, 0, 0}, 0).reward, -1);
}

TEST(CartPole, AnEpisodeIsTruncatedAfterFiveHundredSteps) {
  CartPole cart_pole(CartPoleSpec());
  ASSERT_TRUE(cart_pole.Reset(1).ok());
  for (int i = 1; i <= 500; ++i) {
    const StepResult result =
        cart_pole.Step(Balance(cart_pole.state())).value();
    ASSERT_FALSE(result.terminated) << i;
    ASSERT_EQ(result.truncated, i == 500) << i;
  }
}

TEST(CartPole, AFallOnTheLastAllowedStepIsTerminatedAndTruncated) {
  EnvironmentSpec spec = CartPoleSpec();
  spec.max_episode_steps = 1;
  CartPole cart_pole(spec);
  const StepResult result = StepFrom(cart_pole, {3, 0, 0, 0}, 0);
  EXPECT_TRUE(result.terminated);
  EXPECT_TRUE(result.truncated);
}

}  // namespace
}  // namespace softfleet
