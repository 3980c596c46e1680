// SPDX-License-Identifier: Apache-2.0
#include "tests/environments/perturbation/trajectory.h"

#include <gtest/gtest.h>

#include <cstring>
#include <utility>

#include "environments/observation_buffer.h"
#include "environments/registry.h"

namespace softfleet {

std::vector<float> Seen::floats(size_t group) const {
  std::vector<float> values(observation[group].size() / sizeof(float));
  std::memcpy(values.data(), observation[group].data(),
              observation[group].size());
  return values;
}

Seen See(const Environment& environment, const StepResult& result) {
  Seen seen{result.reward,
            result.terminated,
            result.truncated,
            result.success,
            {result.reward_components.begin(), result.reward_components.end()},
            environment.state(),
            {}};
  ObservationBuffer observation(environment.spec());
  observation.Read(environment);
  for (const auto group : observation.groups()) {
    seen.observation.emplace_back(group.begin(), group.end());
  }
  return seen;
}

absl::StatusOr<StepResult> RandomStep(Environment& environment,
                                      Philox& random) {
  const EnvironmentSpec& spec = environment.spec();
  if (!spec.action.continuous()) {
    const auto actions = static_cast<uint64_t>(spec.action.num_actions);
    return environment.Step(static_cast<int32_t>(random.NextBelow(actions)));
  }
  std::vector<float> action;
  for (size_t i = 0; i < spec.action_low.size(); ++i) {
    const double range = spec.action_high[i] - spec.action_low[i];
    action.push_back(
        static_cast<float>(spec.action_low[i] + random.NextUniform() * range));
  }
  return environment.Step(action);
}

std::vector<Seen> Roll(Environment& environment, Philox& random, size_t steps) {
  std::vector<Seen> all;
  while (all.size() < steps) {
    const auto result = RandomStep(environment, random);
    EXPECT_TRUE(result.ok()) << result.status();
    if (!result.ok()) break;
    all.push_back(See(environment, *result));
    if (result->terminated || result->truncated) break;
  }
  return all;
}

std::vector<Seen> Episode(Environment& environment, uint64_t seed,
                          size_t steps) {
  const absl::Status reset = environment.Reset(seed);
  EXPECT_TRUE(reset.ok()) << reset;
  std::vector<Seen> all = {See(environment)};
  Philox random(seed, Purpose::kTest);
  for (Seen& seen : Roll(environment, random, steps)) {
    all.push_back(std::move(seen));
  }
  return all;
}

std::unique_ptr<Environment> MakePerturbed(
    const std::string& name, std::vector<PerturbationOptions> perturbations) {
  EnvironmentOptions options;
  options.name = name;
  options.perturbations = std::move(perturbations);
  auto made = MakeEnvironment(options);
  EXPECT_TRUE(made.ok()) << made.status();
  return *std::move(made);
}

}  // namespace softfleet
