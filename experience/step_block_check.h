// SPDX-License-Identifier: Apache-2.0
// The checks of single values that CheckStepBlock and StepBlockBuilder share.
// Private to the room. Thread-safe: free functions.
#ifndef SOFTFLEET_EXPERIENCE_STEP_BLOCK_CHECK_H_
#define SOFTFLEET_EXPERIENCE_STEP_BLOCK_CHECK_H_

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "core/status.h"
#include "experience/schema.h"

namespace softfleet::step_block {

// InvalidArgument names the first value that is not accepted by its place in
// rows of `columns` values, the first of which is row `first_row`: "rewards row
// 2 element 0 is nan, not finite".
template <typename T, typename Accept>
absl::Status CheckValues(absl::string_view field, std::span<const T> values,
                         int64_t columns, int64_t first_row,
                         absl::string_view rule, Accept accept) {
  const auto bad = std::find_if_not(values.begin(), values.end(), accept);
  if (bad == values.end()) return absl::OkStatus();
  const int64_t i = bad - values.begin();
  return absl::InvalidArgumentError(
      absl::StrCat(field, " row ", first_row + i / columns, " element ",
                   i % columns, " is ", *bad, ", ", rule));
}

inline absl::Status CheckRewards(std::span<const float> rewards,
                                 int64_t first_row) {
  return CheckValues("rewards", rewards, 1, first_row, "not finite",
                     [](float x) { return std::isfinite(x); });
}

// Observations of one group, one after the other; a whole number of them.
inline absl::Status CheckObservations(const ObservationGroup& group,
                                      std::span<const std::byte> bytes,
                                      int64_t first_row) {
  if (group.dtype != DType::kF32) return absl::OkStatus();
  const std::span<const float> values(
      reinterpret_cast<const float*>(bytes.data()),
      bytes.size() / sizeof(float));
  const auto finite = [](float x) { return std::isfinite(x); };
  if (std::all_of(values.begin(), values.end(), finite)) {
    return absl::OkStatus();
  }
  return CheckValues(absl::StrCat("observations.", group.name), values,
                     group.elements(), first_row, "not finite", finite);
}

// Of the two the one that the spec speaks of, a whole number of actions.
inline absl::Status CheckActions(const ActionSpec& spec,
                                 std::span<const float> actions,
                                 std::span<const int32_t> discrete_actions,
                                 int64_t first_row) {
  if (spec.continuous()) {  // false for NaN
    return CheckValues("actions", actions, spec.dimension, first_row,
                       "not in [-1, 1]",
                       [](float x) { return x >= -1 && x <= 1; });
  }
  const auto known = [&spec](int32_t index) {
    return index >= 0 && index < spec.num_actions;
  };
  if (std::all_of(discrete_actions.begin(), discrete_actions.end(), known)) {
    return absl::OkStatus();
  }
  return CheckValues("discrete_actions", discrete_actions, 1, first_row,
                     absl::StrCat("not in [0, ", spec.num_actions, ")"), known);
}

}  // namespace softfleet::step_block

#endif  // SOFTFLEET_EXPERIENCE_STEP_BLOCK_CHECK_H_
