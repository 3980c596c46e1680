// SPDX-License-Identifier: Apache-2.0
#include "environments/mujoco/inverted_double_pendulum.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/status.h"
#include "environments/mujoco/mujoco_environment.h"

namespace softfleet {
namespace {

struct DoublePendulumOptions {
  SimulatorOptions simulation{"inverted_double_pendulum.xml", /*frame_skip=*/5};
  double healthy_reward = 10;
  double reset_noise_scale = 0.1;

  void Read(SettingsReader& settings) {
    simulation.Read(settings);
    settings.Read("healthy_reward", &healthy_reward);
    settings.Read("reset_noise_scale", &reset_noise_scale);
  }
};

class InvertedDoublePendulum : public MujocoEnvironment {
 public:
  InvertedDoublePendulum(EnvironmentSpec spec, Simulator simulator,
                         const DoublePendulumOptions& options)
      : MujocoEnvironment(std::move(spec), std::move(simulator)),
        options_(options) {}

 private:
  void DrawStart(Philox& random, std::span<double> qpos,
                 std::span<double> qvel) const override {
    AddUniform(random, options_.reset_noise_scale, qpos);
    AddNormal(random, options_.reset_noise_scale, qvel);
  }

  double* WriteObservation(double* to) const override {
    constexpr double kLimit = 10;  // of velocities and the constraint force
    const auto clip = [&](double x) { return std::clamp(x, -kLimit, kLimit); };
    const auto angles = qpos().subspan(1);
    *to++ = qpos()[0];
    for (const double angle : angles) *to++ = std::sin(angle);
    for (const double angle : angles) *to++ = std::cos(angle);
    for (const double velocity : qvel()) *to++ = clip(velocity);
    *to++ = clip(data().qfrc_constraint[0]);
    return to;
  }

  StepResult Judge(std::span<const float> /*action*/,
                   double /*velocity*/) override {
    const mjtNum* const tip = data().site_xpos;
    const double x = tip[0];
    const double y = tip[2];  // the height, in Gymnasium's names
    const double v1 = qvel()[1];
    const double v2 = qvel()[2];
    const double distance = 0.01 * (x * x) + (y - 2) * (y - 2);
    const double velocity = 1e-3 * (v1 * v1) + 5e-3 * (v2 * v2);
    StepResult result;
    result.terminated = y <= 1;
    const double survive = result.terminated ? 0 : options_.healthy_reward;
    SetComponents({survive, -distance, -velocity});
    result.reward = survive - distance - velocity;
    return result;
  }

  const DoublePendulumOptions options_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<EpisodicEnvironment>> MakeInvertedDoublePendulum(
    SettingsReader& settings) {
  DoublePendulumOptions options;
  options.Read(settings);
  SF_ASSIGN_OR_RETURN(Simulator simulator,
                      LoadSimulator(options.simulation, 3, 3));
  const mjModel& model = *simulator.model;
  if (model.nsite < 1) {
    return absl::InvalidArgumentError(
        "the model has no site, which the tip would be");
  }
  EnvironmentSpec spec = MakeMujocoSpec(
      "InvertedDoublePendulum-v5", simulator, 2 * model.nq + model.nv,
      {"survive", "distance_penalty", "velocity_penalty"},
      /*max_episode_steps=*/1000);
  return std::make_unique<InvertedDoublePendulum>(
      std::move(spec), std::move(simulator), options);
}

}  // namespace softfleet
