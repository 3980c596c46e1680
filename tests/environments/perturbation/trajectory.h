// SPDX-License-Identifier: Apache-2.0
// Episodes of perturbed environments, to be compared bit by bit.
#ifndef SOFTFLEET_TESTS_ENVIRONMENTS_PERTURBATION_TRAJECTORY_H_
#define SOFTFLEET_TESTS_ENVIRONMENTS_PERTURBATION_TRAJECTORY_H_

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "environments/conformance/episode_record.h"
#include "environments/registry.h"

namespace softfleet {

// The environment of that name, perturbed so.
inline std::unique_ptr<Environment> MakePerturbed(
    const std::string& name, std::vector<PerturbationOptions> perturbations) {
  EnvironmentOptions options;
  options.name = name;
  options.perturbations = std::move(perturbations);
  auto made = MakeEnvironment(options);
  EXPECT_TRUE(made.ok()) << made.status();
  return *std::move(made);
}

// Reset(seed) and at most `steps` steps whose actions depend on the seed alone.
inline std::vector<Seen> Episode(Environment& environment, uint64_t seed,
                                 int64_t steps) {
  auto episode = RecordEpisode(environment, seed, steps);
  EXPECT_TRUE(episode.ok()) << episode.status();
  return *std::move(episode);
}

// At most `steps` steps more.
inline std::vector<Seen> Continue(Environment& environment, Philox& random,
                                  int64_t steps) {
  auto rest = Roll(environment, random, steps);
  EXPECT_TRUE(rest.ok()) << rest.status();
  return *std::move(rest);
}

// The first group, which is of float32.
inline std::vector<float> Floats(const Seen& seen) {
  std::vector<float> values(seen.observation[0].size() / sizeof(float));
  std::memcpy(values.data(), seen.observation[0].data(),
              seen.observation[0].size());
  return values;
}

}  // namespace softfleet

#endif  // SOFTFLEET_TESTS_ENVIRONMENTS_PERTURBATION_TRAJECTORY_H_
