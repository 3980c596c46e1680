// SPDX-License-Identifier: Apache-2.0
// What Acrobot promises beyond the recorded episodes of golden_test.cc.
#include "environments/classic/acrobot.h"

#include <array>
#include <cmath>
#include <numbers>

#include "gtest/gtest.h"

namespace softfleet {
namespace {

constexpr double kPi = std::numbers::pi;
using State = std::array<double, 4>;

StepResult StepFrom(Environment& acrobot, const State& state, int32_t action) {
  EXPECT_TRUE(acrobot.ResetTo(state).ok());
  return acrobot.Step(action).value();
}

// Kinetic and potential energy of two links of mass, length and moment of
// inertia 1 whose centres of mass are half-way down.
double Energy(const State& s) {
  const double t1 = s[0], t12 = s[0] + s[1], w1 = s[2], w12 = s[2] + s[3];
  const double vx = std::cos(t1) * w1 + 0.5 * std::cos(t12) * w12;
  const double vy = std::sin(t1) * w1 + 0.5 * std::sin(t12) * w12;
  const double first = 0.5 * (0.25 + 1) * w1 * w1;
  const double second = 0.5 * (vx * vx + vy * vy) + 0.5 * w12 * w12;
  const double height1 = -0.5 * std::cos(t1);
  const double height2 = -std::cos(t1) - 0.5 * std::cos(t12);
  return first + second + 9.8 * (height1 + height2);
}

State StateOf(const Environment& environment) {
  const std::vector<double> state = environment.state();
  return {state[0], state[1], state[2], state[3]};
}

// Runge and Kutta's fourth order at 0.2 s loses some hundredths in a swing.
TEST(Acrobot, WithoutTorqueEnergyIsKept) {
  Acrobot acrobot(AcrobotSpec());
  State state = {0.6, -0.4, 0.3, 0.2};
  const double before = Energy(state);
  ASSERT_TRUE(acrobot.ResetTo(state).ok());
  for (int t = 0; t < 25; ++t) {
    ASSERT_TRUE(acrobot.Step(1).ok());
    EXPECT_NEAR(Energy(StateOf(acrobot)), before, 0.05) << t;
  }
}

TEST(Acrobot, ThePapersEquationsDoNotKeepIt) {
  Acrobot acrobot(AcrobotSpec(), Acrobot::Equations::kPaper);
  State state = {0.6, -0.4, 0.3, 0.2};
  ASSERT_TRUE(acrobot.ResetTo(state).ok());
  for (int t = 0; t < 25; ++t) ASSERT_TRUE(acrobot.Step(1).ok());
  EXPECT_GT(std::abs(Energy(StateOf(acrobot)) - Energy(state)), 0.05);
}

TEST(Acrobot, MirroredStatesMoveAsMirrorImages) {
  Acrobot acrobot(AcrobotSpec());
  StepFrom(acrobot, {0.1, -0.7, 1.2, 0.4}, 2);
  const State right = StateOf(acrobot);
  StepFrom(acrobot, {-0.1, 0.7, -1.2, -0.4}, 0);
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_NEAR(StateOf(acrobot)[i], -right[i], 1e-14);
  }
}

TEST(Acrobot, TheEpisodeEndsALinksLengthAboveTheFixedPoint) {
  Acrobot acrobot(AcrobotSpec());
  const StepResult up = StepFrom(acrobot, {kPi, 0.01, 0, 0}, 1);
  EXPECT_TRUE(up.terminated);
  EXPECT_EQ(up.reward, 0);
  const StepResult down = StepFrom(acrobot, {0, 0, 0, 0}, 1);
  EXPECT_FALSE(down.terminated);
  EXPECT_EQ(down.reward, -1);
}

TEST(Acrobot, AnglesAreWrappedAndSpeedsBounded) {
  Acrobot acrobot(AcrobotSpec());
  for (const double turns : {1.0, -3.0, 1e4, -1e17}) {
    StepFrom(acrobot, {2 * kPi * turns, 3, 40, -90}, 2);
    const State state = StateOf(acrobot);
    EXPECT_LE(std::abs(state[0]), kPi + 1e-12);
    EXPECT_LE(std::abs(state[1]), kPi + 1e-12);
    EXPECT_LE(std::abs(state[2]), 4 * kPi);
    EXPECT_LE(std::abs(state[3]), 9 * kPi);
  }
}

}  // namespace
}  // namespace softfleet
