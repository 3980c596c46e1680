// SPDX-License-Identifier: Apache-2.0
#include "environments/foreign_checks.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "core/status.h"

namespace softfleet {
namespace {

absl::Status CheckElements(absl::string_view what, absl::string_view name,
                           std::span<const float> values) {
  const auto wrong = std::ranges::find_if_not(
      values, [](float value) { return std::isfinite(value); });
  if (wrong == values.end()) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(
      what, name, " element ", wrong - values.begin(), " is ", *wrong));
}

bool IsWord(absl::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](unsigned char c) {
    return absl::ascii_isgraph(c) && c != '"';
  });
}

absl::Status CheckComponentNames(const std::vector<std::string>& names) {
  std::set<std::string> seen;
  for (const std::string& name : names) {
    if (!IsWord(name)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "reward component \"", name, "\" is no name: one word is"));
    }
    if (!seen.insert(name).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("reward component ", name, " is there twice"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckStepResult(const EnvironmentSpec& spec,
                             const StepResult& result) {
  if (!std::isfinite(result.reward)) {
    return absl::DataLossError(absl::StrCat("reward is ", result.reward));
  }
  for (size_t i = 0; i < result.reward_components.size(); ++i) {
    if (std::isfinite(result.reward_components[i])) continue;
    return absl::DataLossError(absl::StrCat("reward component ",
                                            spec.reward_components[i], " is ",
                                            result.reward_components[i]));
  }
  return CheckElements("executed action", "", result.executed_action);
}

absl::Status CheckObservation(const EnvironmentSpec& spec,
                              ObservationPlaces groups) {
  for (size_t g = 0; g < groups.size(); ++g) {
    const ObservationGroup& group = spec.observations[g];
    if (group.dtype != DType::kF32) continue;
    const std::span<const float> values(
        reinterpret_cast<const float*>(groups[g].data()),
        groups[g].size() / sizeof(float));
    SF_RETURN_IF_ERROR(CheckElements("observation group ", group.name, values));
  }
  return absl::OkStatus();
}

absl::Status CheckForeignSpec(const EnvironmentSpec& spec) {
  if (!IsWord(spec.name)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the name \"", spec.name, "\" is none: it is one word"));
  }
  SF_RETURN_IF_ERROR(MakeSchema(spec, 1).Validate());
  SF_RETURN_IF_ERROR(CheckComponentNames(spec.reward_components));
  if (spec.max_episode_steps < 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "max_episode_steps is ", spec.max_episode_steps, "; 0 means never"));
  }
  if (!std::isfinite(spec.control_frequency) || spec.control_frequency < 0) {
    return absl::InvalidArgumentError(absl::StrCat("control_frequency is ",
                                                   spec.control_frequency,
                                                   " Hz; 0 means unknown"));
  }
  return absl::OkStatus();
}

}  // namespace softfleet
