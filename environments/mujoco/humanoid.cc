// SPDX-License-Identifier: Apache-2.0
#include "environments/mujoco/humanoid.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "core/status.h"
#include "environments/mujoco/humanoid_body.h"
#include "environments/mujoco/locomotion.h"
#include "environments/mujoco/numpy_sum.h"

namespace softfleet {
namespace {

struct HumanoidOptions {
  double contact_cost_weight = 5e-7;
  std::array<double, 2> contact_cost_range = {
      -std::numeric_limits<double>::infinity(), 10};
  std::array<double, 2> healthy_z_range = {1, 2};
  HumanoidObservation observation;

  void Read(SettingsReader& settings) {
    settings.Read("contact_cost_weight", &contact_cost_weight);
    settings.Read("contact_cost_range", &contact_cost_range);
    settings.Read("healthy_z_range", &healthy_z_range);
    observation.Read(settings);
  }
};

class Humanoid : public Locomotion {
 public:
  Humanoid(EnvironmentSpec spec, Simulator simulator,
           const LocomotionTask& task, const HumanoidOptions& options)
      : Locomotion(std::move(spec), std::move(simulator), task),
        options_(options),
        ctrl_cost_weight_(task.ctrl_cost_weight) {
    compute_contact_forces();
  }

 private:
  // Of the centre of mass.
  double Position() const override {
    const mjtNum* const mass = model().body_mass;
    double moment = 0;
    for (int b = 0; b < model().nbody; ++b) {
      moment += mass[b] * data().xipos[3 * b];
    }
    return moment / NumpySum(model().nbody, [&](size_t b) { return mass[b]; });
  }

  double* WriteObservation(double* to) const override {
    return options_.observation.Write(model(), data(),
                                      Locomotion::WriteObservation(to));
  }

  bool IsHealthy() const override {
    return Inside(qpos()[2], options_.healthy_z_range);
  }

  double ControlCost(std::span<const float> /*action*/) const override {
    return DoubleControlCost(ctrl_cost_weight_, model(), data());
  }

  double ContactCost() const override {
    const auto& [low, high] = options_.contact_cost_range;
    return std::clamp(
        options_.contact_cost_weight * SquaredContactForces(model(), data()),
        low, high);
  }

  const HumanoidOptions options_;
  const double ctrl_cost_weight_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<EpisodicEnvironment>> MakeHumanoid(
    SettingsReader& settings) {
  LocomotionTask task{.name = "Humanoid-v5",
                      .simulation = {"humanoid.xml", /*frame_skip=*/5},
                      .forward_reward_weight = 1.25,
                      .ctrl_cost_weight = 0.1,
                      .reset_noise_scale = 1e-2,
                      .hidden_positions = 2,
                      .can_fall = true,
                      .healthy_reward = 5,
                      .pays_for_contacts = true};
  HumanoidOptions options;
  task.Read(settings);
  options.Read(settings);
  SF_ASSIGN_OR_RETURN(Simulator simulator,
                      LoadSimulator(task.simulation, 3, 6));
  EnvironmentSpec spec =
      task.MakeSpec(simulator, options.observation.columns(*simulator.model));
  return std::make_unique<Humanoid>(std::move(spec), std::move(simulator), task,
                                    options);
}

}  // namespace softfleet
