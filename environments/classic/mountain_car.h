// SPDX-License-Identifier: Apache-2.0
// MountainCar-v0: drive a car with too weak an engine out of a valley, by
// swinging. The numbers of Gymnasium 1.4
// (gymnasium/envs/classic_control/mountain_car.py), all in double.
#ifndef SOFTFLEET_ENVIRONMENTS_CLASSIC_MOUNTAIN_CAR_H_
#define SOFTFLEET_ENVIRONMENTS_CLASSIC_MOUNTAIN_CAR_H_

#include "environments/classic/classic_control.h"

namespace softfleet {

// Observation = state as float32; three actions: push left, none, push right;
// 200 steps.
EnvironmentSpec MountainCarSpec();

// State [position, velocity], position within [-1.2, 0.6] with an inelastic
// wall on the left, speed at most 0.07 per step. Starts at rest, uniform in
// [-0.6, -0.4). Reward -1 for every step; terminates where the position is at
// least 0.5 and the velocity at least `goal_velocity`, Gymnasium's argument.
class MountainCar : public ClassicControl {
 public:
  explicit MountainCar(EnvironmentSpec spec, double goal_velocity = 0);

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

#endif  // SOFTFLEET_ENVIRONMENTS_CLASSIC_MOUNTAIN_CAR_H_
