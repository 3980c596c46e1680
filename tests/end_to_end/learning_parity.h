// SPDX-License-Identifier: Apache-2.0
// Whether a cluster learns what one process learns: the pendulum preset over
// some seeds each, compared by what they end with.
#ifndef SOFTFLEET_TESTS_END_TO_END_LEARNING_PARITY_H_
#define SOFTFLEET_TESTS_END_TO_END_LEARNING_PARITY_H_

#include <vector>

namespace softfleet {

// Mean deterministic return on the panel after the last update, by seed.
struct ParityResult {
  std::vector<double> one_process;
  std::vector<double> cluster;
};

// Runs seeds 1 to `seeds` both ways (2 shards, 4 actors), prints a table, and
// expects of each cluster run an exit code of 0 and updates per step within 2 %
// of the configured value, and of their mean regrets a median of at most 20. A
// cluster is not deterministic, and a single run may get stuck, the more so on
// a machine that starves its actors.
ParityResult CompareLearning(int seeds);

// Percentile bootstrap over seeds of mean(cluster) - mean(one_process): the
// interval that holds `confidence` of 10,000 resampled differences.
struct Interval {
  double low, high;
};
Interval BootstrapDifference(const ParityResult& result, double confidence);

// CompareLearning, and expects that the 95 % interval of the difference meets
// [-5, 5]: differences of returns that nobody would act on.
void ExpectTheSameLearning(int seeds);

}  // namespace softfleet

#endif  // SOFTFLEET_TESTS_END_TO_END_LEARNING_PARITY_H_
