// SPDX-License-Identifier: Apache-2.0
// Reacher-v5: bring the tip of a two-link arm to a target in the plane
// (gymnasium/envs/mujoco/reacher_v5.py).
#ifndef SOFTFLEET_ENVIRONMENTS_MUJOCO_REACHER_H_
#define SOFTFLEET_ENVIRONMENTS_MUJOCO_REACHER_H_

#include <memory>

#include "absl/status/statusor.h"
#include "environments/episodic_environment.h"
#include "environments/settings.h"

namespace softfleet {

// Observation [10]: cos and sin of both angles, the target's position qpos[2:],
// their velocities, the vector from target to tip (x, y). Action [2]: torques
// in
// [-1, 1]. 50 steps of 1/50 s; never terminates. Starts: qpos + U(-0.1, 0.1),
// the target uniform in the disc of radius 0.2, qvel U(-0.005, 0.005) of the
// arm. Reward: dist (-distance of the tip) and ctrl (-|a|^2). Settings:
// xml_file, frame_skip, reward_dist_weight, reward_control_weight.
absl::StatusOr<std::unique_ptr<EpisodicEnvironment>> MakeReacher(
    SettingsReader& settings);

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_MUJOCO_REACHER_H_
