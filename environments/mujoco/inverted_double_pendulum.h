// SPDX-License-Identifier: Apache-2.0
// InvertedDoublePendulum-v5: balance two linked poles by pushing their cart
// (gymnasium/envs/mujoco/inverted_double_pendulum_v5.py).
#ifndef SOFTFLEET_ENVIRONMENTS_MUJOCO_INVERTED_DOUBLE_PENDULUM_H_
#define SOFTFLEET_ENVIRONMENTS_MUJOCO_INVERTED_DOUBLE_PENDULUM_H_

#include <memory>

#include "absl/status/statusor.h"
#include "environments/episodic_environment.h"
#include "environments/settings.h"

namespace softfleet {

// Observation [9]: cart's position, sin and cos of both angles, qvel clipped to
// +-10, the cart's constraint force clipped to +-10. Action [1]: force in
// [-1, 1]. 1000 steps of 1/20 s. Starts: qpos + U(-0.1, 0.1), qvel 0.1 N(0, 1).
// Terminates where the tip is at a height of 1 or below. Reward: survive (10
// unless terminated), distance_penalty (-0.01 x^2 - (y - 2)^2 of the tip),
// velocity_penalty (-0.001 w1^2 - 0.005 w2^2 of the poles).
// Settings: xml_file, frame_skip, healthy_reward, reset_noise_scale.
absl::StatusOr<std::unique_ptr<EpisodicEnvironment>> MakeInvertedDoublePendulum(
    SettingsReader& settings);

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_MUJOCO_INVERTED_DOUBLE_PENDULUM_H_
