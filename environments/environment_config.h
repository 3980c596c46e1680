// SPDX-License-Identifier: Apache-2.0
// The environment that a run's configuration asks for. A target of its own
// (softfleet::environment_config): environments themselves know no protobuf.
#ifndef SOFTFLEET_ENVIRONMENTS_ENVIRONMENT_CONFIG_H_
#define SOFTFLEET_ENVIRONMENTS_ENVIRONMENT_CONFIG_H_

#include "environments/registry.h"
#include "softfleet/v1/run.pb.h"

namespace softfleet {

// The configuration is valid (run/config.h).
PerturbationOptions MakePerturbationOptions(const v1::Perturbation& config);
EnvironmentOptions MakeEnvironmentOptions(const v1::EnvironmentConfig& config);

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_ENVIRONMENT_CONFIG_H_
