// SPDX-License-Identifier: Apache-2.0
// Policy space to the environment's units and back: low + (a + 1)(high -
// low)/2 per dimension. Thread-safe: values.
#ifndef SOFTFLEET_ENVIRONMENTS_ACTION_SCALING_H_
#define SOFTFLEET_ENVIRONMENTS_ACTION_SCALING_H_

#include <span>
#include <vector>

#include "environments/environment.h"

namespace softfleet {

class ActionScaling {
 public:
  explicit ActionScaling(const EnvironmentSpec& spec);

  // action in [-1, 1]^d (not clipped) -> environment units. Computed in
  // double, rounded to float once.
  void ToEnvironment(std::span<const float> action,
                     std::span<float> scaled) const;
  // The way back, clipped to [-1, 1]; what is not a number stays none.
  void ToPolicy(std::span<const float> scaled, std::span<float> action) const;

 private:
  std::vector<double> low_;
  std::vector<double> half_range_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_ACTION_SCALING_H_
