// SPDX-License-Identifier: Apache-2.0
// Everything that an environment shows in an episode of random actions, to be
// compared bit by bit.
#ifndef SOFTFLEET_TESTS_ENVIRONMENTS_PERTURBATION_TRAJECTORY_H_
#define SOFTFLEET_TESTS_ENVIRONMENTS_PERTURBATION_TRAJECTORY_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/philox.h"
#include "environments/environment.h"
#include "environments/perturbation/perturbation_options.h"

namespace softfleet {

// What was seen after a step, or (the first) at an episode's beginning.
struct Seen {
  double reward = 0;
  bool terminated = false;
  bool truncated = false;
  bool success = false;
  std::vector<double> components;
  std::vector<double> state;
  std::vector<std::vector<std::byte>> observation;  // per group
  bool operator==(const Seen&) const = default;

  // A group of float32.
  std::vector<float> floats(size_t group = 0) const;
};

Seen See(const Environment& environment, const StepResult& result = {});

// A step with an action from within the bounds, or of the indices.
absl::StatusOr<StepResult> RandomStep(Environment& environment, Philox& random);

// At most `steps` steps, to the episode's end; what is seen after each.
std::vector<Seen> Roll(Environment& environment, Philox& random, size_t steps);

// Reset(seed) and at most `steps` steps whose actions depend on the seed alone.
std::vector<Seen> Episode(Environment& environment, uint64_t seed,
                          size_t steps);

// The environment of that name, perturbed so.
std::unique_ptr<Environment> MakePerturbed(
    const std::string& name, std::vector<PerturbationOptions> perturbations);

}  // namespace softfleet

#endif  // SOFTFLEET_TESTS_ENVIRONMENTS_PERTURBATION_TRAJECTORY_H_
