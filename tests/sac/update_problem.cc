// SPDX-License-Identifier: Apache-2.0
#include "tests/sac/update_problem.h"

#include "core/philox.h"

namespace softfleet {

SacOptions SmallOptions(bool continuous) {
  SacOptions options;
  options.continuous = continuous;
  options.observation_dim = 3;
  options.action_dim = continuous ? 2 : 4;
  options.actor_hidden = {6, 5};
  options.critic_hidden = {7, 4};
  options.target_entropy = continuous ? -2 : 0.7;
  options.precision = SacOptions::Precision::kFloat64;
  return options;
}

UpdateProblem::UpdateProblem(const SacOptions& options, int64_t batch_size,
                             uint64_t seed) {
  Philox random(seed, Purpose::kTest);
  const auto normals = [&random](int64_t n) {
    std::vector<float> values(n);
    for (float& x : values) x = static_cast<float>(random.NextNormal());
    return values;
  };
  observations = normals(batch_size * options.observation_dim);
  next_observations = normals(batch_size * options.observation_dim);
  if (options.continuous) {
    noise = normals(batch_size * options.action_dim);
    next_noise = normals(batch_size * options.action_dim);
    actions.resize(batch_size * options.action_dim);
    for (float& a : actions) a = 2 * random.NextUniformFloat() - 1;
  }
  for (int64_t b = 0; b < batch_size; ++b) {
    if (!options.continuous) {
      discrete_actions.push_back(random.NextBelow(options.action_dim));
    }
    rewards.push_back(random.NextNormal());
    discounts.push_back(random.NextUniform());
    terminated.push_back(random.NextBelow(3) == 0);
    weights.push_back(0.1 + random.NextUniform());
  }
  for (int m = 0; m < options.target_subset; ++m) {
    subset.push_back(options.num_critics - 1 - m);
  }
}

SacBatch UpdateProblem::batch() const {
  return {static_cast<int64_t>(rewards.size()),
          observations,
          actions,
          discrete_actions,
          rewards,
          discounts,
          terminated,
          next_observations,
          weights};
}

SacDraws UpdateProblem::draws() const { return {noise, next_noise, subset}; }

}  // namespace softfleet
