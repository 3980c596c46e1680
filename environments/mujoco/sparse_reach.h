// SPDX-License-Identifier: Apache-2.0
// SparseReach-v0: Reacher-v5's arm and targets with a reward that says only
// whether the tip is there: a task for records of manipulation, where
// StepResult::success counts. No environment of Gymnasium's.
#ifndef SOFTFLEET_ENVIRONMENTS_MUJOCO_SPARSE_REACH_H_
#define SOFTFLEET_ENVIRONMENTS_MUJOCO_SPARSE_REACH_H_

#include <memory>

#include "absl/status/statusor.h"
#include "environments/episodic_environment.h"
#include "environments/settings.h"

namespace softfleet {

// Observation: group "state" [8]: cos and sin of both angles, their velocities,
// the tip's position (x, y); group "goal" [2]: the target's position (x, y).
// Action [2]: torques in [-1, 1]. 50 steps of 1/50 s; never terminates.
// Starts as Reacher-v5.
// Success: the tip is within `tolerance` of the target. Reward: reached (0 with
// success, else -1) and shaping (-shaping_weight times the distance, for a
// dense reward). Settings: tolerance (0.02, m), shaping_weight (0), xml_file,
// frame_skip.
absl::StatusOr<std::unique_ptr<EpisodicEnvironment>> MakeSparseReach(
    SettingsReader& settings);

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_MUJOCO_SPARSE_REACH_H_
