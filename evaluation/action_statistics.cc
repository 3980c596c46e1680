// SPDX-License-Identifier: Apache-2.0
#include "evaluation/action_statistics.h"

#include <cmath>
#include <cstddef>

namespace softfleet {

ActionStatistics::ActionStatistics(const ActionBounds& own)
    : low_(own.low.begin(), own.low.end()),
      high_(own.high.begin(), own.high.end()),
      mean_(low_.size()),
      squares_(low_.size()) {}

// Mean and variance by Welford 1962.
void ActionStatistics::Add(std::span<const float> action,
                           std::span<const float> scaled, double entropy) {
  ++steps_;
  entropy_sum_ += entropy;
  for (size_t i = 0; i < mean_.size(); ++i) {
    const double a = action[i];
    const double before = a - mean_[i];
    mean_[i] += before / static_cast<double>(steps_);
    squares_[i] += before * (a - mean_[i]);
    if (std::abs(a) > kSaturated) ++saturated_;
    if (scaled[i] < low_[i] || scaled[i] > high_[i]) ++clipped_;
  }
}

double ActionStatistics::entropy() const {
  return steps_ == 0 ? 0 : entropy_sum_ / static_cast<double>(steps_);
}

std::vector<double> ActionStatistics::std() const {
  std::vector<double> std(squares_.size());
  for (size_t i = 0; i < std.size() && steps_ > 0; ++i) {
    std[i] = std::sqrt(squares_[i] / static_cast<double>(steps_));
  }
  return std;
}

double ActionStatistics::Share(int64_t count) const {
  const double all =
      static_cast<double>(steps_) * static_cast<double>(mean_.size());
  return all == 0 ? 0 : static_cast<double>(count) / all;
}

}  // namespace softfleet
