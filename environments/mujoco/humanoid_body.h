// SPDX-License-Identifier: Apache-2.0
// What Humanoid-v5 and HumanoidStandup-v5 observe of the body besides qpos and
// qvel: inertia (cinert) and velocity (cvel) of every body but the world, the
// actuators' forces on every coordinate but the root's six (qfrc_actuator),
// contact forces (cfrc_ext) as the first two. Plain value.
#ifndef SOFTFLEET_ENVIRONMENTS_MUJOCO_HUMANOID_BODY_H_
#define SOFTFLEET_ENVIRONMENTS_MUJOCO_HUMANOID_BODY_H_

#include <mujoco/mujoco.h>

#include <cstdint>

#include "environments/settings.h"

namespace softfleet {

struct HumanoidObservation {
  // Gymnasium's include_..._in_observation.
  bool cinert = true;
  bool cvel = true;
  bool qfrc_actuator = true;
  bool cfrc_ext = true;

  void Read(SettingsReader& settings);
  int64_t columns(const mjModel& model) const;
  // Writes from `to` on; returns the end.
  double* Write(const mjModel& model, const mjData& data, double* to) const;
};

// The sum of squares of all contact forces, as NumPy rounds it.
double SquaredContactForces(const mjModel& model, const mjData& data);

// weight * np.sum(np.square(data.ctrl)), all in double.
double DoubleControlCost(double weight, const mjModel& model,
                         const mjData& data);

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_MUJOCO_HUMANOID_BODY_H_
