// SPDX-License-Identifier: Apache-2.0
#include "environments/classic/cart_pole.h"

#include <cmath>
#include <numbers>
#include <utility>

namespace softfleet {
namespace {

constexpr double kGravity = 9.8;
constexpr double kPoleMass = 0.1;
constexpr double kTotalMass = kPoleMass + 1.0;  // with the cart
constexpr double kLength = 0.5;                 // half the pole's
constexpr double kPoleMassLength = kPoleMass * kLength;
constexpr double kForce = 10;
constexpr double kTimeStep = 0.02;
constexpr double kMaxAngle = 12 * 2 * std::numbers::pi / 360;
constexpr double kMaxPosition = 2.4;
constexpr double kMaxStart = 0.05;

}  // namespace

EnvironmentSpec CartPoleSpec() {
  EnvironmentSpec spec;
  spec.name = "CartPole-v1";
  spec.observations = {{"state", DType::kF32, {4}}};
  spec.action = {ActionSpec::Kind::kDiscrete, 0, 2};
  spec.max_episode_steps = 500;
  spec.control_frequency = 1 / kTimeStep;
  return spec;
}

CartPole::CartPole(EnvironmentSpec spec, bool sutton_barto_reward)
    : ClassicControl(std::move(spec), 4),
      sutton_barto_reward_(sutton_barto_reward) {}

void CartPole::DrawStart(Philox& random, std::span<double> state) const {
  for (double& x : state) x = kMaxStart * (2 * random.NextUniform() - 1);
}

// Barto, Sutton and Anderson 1983 with Florian's correction (2007), one Euler
// step; the order of the operations is Gymnasium's.
StepResult CartPole::Advance(std::span<const float> /*action*/, int32_t index,
                             std::span<double> state) const {
  double& x = state[0];
  double& x_dot = state[1];
  double& theta = state[2];
  double& theta_dot = state[3];
  const double force = (index == 1 ? kForce : -kForce) * strength();
  const double cosine = std::cos(theta);
  const double sine = std::sin(theta);
  const double push =
      (force + kPoleMassLength * (theta_dot * theta_dot) * sine) / kTotalMass;
  const double theta_acceleration =
      (kGravity * sine - cosine * push) /
      (kLength * (4.0 / 3.0 - kPoleMass * (cosine * cosine) / kTotalMass));
  const double x_acceleration =
      push - kPoleMassLength * theta_acceleration * cosine / kTotalMass;

  x += kTimeStep * x_dot;
  x_dot += kTimeStep * x_acceleration;
  theta += kTimeStep * theta_dot;
  theta_dot += kTimeStep * theta_acceleration;

  StepResult result;
  result.terminated = std::abs(x) > kMaxPosition || std::abs(theta) > kMaxAngle;
  result.reward = sutton_barto_reward_ ? 0.0 - result.terminated : 1;
  return result;
}

void CartPole::Observe(std::span<const double> state,
                       std::span<float> observation) const {
  for (size_t i = 0; i < state.size(); ++i) {
    observation[i] = static_cast<float>(state[i]);
  }
}

}  // namespace softfleet
