// SPDX-License-Identifier: Apache-2.0
// Walker2d-v5: walk forward on two legs in a plane
// (gymnasium/envs/mujoco/walker2d_v5.py).
#ifndef SOFTFLEET_ENVIRONMENTS_MUJOCO_WALKER2D_H_
#define SOFTFLEET_ENVIRONMENTS_MUJOCO_WALKER2D_H_

#include <memory>

#include "absl/status/statusor.h"
#include "environments/episodic_environment.h"
#include "environments/settings.h"

namespace softfleet {

// Observation [17]: qpos without x, qvel clipped to +-10. Action [6]: torques
// in
// [-1, 1]. 1000 steps of 1/125 s. Starts: qpos and qvel + U(-0.005, 0.005).
// Reward: forward (x velocity), ctrl (-0.001 |a|^2), survive (1 while healthy).
// Healthy, and not terminated, while height and angle are inside their ranges,
// bounds excluded.
// Settings: xml_file, frame_skip, forward_reward_weight, ctrl_cost_weight,
// healthy_reward, terminate_when_unhealthy, healthy_z_range (0.8, 2),
// healthy_angle_range (-1, 1), reset_noise_scale,
// exclude_current_positions_from_observation.
absl::StatusOr<std::unique_ptr<EpisodicEnvironment>> MakeWalker2d(
    SettingsReader& settings);

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_MUJOCO_WALKER2D_H_
