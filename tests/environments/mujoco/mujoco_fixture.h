// SPDX-License-Identifier: Apache-2.0
// What the tests of the MuJoCo environments share.
#ifndef SOFTFLEET_TESTS_ENVIRONMENTS_MUJOCO_MUJOCO_FIXTURE_H_
#define SOFTFLEET_TESTS_ENVIRONMENTS_MUJOCO_MUJOCO_FIXTURE_H_

#include <memory>
#include <string>
#include <vector>

#include "core/philox.h"
#include "environments/mujoco/mujoco_environment.h"
#include "environments/registry.h"

namespace softfleet::testing {

inline EnvironmentSetting NumbersSetting(const std::string& name,
                                         std::vector<double> numbers) {
  EnvironmentSetting setting;
  setting.name = name;
  setting.numbers = std::move(numbers);
  return setting;
}

inline EnvironmentSetting TextSetting(const std::string& name,
                                      const std::string& text) {
  EnvironmentSetting setting;
  setting.name = name;
  setting.text = text;
  return setting;
}

inline EnvironmentOptions Named(const std::string& name,
                                std::vector<EnvironmentSetting> settings = {}) {
  EnvironmentOptions options;
  options.name = name;
  options.settings = std::move(settings);
  return options;
}

inline std::unique_ptr<MujocoEnvironment> MakeMujoco(
    const EnvironmentOptions& options) {
  std::unique_ptr<Environment> made = MakeEnvironment(options).value();
  return std::unique_ptr<MujocoEnvironment>(
      &dynamic_cast<MujocoEnvironment&>(*made.release()));
}

inline std::unique_ptr<MujocoEnvironment> MakeMujoco(const std::string& name) {
  return MakeMujoco(Named(name));
}

// The names of all of them.
inline std::vector<std::string> MujocoNames() {
  std::vector<std::string> names;
  for (const std::string& name : EnvironmentNames()) {
    const std::unique_ptr<Environment> made =
        MakeEnvironment(Named(name)).value();
    if (dynamic_cast<MujocoEnvironment*>(made.get()) != nullptr) {
      names.push_back(name);
    }
  }
  return names;
}

// Uniform within the bounds.
inline std::vector<float> DrawAction(const EnvironmentSpec& spec,
                                     Philox& random) {
  std::vector<float> action;
  for (size_t i = 0; i < spec.action_low.size(); ++i) {
    const double range = spec.action_high[i] - spec.action_low[i];
    action.push_back(
        static_cast<float>(spec.action_low[i] + random.NextUniform() * range));
  }
  return action;
}

inline absl::StatusOr<StepResult> RandomStep(Environment& environment,
                                             Philox& random) {
  return environment.Step(DrawAction(environment.spec(), random));
}

// State after state of at most `steps` random steps, to the episode's end.
inline std::vector<std::vector<double>> Play(Environment& environment,
                                             uint64_t seed, int steps) {
  Philox random(seed, Purpose::kTest);
  std::vector<std::vector<double>> states;
  for (int i = 0; i < steps; ++i) {
    const StepResult result = RandomStep(environment, random).value();
    states.push_back(environment.state());
    if (result.terminated || result.truncated) break;
  }
  return states;
}

// The same from the start with that seed.
inline std::vector<std::vector<double>> PlayFromStart(Environment& environment,
                                                      uint64_t seed,
                                                      int steps = 200) {
  if (!environment.Reset(seed).ok()) return {};
  return Play(environment, seed, steps);
}

}  // namespace softfleet::testing

#endif  // SOFTFLEET_TESTS_ENVIRONMENTS_MUJOCO_MUJOCO_FIXTURE_H_
