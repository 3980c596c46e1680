// SPDX-License-Identifier: Apache-2.0
#include "environments/mujoco/half_cheetah.h"

#include <utility>

#include "core/status.h"
#include "environments/mujoco/locomotion.h"

namespace softfleet {

absl::StatusOr<std::unique_ptr<EpisodicEnvironment>> MakeHalfCheetah(
    SettingsReader& settings) {
  LocomotionTask task{.name = "HalfCheetah-v5",
                      .simulation = {"half_cheetah.xml", /*frame_skip=*/5},
                      .ctrl_cost_weight = 0.1,
                      .reset_noise_scale = 0.1,
                      .normal_start_velocity = true};
  task.Read(settings);
  SF_ASSIGN_OR_RETURN(Simulator simulator,
                      LoadSimulator(task.simulation, 1, 1));
  EnvironmentSpec spec = task.MakeSpec(simulator);
  return std::make_unique<Locomotion>(std::move(spec), std::move(simulator),
                                      task);
}

}  // namespace softfleet
