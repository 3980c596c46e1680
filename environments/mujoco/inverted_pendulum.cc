// SPDX-License-Identifier: Apache-2.0
#include "environments/mujoco/inverted_pendulum.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/status.h"
#include "environments/mujoco/mujoco_environment.h"

namespace softfleet {
namespace {

class InvertedPendulum : public MujocoEnvironment {
 public:
  InvertedPendulum(EnvironmentSpec spec, Simulator simulator,
                   double reset_noise_scale)
      : MujocoEnvironment(std::move(spec), std::move(simulator)),
        reset_noise_scale_(reset_noise_scale) {}

 private:
  void DrawStart(Philox& random, std::span<double> qpos,
                 std::span<double> qvel) const override {
    AddUniform(random, reset_noise_scale_, qpos);
    AddUniform(random, reset_noise_scale_, qvel);
  }

  double* WriteObservation(double* to) const override {
    return Append(qvel(), Append(qpos(), to));
  }

  StepResult Judge(std::span<const float> /*action*/,
                   double /*velocity*/) override {
    constexpr double kMaxAngle = 0.2;
    StepResult result;
    result.terminated = !std::ranges::all_of(observation(), [](double x) {
      return std::isfinite(x);
    }) || std::abs(observation()[1]) > kMaxAngle;
    result.reward = result.terminated ? 0 : 1;
    SetComponents({result.reward});
    return result;
  }

  const double reset_noise_scale_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<EpisodicEnvironment>> MakeInvertedPendulum(
    SettingsReader& settings) {
  SimulatorOptions simulation{"inverted_pendulum.xml", /*frame_skip=*/2};
  double reset_noise_scale = 0.01;
  simulation.Read(settings);
  settings.Read("reset_noise_scale", &reset_noise_scale);
  SF_ASSIGN_OR_RETURN(Simulator simulator, LoadSimulator(simulation, 2, 1));
  EnvironmentSpec spec =
      MakeMujocoSpec("InvertedPendulum-v5", simulator,
                     simulator.model->nq + simulator.model->nv, {"survive"},
                     /*max_episode_steps=*/1000);
  return std::make_unique<InvertedPendulum>(
      std::move(spec), std::move(simulator), reset_noise_scale);
}

}  // namespace softfleet
