// SPDX-License-Identifier: Apache-2.0
// Pusher-v5: push a cylinder to a place on the table with a seven-joint arm
// (gymnasium/envs/mujoco/pusher_v5.py).
#ifndef SOFTFLEET_ENVIRONMENTS_MUJOCO_PUSHER_H_
#define SOFTFLEET_ENVIRONMENTS_MUJOCO_PUSHER_H_

#include <memory>

#include "absl/status/statusor.h"
#include "environments/episodic_environment.h"
#include "environments/settings.h"

namespace softfleet {

// Observation [23]: qpos and qvel of the arm, positions of the arm's tip, the
// object and the goal. Action [7]: torques in [-2, 2]. 100 steps of 1/20 s;
// never terminates. Starts: the object uniform in [-0.3, 0) x [-0.2, 0.2) and
// more than 0.17 from the goal, qvel U(-0.005, 0.005) of the arm. Reward: dist
// (-distance from object to goal), ctrl (-0.1 |a|^2), near (-0.5 times the
// distance from tip to object). Settings: xml_file, frame_skip,
// reward_near_weight, reward_dist_weight, reward_control_weight.
absl::StatusOr<std::unique_ptr<EpisodicEnvironment>> MakePusher(
    SettingsReader& settings);

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_MUJOCO_PUSHER_H_
