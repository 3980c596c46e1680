// SPDX-License-Identifier: Apache-2.0
// Humanoid-v5: walk forward on two legs in three dimensions
// (gymnasium/envs/mujoco/humanoid_v5.py).
#ifndef SOFTFLEET_ENVIRONMENTS_MUJOCO_HUMANOID_H_
#define SOFTFLEET_ENVIRONMENTS_MUJOCO_HUMANOID_H_

#include <memory>

#include "absl/status/statusor.h"
#include "environments/episodic_environment.h"
#include "environments/settings.h"

namespace softfleet {

// Observation [348]: HumanoidObservation. Action [17]: torques in [-0.4, 0.4].
// 1000 steps of 3/200 s. Starts: qpos and qvel + U(-0.01, 0.01).
// Reward: forward (1.25 times the x velocity of the centre of mass), ctrl
// (-0.1 |ctrl|^2), survive (5 while healthy), contact (-5e-7 |cfrc_ext|^2, the
// cost clipped to contact_cost_range). Healthy, and not terminated, while the
// height is inside its range, bounds excluded.
// Settings: xml_file, frame_skip, forward_reward_weight, ctrl_cost_weight,
// contact_cost_weight, contact_cost_range (-inf, 10), healthy_reward,
// terminate_when_unhealthy, healthy_z_range (1, 2), reset_noise_scale, those of
// HumanoidObservation.
absl::StatusOr<std::unique_ptr<EpisodicEnvironment>> MakeHumanoid(
    SettingsReader& settings);

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_MUJOCO_HUMANOID_H_
