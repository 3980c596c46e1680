// SPDX-License-Identifier: Apache-2.0
// Swimmer-v5: swim forward in a plane with three links
// (gymnasium/envs/mujoco/swimmer_v5.py).
#ifndef SOFTFLEET_ENVIRONMENTS_MUJOCO_SWIMMER_H_
#define SOFTFLEET_ENVIRONMENTS_MUJOCO_SWIMMER_H_

#include <memory>

#include "absl/status/statusor.h"
#include "environments/episodic_environment.h"
#include "environments/settings.h"

namespace softfleet {

// Observation [8]: qpos without x and y, qvel. Action [2]: torques in [-1, 1].
// 1000 steps of 1/25 s; never terminates. Starts: qpos and qvel + U(-0.1, 0.1).
// Reward: forward (x velocity) and ctrl (-0.0001 |a|^2).
// Settings: xml_file, frame_skip, forward_reward_weight, ctrl_cost_weight,
// reset_noise_scale, exclude_current_positions_from_observation.
absl::StatusOr<std::unique_ptr<EpisodicEnvironment>> MakeSwimmer(
    SettingsReader& settings);

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_MUJOCO_SWIMMER_H_
