// SPDX-License-Identifier: Apache-2.0
#include "environments/classic/pendulum.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "core/status.h"

namespace softfleet {
namespace {

constexpr double kPi = std::numbers::pi;
constexpr float kMaxTorque = 2;
constexpr double kMaxSpeed = 8;       // rad/s
constexpr double kTimeStep = 0.05;    // s
constexpr double kMaxStartSpeed = 1;  // rad/s
// Mass and length are 1; they are left out of the formulas, where multiplying
// by them is exact.

// To [-pi, pi), as Python's (x + pi) % (2 pi) - pi.
double NormaliseAngle(double x) {
  double r = std::fmod(x + kPi, 2 * kPi);
  if (r < 0) r += 2 * kPi;
  return r - kPi;
}

}  // namespace

EnvironmentSpec PendulumSpec() {
  EnvironmentSpec spec;
  spec.name = "Pendulum-v1";
  spec.observations = {{"state", DType::kF32, {3}}};
  spec.action = {ActionSpec::Kind::kContinuous, 1, 0};
  spec.action_low = {-kMaxTorque};
  spec.action_high = {kMaxTorque};
  spec.max_episode_steps = 200;
  spec.control_frequency = 1 / kTimeStep;
  return spec;
}

Pendulum::Pendulum(EnvironmentSpec spec, double gravity)
    : ClassicControl(std::move(spec), 2), gravity_(gravity) {}

absl::Status Pendulum::SetPhysics(const Physics& physics) {
  SF_RETURN_IF_ERROR(SetStrength(physics, {"mass", "gain", "gravity_tilt"}));
  tilt_ = physics.gravity_tilt;
  return absl::OkStatus();
}

void Pendulum::DrawStart(Philox& random, std::span<double> state) const {
  state[0] = kPi * (2 * random.NextUniform() - 1);
  state[1] = kMaxStartSpeed * (2 * random.NextUniform() - 1);
}

// NumPy keeps a float32 torque times a Python number in float32 (NEP 50), so
// the factors 0.001 and 3 and both products are rounded to float.
StepResult Pendulum::Advance(std::span<const float> action, int32_t /*index*/,
                             std::span<double> state) const {
  double& theta = state[0];
  double& theta_dot = state[1];
  const float torque = std::clamp(action[0], -kMaxTorque, kMaxTorque);
  const float effort = 0.001f * (torque * torque);
  const double angle = NormaliseAngle(theta);
  StepResult result;
  result.reward = -(angle * angle + 0.1 * (theta_dot * theta_dot) + effort);

  const float push = static_cast<float>(3.0 * strength()) * torque;
  const double acceleration = 3 * gravity_ / 2 * std::sin(theta - tilt_) + push;
  theta_dot =
      std::clamp(theta_dot + acceleration * kTimeStep, -kMaxSpeed, kMaxSpeed);
  theta += theta_dot * kTimeStep;
  return result;
}

void Pendulum::Observe(std::span<const double> state,
                       std::span<float> observation) const {
  observation[0] = static_cast<float>(std::cos(state[0]));
  observation[1] = static_cast<float>(std::sin(state[0]));
  observation[2] = static_cast<float>(state[1]);
}

}  // namespace softfleet
