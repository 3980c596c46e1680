// SPDX-License-Identifier: Apache-2.0
#include "environments/mujoco/swimmer.h"

#include <utility>

#include "core/status.h"
#include "environments/mujoco/locomotion.h"

namespace softfleet {

absl::StatusOr<std::unique_ptr<EpisodicEnvironment>> MakeSwimmer(
    SettingsReader& settings) {
  LocomotionTask task{.name = "Swimmer-v5",
                      .simulation = {"swimmer.xml", /*frame_skip=*/4},
                      .ctrl_cost_weight = 1e-4,
                      .reset_noise_scale = 0.1,
                      .hidden_positions = 2};
  task.Read(settings);
  SF_ASSIGN_OR_RETURN(Simulator simulator,
                      LoadSimulator(task.simulation, 2, 1));
  EnvironmentSpec spec = task.MakeSpec(simulator);
  return std::make_unique<Locomotion>(std::move(spec), std::move(simulator),
                                      task);
}

}  // namespace softfleet
