// SPDX-License-Identifier: Apache-2.0
#include "environments/environment_config.h"

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

EnvironmentOptions MakeEnvironmentOptions(const v1::EnvironmentConfig& config) {
  EnvironmentOptions options;
  options.name = config.name();
  options.plugin = config.plugin();
  options.gymnasium = config.gymnasium();
  options.module = config.module();
  for (const v1::EnvironmentSetting& setting : config.setting()) {
    options.settings.push_back(MakeSetting(setting));
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
