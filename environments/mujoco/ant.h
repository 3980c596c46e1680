// SPDX-License-Identifier: Apache-2.0
// Ant-v5: walk forward on four legs (gymnasium/envs/mujoco/ant_v5.py).
#ifndef SOFTFLEET_ENVIRONMENTS_MUJOCO_ANT_H_
#define SOFTFLEET_ENVIRONMENTS_MUJOCO_ANT_H_

#include <memory>

#include "absl/status/statusor.h"
#include "environments/episodic_environment.h"
#include "environments/settings.h"

namespace softfleet {

// Observation [105]: qpos without x and y, qvel, contact forces cfrc_ext of
// every body but the world, clipped to contact_force_range. Action [8]: torques
// in
// [-1, 1]. 1000 steps of 1/20 s. Starts: qpos + U(-0.1, 0.1), qvel 0.1 N(0, 1).
// Reward: forward (x velocity of the main body), ctrl (-0.5 |a|^2), survive (1
// while healthy), contact (-0.0005 |clipped forces|^2). Healthy, and not
// terminated, while the height is within its range, bounds included, and the
// state finite. The force of SetPhysics acts on the main body.
// Settings: xml_file, frame_skip, forward_reward_weight, ctrl_cost_weight,
// contact_cost_weight, healthy_reward, main_body (1; a number or a name),
// terminate_when_unhealthy, healthy_z_range (0.2, 1), contact_force_range
// (-1, 1), reset_noise_scale, exclude_current_positions_from_observation,
// include_cfrc_ext_in_observation.
absl::StatusOr<std::unique_ptr<EpisodicEnvironment>> MakeAnt(
    SettingsReader& settings);

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_MUJOCO_ANT_H_
