// SPDX-License-Identifier: Apache-2.0
#include "environments/mujoco/sparse_reach.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "environments/mujoco/reach_arm.h"

namespace softfleet {
namespace {

struct SparseReachOptions {
  SimulatorOptions simulation{"reacher.xml", /*frame_skip=*/2};
  double tolerance = 0.02;  // m
  double shaping_weight = 0;

  void Read(SettingsReader& settings) {
    simulation.Read(settings);
    settings.Read("tolerance", &tolerance);
    settings.Read("shaping_weight", &shaping_weight);
  }
};

class SparseReach : public ReachArm {
 public:
  SparseReach(EnvironmentSpec spec, Simulator simulator, ReachBodies bodies,
              const SparseReachOptions& options)
      : ReachArm(std::move(spec), std::move(simulator), bodies),
        options_(options) {}

 private:
  double* WriteObservation(double* to) const override {
    to = WriteAngles(to);
    to = Append(qvel().first(2), to);
    to = Append(tip().first(2), to);
    return Append(target().first(2), to);
  }

  StepResult Judge(std::span<const float> /*action*/,
                   double /*velocity*/) override {
    const double distance = Distance(tip(), target());
    StepResult result;
    result.success = distance <= options_.tolerance;
    const double reached = result.success ? 0 : -1;
    const double shaping = -options_.shaping_weight * distance;
    SetComponents({reached, shaping});
    result.reward = reached + shaping;
    return result;
  }

  const SparseReachOptions options_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<EpisodicEnvironment>> MakeSparseReach(
    SettingsReader& settings) {
  SparseReachOptions options;
  options.Read(settings);
  if (options.tolerance <= 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "tolerance is ", options.tolerance, " m; nothing comes that near"));
  }
  SF_ASSIGN_OR_RETURN(Simulator simulator,
                      LoadSimulator(options.simulation, ReachArm::kCoordinates,
                                    ReachArm::kCoordinates));
  SF_ASSIGN_OR_RETURN(const ReachBodies bodies,
                      FindReachBodies(*simulator.model));
  constexpr int64_t kStateColumns = 8;
  EnvironmentSpec spec =
      MakeMujocoSpec("SparseReach-v0", simulator, kStateColumns,
                     {"reached", "shaping"}, ReachArm::kMaxEpisodeSteps);
  spec.observations.push_back({"goal", DType::kF32, {2}});
  return std::make_unique<SparseReach>(std::move(spec), std::move(simulator),
                                       bodies, options);
}

}  // namespace softfleet
