// SPDX-License-Identifier: Apache-2.0
// Hopper-v5: hop forward on one leg in a plane
// (gymnasium/envs/mujoco/hopper_v5.py).
#ifndef SOFTFLEET_ENVIRONMENTS_MUJOCO_HOPPER_H_
#define SOFTFLEET_ENVIRONMENTS_MUJOCO_HOPPER_H_

#include <memory>

#include "absl/status/statusor.h"
#include "environments/episodic_environment.h"
#include "environments/settings.h"

namespace softfleet {

// Observation [11]: qpos without x, qvel clipped to +-10. Action [3]: torques
// in
// [-1, 1]. 1000 steps of 1/125 s. Starts: qpos and qvel + U(-0.005, 0.005).
// Reward: forward (x velocity), ctrl (-0.001 |a|^2), survive (1 while healthy).
// Healthy, and not terminated, while height, angle and all of qpos[2:] and qvel
// are inside their ranges, bounds excluded.
// Settings: xml_file, frame_skip, forward_reward_weight, ctrl_cost_weight,
// healthy_reward, terminate_when_unhealthy, healthy_state_range (-100, 100),
// healthy_z_range (0.7, inf), healthy_angle_range (-0.2, 0.2),
// reset_noise_scale, exclude_current_positions_from_observation.
absl::StatusOr<std::unique_ptr<EpisodicEnvironment>> MakeHopper(
    SettingsReader& settings);

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_MUJOCO_HOPPER_H_
