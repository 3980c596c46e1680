// SPDX-License-Identifier: Apache-2.0
#include "environments/environment_config.h"

#include <algorithm>
#include <numbers>

namespace softfleet {
namespace {

EnvironmentSetting MakeSetting(const v1::EnvironmentSetting& config) {
  EnvironmentSetting setting;
  setting.name = config.name();
  setting.numbers = {config.number().begin(), config.number().end()};
  if (config.has_flag()) setting.flag = config.flag();
  if (config.has_text()) setting.text = config.text();
  return setting;
}

}  // namespace

PerturbationOptions MakePerturbationOptions(const v1::Perturbation& config) {
  PerturbationOptions options;
  options.steps.from = config.from_step();
  if (config.has_until_step()) options.steps.until = config.until_step();
  Physics& physics = options.physics;
  physics.friction = config.friction();
  physics.mass = config.mass();
  physics.gain = config.gain();
  physics.contact_time = config.contact_time();
  physics.contact_damping = config.contact_damping();
  physics.gravity_tilt = config.gravity_tilt() * std::numbers::pi / 180;
  const auto given =
      std::min<size_t>(config.force_size(), physics.force.size());
  std::copy_n(config.force().begin(), given, physics.force.begin());
  physics.blocked = {config.blocked().begin(), config.blocked().end()};
  options.push_probability = config.push_probability();
  options.push_force = config.push_force();
  options.push_steps = config.push_steps();
  options.action_delay = config.action_delay();
  options.observation_delay = config.observation_delay();
  options.dropout_probability = config.dropout_probability();
  options.dropout_groups = {config.dropout_group().begin(),
                            config.dropout_group().end()};
  options.observation_noise = config.observation_noise();
  return options;
}

EnvironmentOptions MakeEnvironmentOptions(const v1::EnvironmentConfig& config) {
  EnvironmentOptions options;
  options.name = config.name();
  options.plugin = config.plugin();
  options.gymnasium = config.gymnasium();
  options.module = config.module();
  for (const v1::EnvironmentSetting& setting : config.setting()) {
    options.settings.push_back(MakeSetting(setting));
  }
  for (const v1::Perturbation& perturbation : config.perturbation()) {
    options.perturbations.push_back(MakePerturbationOptions(perturbation));
  }
  if (config.has_max_episode_steps()) {
    options.max_episode_steps = config.max_episode_steps();
  }
  options.action_low = {config.action_low().begin(), config.action_low().end()};
  options.action_high = {config.action_high().begin(),
                         config.action_high().end()};
  return options;
}

}  // namespace softfleet
