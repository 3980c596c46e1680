// SPDX-License-Identifier: Apache-2.0
// What a few runs say about all runs there could be: the interquartile mean
// and a confidence interval from the stratified bootstrap (Agarwal et al. 2021,
// "Deep reinforcement learning at the edge of the statistical precipice").
// Equal scores give equal numbers: the bootstrap draws from Philox.
// Thread-safe: free functions.
#ifndef SOFTFLEET_EVALUATION_INTERQUARTILE_MEAN_H_
#define SOFTFLEET_EVALUATION_INTERQUARTILE_MEAN_H_

#include <cstdint>
#include <vector>

namespace softfleet {

// The mean without the lowest and the highest quarter, each rounded down to
// whole scores (as the paper's own program does). NaN where there are none.
double InterquartileMean(std::vector<double> scores);

// Scores of one task: resampled among themselves.
using Stratum = std::vector<double>;

struct BootstrapOptions {
  double confidence = 0.95;
  int resamples = 2000;
  // Which stream of random numbers.
  uint32_t index = 0;
  uint64_t step = 0;
};

struct Estimate {
  double value = 0;
  double low = 0;  // of the confidence interval
  double high = 0;
};

// The interquartile mean over all scores of all strata, and its percentile
// interval: each resample draws as many scores from each stratum as that has,
// with replacement. All NaN where a stratum is empty or a score is not finite.
Estimate EstimateInterquartileMean(const std::vector<Stratum>& strata,
                                   const BootstrapOptions& options = {});

}  // namespace softfleet

#endif  // SOFTFLEET_EVALUATION_INTERQUARTILE_MEAN_H_
