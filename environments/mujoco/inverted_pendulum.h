// SPDX-License-Identifier: Apache-2.0
// InvertedPendulum-v5: balance a pole by pushing its cart
// (gymnasium/envs/mujoco/inverted_pendulum_v5.py).
#ifndef SOFTFLEET_ENVIRONMENTS_MUJOCO_INVERTED_PENDULUM_H_
#define SOFTFLEET_ENVIRONMENTS_MUJOCO_INVERTED_PENDULUM_H_

#include <memory>

#include "absl/status/statusor.h"
#include "environments/episodic_environment.h"
#include "environments/settings.h"

namespace softfleet {

// Observation [4]: qpos, qvel. Action [1]: force in [-3, 3]. 1000 steps of
// 1/25 s. Starts: qpos and qvel + U(-0.01, 0.01). Terminates where the angle is
// beyond +-0.2. Reward: survive (1 unless terminated).
// Settings: xml_file, frame_skip, reset_noise_scale.
absl::StatusOr<std::unique_ptr<EpisodicEnvironment>> MakeInvertedPendulum(
    SettingsReader& settings);

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_MUJOCO_INVERTED_PENDULUM_H_
