// SPDX-License-Identifier: Apache-2.0
#include "environments/action_scaling.h"

#include <algorithm>
#include <cstddef>

namespace softfleet {

ActionScaling::ActionScaling(const EnvironmentSpec& spec)
    : low_(spec.action_low) {
  for (size_t i = 0; i < low_.size(); ++i) {
    half_range_.push_back((spec.action_high[i] - low_[i]) / 2);
  }
}

void ActionScaling::ToEnvironment(std::span<const float> action,
                                  std::span<float> scaled) const {
  for (size_t i = 0; i < low_.size(); ++i) {
    const double up = static_cast<double>(action[i]) + 1;
    scaled[i] = static_cast<float>(low_[i] + up * half_range_[i]);
  }
}

void ActionScaling::ToPolicy(std::span<const float> scaled,
                             std::span<float> action) const {
  for (size_t i = 0; i < low_.size(); ++i) {
    const double up =
        (static_cast<double>(scaled[i]) - low_[i]) / half_range_[i];
    action[i] = static_cast<float>(std::clamp(up - 1, -1.0, 1.0));
  }
}

}  // namespace softfleet
