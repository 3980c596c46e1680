// SPDX-License-Identifier: Apache-2.0
#include "environments/mujoco/hopper.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "core/status.h"
#include "environments/mujoco/locomotion.h"

namespace softfleet {
namespace {

struct Health {
  std::array<double, 2> state_range = {-100, 100};
  std::array<double, 2> z_range = {0.7,
                                   std::numeric_limits<double>::infinity()};
  std::array<double, 2> angle_range = {-0.2, 0.2};
};

class Hopper : public Locomotion {
 public:
  Hopper(EnvironmentSpec spec, Simulator simulator, const LocomotionTask& task,
         const Health& health)
      : Locomotion(std::move(spec), std::move(simulator), task),
        health_(health) {}

 private:
  bool IsHealthy() const override {
    const auto inside = [&](double x) {
      return Inside(x, health_.state_range);
    };
    return std::ranges::all_of(qpos().subspan(2), inside) &&
           std::ranges::all_of(qvel(), inside) &&
           Inside(qpos()[1], health_.z_range) &&
           Inside(qpos()[2], health_.angle_range);
  }

  const Health health_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<EpisodicEnvironment>> MakeHopper(
    SettingsReader& settings) {
  LocomotionTask task{.name = "Hopper-v5",
                      .simulation = {"hopper.xml", /*frame_skip=*/4},
                      .ctrl_cost_weight = 1e-3,
                      .reset_noise_scale = 5e-3,
                      .velocity_limit = 10,
                      .can_fall = true};
  task.Read(settings);
  Health health;
  settings.Read("healthy_state_range", &health.state_range);
  settings.Read("healthy_z_range", &health.z_range);
  settings.Read("healthy_angle_range", &health.angle_range);
  SF_ASSIGN_OR_RETURN(Simulator simulator,
                      LoadSimulator(task.simulation, 3, 1));
  EnvironmentSpec spec = task.MakeSpec(simulator);
  return std::make_unique<Hopper>(std::move(spec), std::move(simulator), task,
                                  health);
}

}  // namespace softfleet
