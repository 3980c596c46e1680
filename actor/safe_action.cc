// SPDX-License-Identifier: Apache-2.0
#include "actor/safe_action.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "core/status.h"

namespace softfleet {
namespace {

absl::Status CheckCount(size_t values, int64_t wanted) {
  if (values <= 1 || values == static_cast<size_t>(wanted)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("actor.safe_action has ", values, " values, expected ",
                   wanted, wanted > 1 ? ", or one for all" : ""));
}

absl::StatusOr<SafeAction> MakeIndex(std::span<const double> values,
                                     const ActionSpec& spec) {
  SF_RETURN_IF_ERROR(CheckCount(values.size(), 1));
  const double index = values.empty() ? 0 : values[0];
  if (std::trunc(index) == index && index >= 0 &&
      index < static_cast<double>(spec.num_actions)) {
    return SafeAction{{}, static_cast<int32_t>(index)};
  }
  return absl::InvalidArgumentError(absl::StrCat("actor.safe_action is ", index,
                                                 ", no index in [0, ",
                                                 spec.num_actions, ")"));
}

}  // namespace

absl::StatusOr<SafeAction> MakeSafeAction(std::span<const double> values,
                                          const EnvironmentSpec& spec) {
  if (!spec.action.continuous()) return MakeIndex(values, spec.action);
  SF_RETURN_IF_ERROR(CheckCount(values.size(), spec.action.dimension));
  SafeAction safe;
  for (size_t i = 0; i < spec.action_low.size(); ++i) {
    const double low = spec.action_low[i], high = spec.action_high[i];
    const double value = values.empty() ? std::clamp(0.0, low, high)
                                        : values[values.size() == 1 ? 0 : i];
    if (!(value >= low && value <= high)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "actor.safe_action is ", value, " in dimension ", i,
          ", outside of the environment's bounds [", low, ", ", high, "]"));
    }
    safe.action.push_back(static_cast<float>(value));
  }
  return safe;
}

}  // namespace softfleet
