// SPDX-License-Identifier: Apache-2.0
#include "environments/classic/mountain_car.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace softfleet {
namespace {

constexpr double kForce = 0.001;
constexpr double kGravity = 0.0025;
constexpr double kMinPosition = -1.2;
constexpr double kMaxPosition = 0.6;
constexpr double kMaxSpeed = 0.07;
constexpr double kGoalPosition = 0.5;

}  // namespace

EnvironmentSpec MountainCarSpec() {
  EnvironmentSpec spec;
  spec.name = "MountainCar-v0";
  spec.observations = {{"state", DType::kF32, {2}}};
  spec.action = {ActionSpec::Kind::kDiscrete, 0, 3};
  spec.max_episode_steps = 200;
  spec.control_frequency = 30;  // as Gymnasium shows it
  return spec;
}

MountainCar::MountainCar(EnvironmentSpec spec, double goal_velocity)
    : ClassicControl(std::move(spec), 2), goal_velocity_(goal_velocity) {}

void MountainCar::DrawStart(Philox& random, std::span<double> state) const {
  state[0] = -0.6 + 0.2 * random.NextUniform();
  state[1] = 0;
}

StepResult MountainCar::Advance(std::span<const float> /*action*/,
                                int32_t index, std::span<double> state) const {
  double& position = state[0];
  double& velocity = state[1];
  velocity +=
      (index - 1) * (kForce * strength()) + std::cos(3 * position) * -kGravity;
  velocity = std::clamp(velocity, -kMaxSpeed, kMaxSpeed);
  position = std::clamp(position + velocity, kMinPosition, kMaxPosition);
  if (position == kMinPosition && velocity < 0) velocity = 0;

  StepResult result;
  result.reward = -1;
  result.terminated = position >= kGoalPosition && velocity >= goal_velocity_;
  return result;
}

void MountainCar::Observe(std::span<const double> state,
                          std::span<float> observation) const {
  observation[0] = static_cast<float>(state[0]);
  observation[1] = static_cast<float>(state[1]);
}

}  // namespace softfleet
