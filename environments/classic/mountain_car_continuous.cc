// SPDX-License-Identifier: Apache-2.0
#include "environments/classic/mountain_car_continuous.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace softfleet {
namespace {

constexpr double kPower = 0.0015;
constexpr double kGravity = 0.0025;
constexpr double kMinPosition = -1.2;
constexpr double kMaxPosition = 0.6;
constexpr double kMaxSpeed = 0.07;
constexpr double kGoalPosition = 0.45;

bool IsFloat(double x) { return static_cast<float>(x) == x; }

// The change of velocity. NumPy keeps a float32 force in float32 (NEP 50); one
// that was clipped is a Python number.
double Push(float action, double power, double slope) {
  if (action > 1) return power - slope;
  if (action < -1) return -power - slope;
  return action * static_cast<float>(power) - static_cast<float>(slope);
}

// One step with NumPy's T for position and velocity, but with Python's double
// for those that were clipped. Returns whether the goal is reached.
template <typename T>
bool Drive(float action, double power, double goal_velocity,
           std::span<double> state) {
  T position = static_cast<T>(state[0]);
  T velocity = static_cast<T>(state[1]);
  const double slope = kGravity * std::cos(static_cast<double>(3 * position));
  velocity += static_cast<T>(Push(action, power, slope));
  const T max_speed = static_cast<T>(kMaxSpeed);
  bool fast_enough = velocity >= static_cast<T>(goal_velocity);
  if (velocity > max_speed) fast_enough = kMaxSpeed >= goal_velocity;
  velocity = std::clamp(velocity, -max_speed, max_speed);
  const T min_position = static_cast<T>(kMinPosition);
  position = std::clamp(position + velocity, min_position,
                        static_cast<T>(kMaxPosition));
  if (position == min_position && velocity < 0) velocity = 0;
  state[0] = static_cast<float>(position);
  state[1] = static_cast<float>(velocity);
  return position >= static_cast<T>(kGoalPosition) && fast_enough;
}

}  // namespace

EnvironmentSpec MountainCarContinuousSpec() {
  EnvironmentSpec spec;
  spec.name = "MountainCarContinuous-v0";
  spec.observations = {{"state", DType::kF32, {2}}};
  spec.action = {ActionSpec::Kind::kContinuous, 1, 0};
  spec.action_low = {-1};
  spec.action_high = {1};
  spec.max_episode_steps = 999;
  spec.control_frequency = 30;  // as Gymnasium shows it
  return spec;
}

MountainCarContinuous::MountainCarContinuous(EnvironmentSpec spec,
                                             double goal_velocity)
    : ClassicControl(std::move(spec), 2), goal_velocity_(goal_velocity) {}

void MountainCarContinuous::DrawStart(Philox& random,
                                      std::span<double> state) const {
  state[0] = -0.6 + 0.2 * random.NextUniform();
  state[1] = 0;
}

StepResult MountainCarContinuous::Advance(std::span<const float> action,
                                          int32_t /*index*/,
                                          std::span<double> state) const {
  const auto drive =
      IsFloat(state[0]) && IsFloat(state[1]) ? Drive<float> : Drive<double>;
  StepResult result;
  result.terminated =
      drive(action[0], kPower * strength(), goal_velocity_, state);
  const double effort = action[0];
  result.reward = (result.terminated ? 100.0 : 0.0) - effort * effort * 0.1;
  return result;
}

void MountainCarContinuous::Observe(std::span<const double> state,
                                    std::span<float> observation) const {
  observation[0] = static_cast<float>(state[0]);
  observation[1] = static_cast<float>(state[1]);
}

}  // namespace softfleet
