// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <vector>

#include "gtest/gtest.h"
#include "tests/environments/mujoco/mujoco_fixture.h"

namespace softfleet {
namespace {

using testing::MakeMujoco;
using testing::Named;
using testing::NumbersSetting;

// The stretched arm's tip is at x = 0.21.
std::vector<double> TargetAt(double x) { return {0, 0, x, 0, 0, 0, 0, 0}; }

StepResult Rest(MujocoEnvironment& environment) {
  return environment.Step(std::vector<float>{0, 0}).value();
}

TEST(SparseReach, SaysOnlyWhetherTheTipIsThere) {
  const auto environment = MakeMujoco("SparseReach-v0");
  ASSERT_TRUE(environment->ResetTo(TargetAt(0.195)).ok());
  const StepResult near = Rest(*environment);
  EXPECT_TRUE(near.success);
  EXPECT_EQ(near.reward, 0);
  EXPECT_FALSE(near.terminated);
  ASSERT_TRUE(environment->ResetTo(TargetAt(0.185)).ok());
  const StepResult far = Rest(*environment);
  EXPECT_FALSE(far.success);
  EXPECT_EQ(far.reward, -1);
}

TEST(SparseReach, ToleranceAndShapingAreSettings) {
  const auto environment = MakeMujoco(
      Named("SparseReach-v0", {NumbersSetting("tolerance", {0.03}),
                               NumbersSetting("shaping_weight", {2})}));
  ASSERT_TRUE(environment->ResetTo(TargetAt(0.185)).ok());
  const StepResult near = Rest(*environment);
  EXPECT_TRUE(near.success);
  EXPECT_NEAR(near.reward, -2 * 0.025, 1e-6);
  ASSERT_TRUE(environment->ResetTo(TargetAt(0.11)).ok());
  const StepResult far = Rest(*environment);
  EXPECT_NEAR(far.reward, -1 - 2 * 0.1, 1e-6);
  ASSERT_EQ(far.reward_components.size(), 2u);
  EXPECT_EQ(far.reward_components[0], -1);
  EXPECT_NEAR(far.reward_components[1], -0.2, 1e-6);
  EXPECT_FALSE(MakeEnvironment(
                   Named("SparseReach-v0", {NumbersSetting("tolerance", {0})}))
                   .ok());
}

TEST(SparseReach, TheGoalIsAGroupOfItsOwn) {
  const auto environment = MakeMujoco("SparseReach-v0");
  ASSERT_TRUE(environment->ResetTo(TargetAt(0.12)).ok());
  const auto& groups = environment->spec().observations;
  ASSERT_EQ(groups.size(), 2u);
  EXPECT_EQ(groups[1].name, "goal");
  const auto seen = environment->observation();
  EXPECT_NEAR(seen[6], 0.21, 1e-9);  // the tip
  EXPECT_NEAR(seen[8], 0.12, 1e-9);  // the target
}

// Random actions must not solve it, nor must it be out of reach: a controller
// that turns the arm towards the target gets there.
TEST(SparseReach, IsHardByChanceAndEasyOnPurpose) {
  const auto environment = MakeMujoco("SparseReach-v0");
  int by_chance = 0;
  int on_purpose = 0;
  for (uint64_t seed = 0; seed < 40; ++seed) {
    Philox random(seed, Purpose::kTest);
    ASSERT_TRUE(environment->Reset(seed).ok());
    for (int t = 0; t < 50; ++t) {
      by_chance += testing::RandomStep(*environment, random)->success ? 1 : 0;
    }
    ASSERT_TRUE(environment->Reset(seed).ok());
    const std::vector<double> start = environment->state();
    const double x = start[2];
    const double y = start[3];
    // Two links of 0.1 and 0.11 m; the elbow's angle by the law of cosines.
    const double square =
        std::clamp(x * x + y * y, 0.0101 * 0.0101, 0.2099 * 0.2099);
    const double elbow =
        std::acos((square - 0.1 * 0.1 - 0.11 * 0.11) / (2 * 0.1 * 0.11));
    const double shoulder =
        std::atan2(y, x) -
        std::atan2(0.11 * std::sin(elbow), 0.1 + 0.11 * std::cos(elbow));
    bool reached = false;
    for (int t = 0; t < 50; ++t) {
      const std::vector<double> state = environment->state();
      const auto torque = [&](int joint, double target) {
        const double error = std::remainder(target - state[joint], 2 * M_PI);
        return static_cast<float>(
            std::clamp(0.2 * error - 0.04 * state[4 + joint], -1.0, 1.0));
      };
      const auto result = environment->Step(
          std::vector<float>{torque(0, shoulder), torque(1, elbow)});
      reached = result->success;
    }
    on_purpose += reached ? 1 : 0;
  }
  EXPECT_LT(by_chance, 40 * 50 / 20);
  EXPECT_GT(on_purpose, 36);
}

}  // namespace
}  // namespace softfleet
