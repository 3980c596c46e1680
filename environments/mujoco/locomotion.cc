// SPDX-License-Identifier: Apache-2.0
#include "environments/mujoco/locomotion.h"

#include <algorithm>
#include <utility>

namespace softfleet {

void LocomotionTask::Read(SettingsReader& settings) {
  simulation.Read(settings);
  settings.Read("forward_reward_weight", &forward_reward_weight);
  settings.Read("ctrl_cost_weight", &ctrl_cost_weight);
  settings.Read("reset_noise_scale", &reset_noise_scale);
  bool exclude = true;
  settings.Read("exclude_current_positions_from_observation", &exclude);
  if (!exclude) hidden_positions = 0;
  if (!can_fall) return;
  settings.Read("healthy_reward", &healthy_reward);
  settings.Read("terminate_when_unhealthy", &terminate_when_unhealthy);
}

EnvironmentSpec LocomotionTask::MakeSpec(const Simulator& simulator,
                                         int64_t more_columns) const {
  std::vector<std::string> components = {"forward", "ctrl"};
  if (can_fall) components.emplace_back("survive");
  if (pays_for_contacts) components.emplace_back("contact");
  const mjModel& model = *simulator.model;
  return MakeMujocoSpec(name, simulator,
                        model.nq - hidden_positions + model.nv + more_columns,
                        std::move(components), /*max_episode_steps=*/1000);
}

Locomotion::Locomotion(EnvironmentSpec spec, Simulator simulator,
                       const LocomotionTask& task)
    : MujocoEnvironment(std::move(spec), std::move(simulator)), task_(task) {}

void Locomotion::DrawStart(Philox& random, std::span<double> qpos,
                           std::span<double> qvel) const {
  AddUniform(random, task_.reset_noise_scale, qpos);
  if (task_.normal_start_velocity) {
    AddNormal(random, task_.reset_noise_scale, qvel);
  } else {
    AddUniform(random, task_.reset_noise_scale, qvel);
  }
}

double* Locomotion::WriteObservation(double* to) const {
  to = Append(qpos().subspan(task_.hidden_positions), to);
  const double limit = task_.velocity_limit;
  for (const double v : qvel()) *to++ = std::clamp(v, -limit, limit);
  return to;
}

double Locomotion::ControlCost(std::span<const float> action) const {
  return FloatControlCost(task_.ctrl_cost_weight, action);
}

// The order of Gymnasium's sums.
StepResult Locomotion::Judge(std::span<const float> action, double velocity) {
  const bool healthy = IsHealthy();
  const double forward = task_.forward_reward_weight * velocity;
  const double survive = task_.can_fall && healthy ? task_.healthy_reward : 0;
  const double control = ControlCost(action);
  const double contact = ContactCost();
  SetComponents({forward, -control, survive, -contact});
  StepResult result;
  result.reward = (forward + survive) - (control + contact);
  result.terminated = !healthy && task_.terminate_when_unhealthy;
  return result;
}

}  // namespace softfleet
