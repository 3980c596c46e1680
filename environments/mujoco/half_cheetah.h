// SPDX-License-Identifier: Apache-2.0
// HalfCheetah-v5: run forward with two legs in a plane
// (gymnasium/envs/mujoco/half_cheetah_v5.py).
#ifndef SOFTFLEET_ENVIRONMENTS_MUJOCO_HALF_CHEETAH_H_
#define SOFTFLEET_ENVIRONMENTS_MUJOCO_HALF_CHEETAH_H_

#include <memory>

#include "absl/status/statusor.h"
#include "environments/episodic_environment.h"
#include "environments/settings.h"

namespace softfleet {

// Observation [17]: qpos without x, qvel. Action [6]: torques in [-1, 1]. 1000
// steps of 1/20 s; never terminates. Starts: qpos + U(-0.1, 0.1), qvel
// 0.1 N(0, 1). Reward: forward (x velocity) and ctrl (-0.1 |a|^2).
// Settings: xml_file, frame_skip, forward_reward_weight, ctrl_cost_weight,
// reset_noise_scale, exclude_current_positions_from_observation.
absl::StatusOr<std::unique_ptr<EpisodicEnvironment>> MakeHalfCheetah(
    SettingsReader& settings);

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_MUJOCO_HALF_CHEETAH_H_
