// SPDX-License-Identifier: Apache-2.0
#include "environments/environment_config.h"

namespace softfleet {

EnvironmentOptions MakeEnvironmentOptions(const v1::EnvironmentConfig& config) {
  EnvironmentOptions options;
  options.name = config.name();
  if (config.has_max_episode_steps()) {
    options.max_episode_steps = config.max_episode_steps();
  }
  options.action_low = {config.action_low().begin(), config.action_low().end()};
  options.action_high = {config.action_high().begin(),
                         config.action_high().end()};
  return options;
}

}  // namespace softfleet
