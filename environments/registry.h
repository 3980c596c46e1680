// SPDX-License-Identifier: Apache-2.0
// Environments by name. Thread-safe.
#ifndef SOFTFLEET_ENVIRONMENTS_REGISTRY_H_
#define SOFTFLEET_ENVIRONMENTS_REGISTRY_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "environments/environment.h"
#include "environments/perturbation/perturbation_options.h"
#include "environments/settings.h"

namespace softfleet {

// What makes an environment; two equal values make equal environments. Exactly
// one of name, plugin and gymnasium is set.
struct EnvironmentOptions {
  std::string name;       // built in, "Pendulum-v1"
  std::string plugin;     // a shared library, see plugin/plugin_library.h
  std::string gymnasium;  // see gymnasium/gymnasium_environment.h
  std::string module;     // that Python imports first; of gymnasium only
  // A step or reset of an environment in a process of its own that takes longer
  // ends that process. Part of no description.
  absl::Duration step_deadline = absl::InfiniteDuration();
  std::vector<EnvironmentSetting> settings;
  // Replaces the environment's own limit; 0 = never truncate.
  std::optional<int64_t> max_episode_steps;
  // Replace infinite or too wide action bounds, one value per dimension, or a
  // single value for all; empty = the environment's own.
  std::vector<double> action_low;
  std::vector<double> action_high;
  // What disturbs the environment, the innermost first.
  std::vector<PerturbationOptions> perturbations;
};

// NotFound names the nearest known name ("did you mean ..."), or the file that
// is not there; InvalidArgument names a setting that the environment does not
// have, or the dimension whose action bounds are infinite, huge (> 1e6), or
// reversed. Also PluginEnvironment::Make's, GymnasiumEnvironment::Make's and
// Perturb's errors.
absl::StatusOr<std::unique_ptr<Environment>> MakeEnvironment(
    const EnvironmentOptions& options);

// Known names, sorted.
std::vector<std::string> EnvironmentNames();

// The settings of a built-in environment, each with its default, in the order
// in which it reads them; MakeEnvironment's errors.
absl::StatusOr<std::vector<EnvironmentSetting>> EnvironmentSettings(
    const std::string& name);

// The name, the plug-in or the Gymnasium id.
std::string EnvironmentId(const EnvironmentOptions& options);

// A text that is equal exactly when the options make equal environments, and
// its 64-bit hash (FNV-1a): part of a panel's identity.
std::string DescribeEnvironment(const EnvironmentOptions& options);
uint64_t EnvironmentHash(const EnvironmentOptions& options);

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_REGISTRY_H_
