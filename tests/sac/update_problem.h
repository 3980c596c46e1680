// SPDX-License-Identifier: Apache-2.0
// A small random update problem for tests: options, batch and draws, owned.
#ifndef SOFTFLEET_TESTS_SAC_UPDATE_PROBLEM_H_
#define SOFTFLEET_TESTS_SAC_UPDATE_PROBLEM_H_

#include <cstdint>
#include <vector>

#include "sac/update.h"

namespace softfleet {

// Tiny networks in double; everything else at its default.
SacOptions SmallOptions(bool continuous);

struct UpdateProblem {
  // Random numbers from `seed`, sized for `options`.
  UpdateProblem(const SacOptions& options, int64_t batch_size, uint64_t seed);

  SacBatch batch() const;
  SacDraws draws() const;

  std::vector<float> observations, actions, next_observations, noise,
      next_noise;
  std::vector<int64_t> discrete_actions, subset;
  std::vector<double> rewards, discounts, weights;
  std::vector<uint8_t> terminated;
};

}  // namespace softfleet

#endif  // SOFTFLEET_TESTS_SAC_UPDATE_PROBLEM_H_
