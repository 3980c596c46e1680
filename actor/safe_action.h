// SPDX-License-Identifier: Apache-2.0
// What an environment in real time does when its policy is too slow.
// Thread-safe: a pure function.
#ifndef SOFTFLEET_ACTOR_SAFE_ACTION_H_
#define SOFTFLEET_ACTOR_SAFE_ACTION_H_

#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "environments/environment.h"

namespace softfleet {

struct SafeAction {
  std::vector<float> action;  // in the environment's units
  int32_t discrete_action = 0;
};

// One value per dimension, one for all, or an index; none = zeros, clipped to
// the bounds, or index 0. InvalidArgument names the value that does not fit.
absl::StatusOr<SafeAction> MakeSafeAction(std::span<const double> values,
                                          const EnvironmentSpec& spec);

}  // namespace softfleet

#endif  // SOFTFLEET_ACTOR_SAFE_ACTION_H_
