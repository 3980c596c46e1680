// SPDX-License-Identifier: Apache-2.0
// MountainCarContinuous-v0: the car in the valley with an engine that can be
// throttled. The numbers of Gymnasium 1.4
// (gymnasium/envs/classic_control/continuous_mountain_car.py), whose float32 is
// reproduced rounding by rounding.
#ifndef SOFTFLEET_ENVIRONMENTS_CLASSIC_MOUNTAIN_CAR_CONTINUOUS_H_
#define SOFTFLEET_ENVIRONMENTS_CLASSIC_MOUNTAIN_CAR_CONTINUOUS_H_

#include "environments/classic/classic_control.h"

namespace softfleet {

// Observation = state as float32; force in [-1, 1]; 999 steps.
EnvironmentSpec MountainCarContinuousSpec();

// State [position, velocity], position within [-1.2, 0.6] with an inelastic
// wall on the left, speed at most 0.07 per step. Starts at rest, uniform in
// [-0.6, -0.4). Terminates, for a reward of 100, where the position is at least
// 0.45 and the velocity at least `goal_velocity`, Gymnasium's argument; every
// step costs a tenth of the squared action, which is not clipped for that.
//
// Gymnasium's state is float32 after the first step, and so is its arithmetic
// then. Here a state of two numbers that float32 has is taken for one.
class MountainCarContinuous : public ClassicControl {
 public:
  explicit MountainCarContinuous(EnvironmentSpec spec,
                                 double goal_velocity = 0);

 protected:
  void DrawStart(Philox& random, std::span<double> state) const override;
  StepResult Advance(std::span<const float> action, int32_t index,
                     std::span<double> state) const override;
  void Observe(std::span<const double> state,
               std::span<float> observation) const override;

 private:
  double goal_velocity_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_CLASSIC_MOUNTAIN_CAR_CONTINUOUS_H_
