// SPDX-License-Identifier: Apache-2.0
#include "environments/classic/acrobot.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <utility>

namespace softfleet {
namespace {

using State = std::array<double, 4>;

constexpr double kPi = std::numbers::pi;
constexpr double kTimeStep = 0.2;
constexpr double kGravity = 9.8;
// Mass and length of both links and their moment of inertia are 1; they are
// left out of the formulas, where multiplying by them is exact.
constexpr double kCentre = 0.5;  // of mass, from the link's upper end
constexpr double kInertia = 1;
constexpr double kMaxSpeed1 = 4 * kPi;
constexpr double kMaxSpeed2 = 9 * kPi;
constexpr double kMaxStart = 0.1;

// The state's derivative; the order of the operations is Gymnasium's.
State Derivative(const State& state, double torque,
                 Acrobot::Equations equations) {
  const auto [theta1, theta2, speed1, speed2] = state;
  const double sine2 = std::sin(theta2);
  const double cosine2 = std::cos(theta2);
  const double d1 = kCentre * kCentre +
                    (1 + kCentre * kCentre + 2 * kCentre * cosine2) + kInertia +
                    kInertia;
  const double d2 = (kCentre * kCentre + kCentre * cosine2) + kInertia;
  const double phi2 = kCentre * kGravity * std::cos(theta1 + theta2 - kPi / 2);
  const double phi1 = -kCentre * (speed2 * speed2) * sine2 -
                      2 * kCentre * speed2 * speed1 * sine2 +
                      (kCentre + 1) * kGravity * std::cos(theta1 - kPi / 2) +
                      phi2;
  double push = torque + d2 / d1 * phi1;
  if (equations == Acrobot::Equations::kBook) {
    push -= kCentre * (speed1 * speed1) * sine2;
  }
  const double acceleration2 =
      (push - phi2) / (kCentre * kCentre + kInertia - d2 * d2 / d1);
  const double acceleration1 = -(d2 * acceleration2 + phi1) / d1;
  return {speed1, speed2, acceleration1, acceleration2};
}

State Plus(const State& state, double factor, const State& derivative) {
  State sum;
  for (size_t i = 0; i < sum.size(); ++i) {
    sum[i] = state[i] + factor * derivative[i];
  }
  return sum;
}

// One step of Runge and Kutta's fourth-order method.
template <typename Rate>
State Integrate(const State& state, Rate rate) {
  const State k1 = rate(state);
  const State k2 = rate(Plus(state, kTimeStep / 2, k1));
  const State k3 = rate(Plus(state, kTimeStep / 2, k2));
  const State k4 = rate(Plus(state, kTimeStep, k3));
  State sum;
  for (size_t i = 0; i < sum.size(); ++i) {
    sum[i] = k1[i] + 2 * k2[i] + 2 * k3[i] + k4[i];
  }
  return Plus(state, kTimeStep / 6, sum);
}

// To [-pi, pi], turn by turn as Gymnasium does; many at once.
double Wrap(double angle) {
  if (!(std::abs(angle) < 100)) return std::remainder(angle, 2 * kPi);
  while (angle > kPi) angle -= 2 * kPi;
  while (angle < -kPi) angle += 2 * kPi;
  return angle;
}

}  // namespace

EnvironmentSpec AcrobotSpec() {
  EnvironmentSpec spec;
  spec.name = "Acrobot-v1";
  spec.observations = {{"state", DType::kF32, {6}}};
  spec.action = {ActionSpec::Kind::kDiscrete, 0, 3};
  spec.max_episode_steps = 500;
  spec.control_frequency = 1 / kTimeStep;
  return spec;
}

Acrobot::Acrobot(EnvironmentSpec spec, Equations equations)
    : ClassicControl(std::move(spec), 4), equations_(equations) {}

void Acrobot::DrawStart(Philox& random, std::span<double> state) const {
  for (double& x : state) {
    x = static_cast<float>(kMaxStart * (2 * random.NextUniform() - 1));
  }
}

StepResult Acrobot::Advance(std::span<const float> /*action*/, int32_t index,
                            std::span<double> state) const {
  const double torque = (index - 1) * strength();
  State now;
  std::copy(state.begin(), state.end(), now.begin());
  now = Integrate(
      now, [&](const State& at) { return Derivative(at, torque, equations_); });
  state[0] = Wrap(now[0]);
  state[1] = Wrap(now[1]);
  state[2] = std::clamp(now[2], -kMaxSpeed1, kMaxSpeed1);
  state[3] = std::clamp(now[3], -kMaxSpeed2, kMaxSpeed2);

  StepResult result;
  result.terminated = -std::cos(state[0]) - std::cos(state[1] + state[0]) > 1;
  result.reward = result.terminated ? 0 : -1;
  return result;
}

void Acrobot::Observe(std::span<const double> state,
                      std::span<float> observation) const {
  for (size_t i = 0; i < 2; ++i) {
    observation[2 * i] = static_cast<float>(std::cos(state[i]));
    observation[2 * i + 1] = static_cast<float>(std::sin(state[i]));
    observation[4 + i] = static_cast<float>(state[2 + i]);
  }
}

}  // namespace softfleet
