// SPDX-License-Identifier: Apache-2.0
// CartPole-v1: keep a pole upright by pushing its cart left (0) or right (1).
// The numbers of Gymnasium 1.4 (gymnasium/envs/classic_control/cartpole.py),
// all in double.
#ifndef SOFTFLEET_ENVIRONMENTS_CLASSIC_CART_POLE_H_
#define SOFTFLEET_ENVIRONMENTS_CLASSIC_CART_POLE_H_

#include "environments/classic/classic_control.h"

namespace softfleet {

// Observation = state as float32; two actions; 500 steps of 1/50 s.
EnvironmentSpec CartPoleSpec();

// State [x, x_dot, theta, theta_dot] in m, m/s, rad, rad/s. Starts are uniform
// in [-0.05, 0.05)^4. Terminates where |x| > 2.4 m or |theta| > 12 degrees.
// Reward 1 for every step, the last one too.
class CartPole : public ClassicControl {
 public:
  // `sutton_barto_reward`: instead 0 for every step, -1 for one that
  // terminates.
  explicit CartPole(EnvironmentSpec spec, bool sutton_barto_reward = false);

 protected:
  void DrawStart(Philox& random, std::span<double> state) const override;
  StepResult Advance(std::span<const float> action, int32_t index,
                     std::span<double> state) const override;
  void Observe(std::span<const double> state,
               std::span<float> observation) const override;

 private:
  bool sutton_barto_reward_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_CLASSIC_CART_POLE_H_
