// SPDX-License-Identifier: Apache-2.0
#include "environments/mujoco/locomotion.h"

#include <algorithm>
#include <utility>

#include "environments/mujoco/numpy_sum.h"

namespace softfleet {
namespace {

int HiddenPositions(const LocomotionOptions& options,
                    const Locomotion::Form& form) {
  return options.exclude_current_positions_from_observation
             ? form.hidden_positions
             : 0;
}

}  // namespace

void LocomotionOptions::Read(SettingsReader& settings) {
  settings.Read("forward_reward_weight", &forward_reward_weight);
  settings.Read("ctrl_cost_weight", &ctrl_cost_weight);
  settings.Read("reset_noise_scale", &reset_noise_scale);
  settings.Read("exclude_current_positions_from_observation",
                &exclude_current_positions_from_observation);
}

void HealthOptions::Read(SettingsReader& settings) {
  settings.Read("healthy_reward", &healthy_reward);
  settings.Read("terminate_when_unhealthy", &terminate_when_unhealthy);
}

double FloatControlCost(double weight, std::span<const float> action) {
  return static_cast<float>(weight) * NumpySum(action.size(), [&](size_t i) {
           return action[i] * action[i];
         });
}

int64_t Locomotion::Columns(const mjModel& model,
                            const LocomotionOptions& options,
                            const Form& form) {
  return model.nq + model.nv - HiddenPositions(options, form);
}

Locomotion::Locomotion(EnvironmentSpec spec, Simulator simulator,
                       const LocomotionOptions& options,
                       const HealthOptions& health, const Form& form)
    : MujocoEnvironment(std::move(spec), std::move(simulator)),
      options_(options),
      health_(health),
      form_(form) {}

void Locomotion::DrawStart(Philox& random, std::span<double> qpos,
                           std::span<double> qvel) const {
  AddUniform(random, options_.reset_noise_scale, qpos);
  if (form_.normal_start_velocity) {
    AddNormal(random, options_.reset_noise_scale, qvel);
  } else {
    AddUniform(random, options_.reset_noise_scale, qvel);
  }
}

double* Locomotion::WriteObservation(double* to) const {
  to = Append(qpos().subspan(HiddenPositions(options_, form_)), to);
  const double limit = form_.velocity_limit;
  for (const double v : qvel()) *to++ = std::clamp(v, -limit, limit);
  return to;
}

double Locomotion::ControlCost(std::span<const float> action) const {
  return FloatControlCost(options_.ctrl_cost_weight, action);
}

// The order of Gymnasium's sums.
StepResult Locomotion::Judge(std::span<const float> action, double velocity) {
  const bool healthy = IsHealthy();
  const double forward = options_.forward_reward_weight * velocity;
  const double survive = healthy ? health_.healthy_reward : 0;
  const double control = ControlCost(action);
  const double contact = ContactCost();
  SetComponents({forward, -control, survive, -contact});
  StepResult result;
  result.reward = (forward + survive) - (control + contact);
  result.terminated = !healthy && health_.terminate_when_unhealthy;
  return result;
}

}  // namespace softfleet
