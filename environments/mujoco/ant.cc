// SPDX-License-Identifier: Apache-2.0
#include "environments/mujoco/ant.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "environments/mujoco/locomotion.h"
#include "environments/mujoco/numpy_sum.h"

namespace softfleet {
namespace {

struct AntOptions {
  double contact_cost_weight = 5e-4;
  std::variant<int64_t, std::string> main_body = 1;
  std::array<double, 2> healthy_z_range = {0.2, 1};
  std::array<double, 2> contact_force_range = {-1, 1};
  bool include_cfrc_ext = true;

  void Read(SettingsReader& settings) {
    settings.Read("contact_cost_weight", &contact_cost_weight);
    settings.Read("main_body", &main_body);
    settings.Read("healthy_z_range", &healthy_z_range);
    settings.Read("contact_force_range", &contact_force_range);
    settings.Read("include_cfrc_ext_in_observation", &include_cfrc_ext);
  }
};

absl::StatusOr<int> FindMainBody(
    const mjModel& model, const std::variant<int64_t, std::string>& body) {
  if (const auto* const name = std::get_if<std::string>(&body)) {
    return FindBody(model, *name);
  }
  const int64_t number = std::get<int64_t>(body);
  if (number >= 0 && number < model.nbody) return static_cast<int>(number);
  return absl::InvalidArgumentError(absl::StrCat("main_body is ", number,
                                                 ", the model has bodies 0 to ",
                                                 model.nbody - 1));
}

class Ant : public Locomotion {
 public:
  Ant(EnvironmentSpec spec, Simulator simulator, const LocomotionTask& task,
      const AntOptions& options, int main_body)
      : Locomotion(std::move(spec), std::move(simulator), task),
        options_(options) {
    set_main_body(main_body);
    compute_contact_forces();
  }

 private:
  double ClippedForce(size_t i) const {
    const auto& [low, high] = options_.contact_force_range;
    return std::clamp(data().cfrc_ext[i], low, high);
  }

  double Position() const override { return data().xpos[3 * main_body()]; }

  double* WriteObservation(double* to) const override {
    to = Locomotion::WriteObservation(to);
    if (!options_.include_cfrc_ext) return to;
    const size_t count = 6 * model().nbody;
    for (size_t i = 6; i < count; ++i) *to++ = ClippedForce(i);
    return to;
  }

  bool IsHealthy() const override {
    const auto finite = [](double x) { return std::isfinite(x); };
    const auto& [low, high] = options_.healthy_z_range;
    return std::ranges::all_of(qpos(), finite) &&
           std::ranges::all_of(qvel(), finite) && low <= qpos()[2] &&
           qpos()[2] <= high;
  }

  double ContactCost() const override {
    return options_.contact_cost_weight *
           NumpySum(6 * model().nbody, [&](size_t i) {
             return ClippedForce(i) * ClippedForce(i);
           });
  }

  const AntOptions options_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<EpisodicEnvironment>> MakeAnt(
    SettingsReader& settings) {
  LocomotionTask task{.name = "Ant-v5",
                      .simulation = {"ant.xml", /*frame_skip=*/5},
                      .ctrl_cost_weight = 0.5,
                      .reset_noise_scale = 0.1,
                      .hidden_positions = 2,
                      .can_fall = true,
                      .pays_for_contacts = true,
                      .normal_start_velocity = true};
  AntOptions options;
  task.Read(settings);
  options.Read(settings);
  SF_ASSIGN_OR_RETURN(Simulator simulator,
                      LoadSimulator(task.simulation, 3, 1));
  const mjModel& model = *simulator.model;
  SF_ASSIGN_OR_RETURN(const int main_body,
                      FindMainBody(model, options.main_body));
  const int64_t forces = options.include_cfrc_ext ? 6 * (model.nbody - 1) : 0;
  EnvironmentSpec spec = task.MakeSpec(simulator, forces);
  return std::make_unique<Ant>(std::move(spec), std::move(simulator), task,
                               options, main_body);
}

}  // namespace softfleet
