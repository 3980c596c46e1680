// SPDX-License-Identifier: Apache-2.0
#include "environments/mujoco/walker2d.h"

#include <utility>

#include "core/status.h"
#include "environments/mujoco/locomotion.h"

namespace softfleet {
namespace {

struct Health {
  std::array<double, 2> z_range = {0.8, 2};
  std::array<double, 2> angle_range = {-1, 1};
};

class Walker2d : public Locomotion {
 public:
  Walker2d(EnvironmentSpec spec, Simulator simulator,
           const LocomotionTask& task, const Health& health)
      : Locomotion(std::move(spec), std::move(simulator), task),
        health_(health) {}

 private:
  bool IsHealthy() const override {
    return Inside(qpos()[1], health_.z_range) &&
           Inside(qpos()[2], health_.angle_range);
  }

  const Health health_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<EpisodicEnvironment>> MakeWalker2d(
    SettingsReader& settings) {
  LocomotionTask task{.name = "Walker2d-v5",
                      .simulation = {"walker2d_v5.xml", /*frame_skip=*/4},
                      .ctrl_cost_weight = 1e-3,
                      .reset_noise_scale = 5e-3,
                      .velocity_limit = 10,
                      .can_fall = true};
  task.Read(settings);
  Health health;
  settings.Read("healthy_z_range", &health.z_range);
  settings.Read("healthy_angle_range", &health.angle_range);
  SF_ASSIGN_OR_RETURN(Simulator simulator,
                      LoadSimulator(task.simulation, 3, 1));
  EnvironmentSpec spec = task.MakeSpec(simulator);
  return std::make_unique<Walker2d>(std::move(spec), std::move(simulator), task,
                                    health);
}

}  // namespace softfleet
