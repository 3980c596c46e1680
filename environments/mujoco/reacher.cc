// SPDX-License-Identifier: Apache-2.0
#include "environments/mujoco/reacher.h"

#include <utility>

#include "core/status.h"
#include "environments/mujoco/reach_arm.h"

namespace softfleet {
namespace {

struct ReacherOptions {
  SimulatorOptions simulation{"reacher.xml", /*frame_skip=*/2};
  double dist_weight = 1;
  double control_weight = 1;

  void Read(SettingsReader& settings) {
    simulation.Read(settings);
    settings.Read("reward_dist_weight", &dist_weight);
    settings.Read("reward_control_weight", &control_weight);
  }
};

class Reacher : public ReachArm {
 public:
  Reacher(EnvironmentSpec spec, Simulator simulator, ReachBodies bodies,
          const ReacherOptions& options)
      : ReachArm(std::move(spec), std::move(simulator), bodies),
        options_(options) {}

 private:
  double* WriteObservation(double* to) const override {
    to = WriteAngles(to);
    to = Append(qpos().subspan(2), to);
    to = Append(qvel().first(2), to);
    *to++ = tip()[0] - target()[0];
    *to++ = tip()[1] - target()[1];
    return to;
  }

  StepResult Judge(std::span<const float> action,
                   double /*velocity*/) override {
    const double dist = -Distance(tip(), target()) * options_.dist_weight;
    const double control = -FloatControlCost(options_.control_weight, action);
    SetComponents({dist, control});
    StepResult result;
    result.reward = dist + control;
    return result;
  }

  const ReacherOptions options_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<EpisodicEnvironment>> MakeReacher(
    SettingsReader& settings) {
  ReacherOptions options;
  options.Read(settings);
  SF_ASSIGN_OR_RETURN(Simulator simulator,
                      LoadSimulator(options.simulation, ReachArm::kCoordinates,
                                    ReachArm::kCoordinates));
  const mjModel& model = *simulator.model;
  SF_ASSIGN_OR_RETURN(const ReachBodies bodies, FindReachBodies(model));
  EnvironmentSpec spec =
      MakeMujocoSpec("Reacher-v5", simulator, model.nq + 6, {"dist", "ctrl"},
                     ReachArm::kMaxEpisodeSteps);
  return std::make_unique<Reacher>(std::move(spec), std::move(simulator),
                                   bodies, options);
}

}  // namespace softfleet
