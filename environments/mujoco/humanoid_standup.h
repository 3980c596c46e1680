// SPDX-License-Identifier: Apache-2.0
// HumanoidStandup-v5: get up from lying on the back
// (gymnasium/envs/mujoco/humanoidstandup_v5.py).
#ifndef SOFTFLEET_ENVIRONMENTS_MUJOCO_HUMANOID_STANDUP_H_
#define SOFTFLEET_ENVIRONMENTS_MUJOCO_HUMANOID_STANDUP_H_

#include <memory>

#include "absl/status/statusor.h"
#include "environments/episodic_environment.h"
#include "environments/settings.h"

namespace softfleet {

// Observation [348]: HumanoidObservation. Action [17]: torques in [-0.4, 0.4].
// 1000 steps of 3/200 s; never terminates. Starts: qpos and qvel +
// U(-0.01, 0.01). Reward: linup (height / simulation step), quadctrl (-0.1
// |ctrl|^2), impact (-5e-7 |cfrc_ext|^2, the cost clipped to
// impact_cost_range), survive (1, which Gymnasium adds without a name).
// Settings: xml_file, frame_skip, uph_cost_weight (Gymnasium has it without
// using it), ctrl_cost_weight, impact_cost_weight, impact_cost_range
// (-inf, 10), reset_noise_scale, those of HumanoidObservation.
absl::StatusOr<std::unique_ptr<EpisodicEnvironment>> MakeHumanoidStandup(
    SettingsReader& settings);

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_MUJOCO_HUMANOID_STANDUP_H_
