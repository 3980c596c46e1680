// SPDX-License-Identifier: Apache-2.0
// What both mountain cars promise beyond the recorded episodes of
// golden_test.cc.
#include "environments/classic/mountain_car.h"

#include <array>
#include <cmath>

#include "environments/classic/mountain_car_continuous.h"
#include "gtest/gtest.h"

namespace softfleet {
namespace {

StepResult StepFrom(Environment& car, std::array<double, 2> state,
                    int32_t action) {
  EXPECT_TRUE(car.ResetTo(state).ok());
  return car.Step(action).value();
}

StepResult StepFrom(Environment& car, std::array<double, 2> state,
                    float force) {
  EXPECT_TRUE(car.ResetTo(state).ok());
  return car.Step(std::array{force}).value();
}

// Full force in the direction of motion; the steps it took to the goal.
template <typename Push>
int SwingOut(Environment& car, Push push) {
  EXPECT_TRUE(car.Reset(3).ok());
  for (int steps = 1;; ++steps) {
    const StepResult result = push(car, car.state()[1] >= 0);
    if (result.terminated) return steps;
    if (result.truncated) return 0;
  }
}

TEST(MountainCar, ThePushIsAThousandthAgainstTheSlope) {
  MountainCar car(MountainCarSpec());
  StepFrom(car, {-0.5, 0.01}, 2);
  EXPECT_NEAR(car.state()[1], 0.01 + 0.001 - 0.0025 * std::cos(-1.5), 1e-17);
  EXPECT_NEAR(car.state()[0], -0.5 + car.state()[1], 1e-16);
}

TEST(MountainCar, TheWallOnTheLeftTakesAllSpeed) {
  MountainCar car(MountainCarSpec());
  StepFrom(car, {-1.19, -0.05}, 0);
  EXPECT_EQ(car.state(), (std::vector<double>{-1.2, 0}));
}

TEST(MountainCar, SwingingReachesTheGoalAndPushingOneWayDoesNot) {
  MountainCar car(MountainCarSpec());
  EXPECT_GT(
      SwingOut(car, [](Environment& car,
                       bool right) { return car.Step(right ? 2 : 0).value(); }),
      0);
  EXPECT_EQ(
      SwingOut(car, [](Environment& car, bool) { return car.Step(2).value(); }),
      0);
}

TEST(MountainCar, TheGoalMayAskForSpeed) {
  MountainCar any(MountainCarSpec());
  MountainCar fast(MountainCarSpec(), 0.04);
  EXPECT_TRUE(StepFrom(any, {0.49, 0.03}, 1).terminated);
  EXPECT_FALSE(StepFrom(fast, {0.49, 0.03}, 1).terminated);
  EXPECT_TRUE(StepFrom(fast, {0.49, 0.05}, 1).terminated);
}

TEST(MountainCarContinuous, TheGoalIsWorthAHundredAndTheActionIsNotClipped) {
  MountainCarContinuous car(MountainCarContinuousSpec());
  EXPECT_NEAR(StepFrom(car, {0.44, 0.03}, 3.0f).reward, 100 - 0.9, 1e-14);
  EXPECT_NEAR(StepFrom(car, {0.0, 0.0}, 3.0f).reward, -0.9, 1e-15);
  const std::vector<double> state = car.state();
  StepFrom(car, {0.0, 0.0}, 1.5f);
  EXPECT_EQ(car.state(), state);  // the force is
}

TEST(MountainCarContinuous, SwingingReachesTheGoal) {
  MountainCarContinuous car(MountainCarContinuousSpec());
  EXPECT_GT(
      SwingOut(car,
               [](Environment& car, bool right) {
                 return car.Step(std::array{right ? 1.0f : -1.0f}).value();
               }),
      0);
}

// Its state after a step is float32's, and is continued as that.
TEST(MountainCarContinuous, AnEpisodeCanBeBegunInTheMiddleOfAnother) {
  MountainCarContinuous car(MountainCarContinuousSpec());
  MountainCarContinuous twin(MountainCarContinuousSpec());
  ASSERT_TRUE(car.Reset(1).ok());
  for (int t = 0; t < 200; ++t) {
    const std::array action = {static_cast<float>(std::sin(0.3 * t))};
    ASSERT_TRUE(twin.ResetTo(car.state()).ok());
    ASSERT_TRUE(car.Step(action).ok());
    ASSERT_TRUE(twin.Step(action).ok());
    ASSERT_EQ(car.state(), twin.state()) << t;
  }
}

}  // namespace
}  // namespace softfleet
