// SPDX-License-Identifier: Apache-2.0
#include "environments/mujoco/half_cheetah.h"

#include <utility>

#include "core/status.h"
#include "environments/mujoco/locomotion.h"

namespace softfleet {

absl::StatusOr<std::unique_ptr<EpisodicEnvironment>> MakeHalfCheetah(
    SettingsReader& settings) {
  SimulatorOptions simulation{"half_cheetah.xml", /*frame_skip=*/5};
  LocomotionOptions options{.ctrl_cost_weight = 0.1, .reset_noise_scale = 0.1};
  simulation.Read(settings);
  options.Read(settings);
  SF_ASSIGN_OR_RETURN(Simulator simulator, LoadSimulator(simulation));
  SF_RETURN_IF_ERROR(RequireCoordinates(*simulator.model, 1, 1));

  constexpr Locomotion::Form kForm{.normal_start_velocity = true};
  EnvironmentSpec spec =
      MakeMujocoSpec("HalfCheetah-v5", simulator,
                     Locomotion::Columns(*simulator.model, options, kForm),
                     {"forward", "ctrl"}, /*max_episode_steps=*/1000);
  return std::make_unique<Locomotion>(std::move(spec), std::move(simulator),
                                      options, Locomotion::kCannotFall, kForm);
}

}  // namespace softfleet
