// SPDX-License-Identifier: Apache-2.0
// Pendulum-v1: swing a rod up with too weak a motor and hold it there. The
// numbers of Gymnasium 1.4 (gymnasium/envs/classic_control/pendulum.py), whose
// float32 torque is reproduced rounding by rounding.
#ifndef SOFTFLEET_ENVIRONMENTS_CLASSIC_PENDULUM_H_
#define SOFTFLEET_ENVIRONMENTS_CLASSIC_PENDULUM_H_

#include "environments/classic/classic_control.h"

namespace softfleet {

// Observation [cos theta, sin theta, theta_dot]; torque in [-2, 2]; 200 steps
// of 1/20 s.
EnvironmentSpec PendulumSpec();

// State [theta, theta_dot] in rad and rad/s, theta = 0 upright and not
// wrapped. Starts are uniform in [-pi, pi) x [-1, 1). The torque is clipped to
// +-2 whatever the spec's bounds are; never terminates.
class Pendulum : public ClassicControl {
 public:
  // `gravity` in m/s^2: Gymnasium's argument g.
  explicit Pendulum(EnvironmentSpec spec, double gravity = 10);

  // Also gravity_tilt, whose +x is to the right where positive angles lie to
  // the left, as Gymnasium draws it: a rod at rest upright stands at `tilt`.
  absl::Status SetPhysics(const Physics& physics) override;

 protected:
  void DrawStart(Philox& random, std::span<double> state) const override;
  StepResult Advance(std::span<const float> action, int32_t index,
                     std::span<double> state) const override;
  void Observe(std::span<const double> state,
               std::span<float> observation) const override;

 private:
  double gravity_;
  double tilt_ = 0;
};

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_CLASSIC_PENDULUM_H_
