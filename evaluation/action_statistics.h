// SPDX-License-Identifier: Apache-2.0
// What a policy's actions look like over many steps: entropy, mean and
// standard deviation, saturation, clipping. Not thread-safe; one owner.
#ifndef SOFTFLEET_EVALUATION_ACTION_STATISTICS_H_
#define SOFTFLEET_EVALUATION_ACTION_STATISTICS_H_

#include <cstdint>
#include <span>
#include <vector>

#include "experience/snapshot.h"

namespace softfleet {

class ActionStatistics {
 public:
  // |a| above this counts as saturated: tanh has lost 98% of its slope there.
  static constexpr double kSaturated = 0.99;

  // `own` are the bounds to which the environment itself clips, in its units;
  // no dimensions for discrete actions.
  explicit ActionStatistics(const ActionBounds& own);

  // One step: the action in policy space and in the environment's units
  // [dimension] both, and its entropy in nats.
  void Add(std::span<const float> action, std::span<const float> scaled,
           double entropy);

  // All are 0 before the first step.
  double entropy() const;  // mean
  const std::vector<double>& mean() const { return mean_; }
  std::vector<double> std() const;  // of the population
  // Shares of all action components; 0 where there are none.
  double clipped_fraction() const { return Share(clipped_); }
  double saturated_fraction() const { return Share(saturated_); }

 private:
  double Share(int64_t count) const;

  // As float, as actions are: float(0.4) is above 0.4, and is not clipped.
  std::vector<float> low_;
  std::vector<float> high_;
  int64_t steps_ = 0;
  int64_t clipped_ = 0;
  int64_t saturated_ = 0;
  double entropy_sum_ = 0;
  std::vector<double> mean_;
  std::vector<double> squares_;  // summed squared distance from the mean
};

}  // namespace softfleet

#endif  // SOFTFLEET_EVALUATION_ACTION_STATISTICS_H_
