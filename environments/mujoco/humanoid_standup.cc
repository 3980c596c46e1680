// SPDX-License-Identifier: Apache-2.0
#include "environments/mujoco/humanoid_standup.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "core/status.h"
#include "environments/mujoco/humanoid_body.h"
#include "environments/mujoco/mujoco_environment.h"

namespace softfleet {
namespace {

struct StandupOptions {
  SimulatorOptions simulation{"humanoidstandup.xml", /*frame_skip=*/5};
  double ctrl_cost_weight = 0.1;
  double impact_cost_weight = 5e-7;
  std::array<double, 2> impact_cost_range = {
      -std::numeric_limits<double>::infinity(), 10};
  double reset_noise_scale = 1e-2;
  int hidden_positions = 2;
  HumanoidObservation observation;

  void Read(SettingsReader& settings) {
    double unused = 1;
    bool exclude = true;
    simulation.Read(settings);
    settings.Read("uph_cost_weight", &unused);
    settings.Read("ctrl_cost_weight", &ctrl_cost_weight);
    settings.Read("impact_cost_weight", &impact_cost_weight);
    settings.Read("impact_cost_range", &impact_cost_range);
    settings.Read("reset_noise_scale", &reset_noise_scale);
    settings.Read("exclude_current_positions_from_observation", &exclude);
    if (!exclude) hidden_positions = 0;
    observation.Read(settings);
  }
};

EnvironmentSpec MakeSpec(const StandupOptions& options,
                         const Simulator& simulator) {
  const mjModel& model = *simulator.model;
  const int64_t columns = model.nq - options.hidden_positions + model.nv +
                          options.observation.columns(model);
  return MakeMujocoSpec("HumanoidStandup-v5", simulator, columns,
                        {"linup", "quadctrl", "impact", "survive"},
                        /*max_episode_steps=*/1000);
}

class HumanoidStandup : public MujocoEnvironment {
 public:
  HumanoidStandup(EnvironmentSpec spec, Simulator simulator,
                  const StandupOptions& options)
      : MujocoEnvironment(std::move(spec), std::move(simulator)),
        options_(options) {
    compute_contact_forces();
  }

 private:
  void DrawStart(Philox& random, std::span<double> qpos,
                 std::span<double> qvel) const override {
    AddUniform(random, options_.reset_noise_scale, qpos);
    AddUniform(random, options_.reset_noise_scale, qvel);
  }

  double* WriteObservation(double* to) const override {
    to = Append(qpos().subspan(options_.hidden_positions), to);
    to = Append(qvel(), to);
    return options_.observation.Write(model(), data(), to);
  }

  StepResult Judge(std::span<const float> /*action*/,
                   double /*velocity*/) override {
    constexpr double kSurvive = 1;
    const double up = qpos()[2] / model().opt.timestep;
    const double control =
        DoubleControlCost(options_.ctrl_cost_weight, model(), data());
    const auto& [low, high] = options_.impact_cost_range;
    const double impact = std::clamp(
        options_.impact_cost_weight * SquaredContactForces(model(), data()),
        low, high);
    SetComponents({up, -control, -impact, kSurvive});
    StepResult result;
    result.reward = up - control - impact + kSurvive;
    return result;
  }

  const StandupOptions options_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<EpisodicEnvironment>> MakeHumanoidStandup(
    SettingsReader& settings) {
  StandupOptions options;
  options.Read(settings);
  SF_ASSIGN_OR_RETURN(Simulator simulator,
                      LoadSimulator(options.simulation, 3, 6));
  EnvironmentSpec spec = MakeSpec(options, simulator);
  return std::make_unique<HumanoidStandup>(std::move(spec),
                                           std::move(simulator), options);
}

}  // namespace softfleet
