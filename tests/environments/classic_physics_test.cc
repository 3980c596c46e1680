// SPDX-License-Identifier: Apache-2.0
// Changed physics of classic control. Where all masses grow by a factor and the
// motor with them, nothing changes; where only they do, the motor is weaker.
#include <array>
#include <cmath>
#include <limits>
#include <string>

#include "core/philox.h"
#include "environments/classic/pendulum.h"
#include "environments/registry.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace softfleet {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr const char* kNames[] = {"Acrobot-v1", "CartPole-v1", "MountainCar-v0",
                                  "MountainCarContinuous-v0", "Pendulum-v1"};

std::unique_ptr<Environment> Make(const std::string& name) {
  EnvironmentOptions options;
  options.name = name;
  return MakeEnvironment(options).value();
}

// State after state of an episode of random actions.
std::vector<std::vector<double>> Play(Environment& environment) {
  EXPECT_TRUE(environment.Reset(1).ok());
  Philox random(1, Purpose::kTest);
  std::vector<std::vector<double>> states;
  const ActionSpec& spec = environment.spec().action;
  for (int t = 0; t < 200; ++t) {
    const double u = random.NextUniform();
    const auto result =
        spec.continuous()
            ? environment.Step(std::array{static_cast<float>(4 * u - 2)})
            : environment.Step(static_cast<int32_t>(
                  u * static_cast<double>(spec.num_actions)));
    EXPECT_TRUE(result.ok());
    states.push_back(environment.state());
    if (result->terminated) break;
  }
  return states;
}

Physics With(double mass, double gain) {
  Physics physics;
  physics.mass = mass;
  physics.gain = gain;
  return physics;
}

TEST(ClassicPhysics, NominalPhysicsIsBitIdentical) {
  for (const char* const name : kNames) {
    const auto nominal = Make(name);
    const auto set = Make(name);
    ASSERT_TRUE(set->SetPhysics(With(3, 2)).ok());
    ASSERT_TRUE(set->SetPhysics(Physics()).ok());
    EXPECT_EQ(Play(*set), Play(*nominal)) << name;
  }
}

TEST(ClassicPhysics, AStrongerMotorMakesUpForHeavierBodies) {
  for (const char* const name : kNames) {
    const auto nominal = Make(name);
    const auto heavy = Make(name);
    ASSERT_TRUE(heavy->SetPhysics(With(2, 2)).ok());
    EXPECT_EQ(Play(*heavy), Play(*nominal)) << name;
    ASSERT_TRUE(heavy->SetPhysics(With(2, 1)).ok());
    const auto states = Play(*heavy);
    EXPECT_NE(states, Play(*nominal)) << name;
    ASSERT_TRUE(heavy->SetPhysics(With(1, 0.5)).ok());
    EXPECT_EQ(Play(*heavy), states) << name;
  }
}

// theta'' = 3 g / 2l sin theta + 3 u / (m l^2), as pendulum.py has it.
TEST(ClassicPhysics, ThePendulumTurnsByItsEquation) {
  Pendulum pendulum(PendulumSpec());
  ASSERT_TRUE(pendulum.SetPhysics(With(1.6, 0.5)).ok());
  ASSERT_TRUE(pendulum.ResetTo(std::array{1.0, 0.0}).ok());
  ASSERT_TRUE(pendulum.Step(std::array{2.0f}).ok());
  const double acceleration = 15 * std::sin(1.0) + 3 * (0.5 * 2) / 1.6;
  EXPECT_NEAR(pendulum.state()[1], 0.05 * acceleration, 1e-7);
}

TEST(ClassicPhysics, OnATiltTheRodStandsLeaning) {
  Pendulum pendulum(PendulumSpec());
  Physics tilted;
  tilted.gravity_tilt = 0.2;
  ASSERT_TRUE(pendulum.SetPhysics(tilted).ok());
  ASSERT_TRUE(pendulum.ResetTo(std::array{0.2, 0.0}).ok());
  ASSERT_TRUE(pendulum.Step(std::array{0.0f}).ok());
  EXPECT_EQ(pendulum.state(), (std::vector<double>{0.2, 0}));
  ASSERT_TRUE(pendulum.ResetTo(std::array{0.0, 0.0}).ok());
  ASSERT_TRUE(pendulum.Step(std::array{0.0f}).ok());
  EXPECT_LT(pendulum.state()[1], 0);  // to +x, which is where angles fall
}

TEST(ClassicPhysics, TheCostOfTheTorqueIsTheSame) {
  Pendulum pendulum(PendulumSpec());
  ASSERT_TRUE(pendulum.ResetTo(std::array{1.0, 0.0}).ok());
  const double reward = pendulum.Step(std::array{2.0f})->reward;
  ASSERT_TRUE(pendulum.SetPhysics(With(1, 0.25)).ok());
  ASSERT_TRUE(pendulum.ResetTo(std::array{1.0, 0.0}).ok());
  EXPECT_EQ(pendulum.Step(std::array{2.0f})->reward, reward);
}

TEST(ClassicPhysics, WhatIsNotThereIsRefusedByName) {
  for (const char* const name : kNames) {
    const auto environment = Make(name);
    const auto before = Play(*environment);
    Physics sticky;
    sticky.friction = 2;
    const absl::Status status = environment->SetPhysics(sticky);
    EXPECT_EQ(status.code(), absl::StatusCode::kUnimplemented);
    EXPECT_THAT(std::string(status.message()),
                AllOf(HasSubstr(name), HasSubstr("no friction"),
                      HasSubstr("mass, gain")));
    EXPECT_EQ(Play(*environment), before);
  }
}

TEST(ClassicPhysics, ANumberThatIsNoneIsRefused) {
  for (const double mass : {0.0, -1.0, std::numeric_limits<double>::quiet_NaN(),
                            std::numeric_limits<double>::infinity()}) {
    const absl::Status status = Make("CartPole-v1")->SetPhysics(With(mass, 1));
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), HasSubstr("mass is"));
  }
}

}  // namespace
}  // namespace softfleet
