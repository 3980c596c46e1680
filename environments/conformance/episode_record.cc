// SPDX-License-Identifier: Apache-2.0
#include "environments/conformance/episode_record.h"

#include <algorithm>
#include <bit>
#include <span>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status.h"

namespace softfleet {
namespace {

template <typename T>
std::string ValueDifference(absl::string_view what, T a, T b) {
  // Bits: a NaN is equal to itself, and 0 is not -0.
  const auto bytes = [](const T& x) { return std::as_bytes(std::span(&x, 1)); };
  if (std::ranges::equal(bytes(a), bytes(b))) return "";
  return absl::StrCat(what, " is ", a, " and ", b);
}

template <typename T>
std::string ValuesDifference(absl::string_view what, const std::vector<T>& a,
                             const std::vector<T>& b) {
  if (a.size() != b.size()) {
    return absl::StrCat(what, " has ", a.size(), " and ", b.size(), " values");
  }
  for (size_t i = 0; i < a.size(); ++i) {
    std::string difference =
        ValueDifference(absl::StrCat(what, " ", i), a[i], b[i]);
    if (!difference.empty()) return difference;
  }
  return "";
}

std::string ObservationDifference(const Seen& a, const Seen& b) {
  for (size_t g = 0; g < a.observation.size(); ++g) {
    if (a.observation[g] == b.observation[g]) continue;
    return absl::StrCat("observation group ", g, " differs");
  }
  return "";
}

}  // namespace

void DrawAction(const EnvironmentSpec& spec, double width, Philox& random,
                RandomAction* action) {
  if (!spec.action.continuous()) {
    action->index = static_cast<int32_t>(
        random.NextBelow(static_cast<uint64_t>(spec.action.num_actions)));
    return;
  }
  action->vector.resize(spec.action_low.size());
  for (size_t i = 0; i < action->vector.size(); ++i) {
    const double middle = (spec.action_low[i] + spec.action_high[i]) / 2;
    const double half = (spec.action_high[i] - spec.action_low[i]) / 2;
    action->vector[i] = static_cast<float>(
        middle + width * half * (2 * random.NextUniform() - 1));
  }
}

absl::StatusOr<StepResult> StepWith(Environment& environment,
                                    const RandomAction& action) {
  if (!environment.spec().action.continuous()) {
    return environment.Step(action.index);
  }
  return environment.Step(action.vector);
}

GuardedObservation::GuardedObservation(const EnvironmentSpec& spec) {
  for (const ObservationGroup& group : spec.observations) {
    columns_.emplace_back(group.bytes() + 2 * kMargin);
    places_.push_back(
        std::span(columns_.back()).subspan(kMargin, group.bytes()));
  }
}

void GuardedObservation::Read(const Environment& environment,
                              std::byte filling) {
  filling_ = filling;
  for (auto& column : columns_) std::ranges::fill(column, filling);
  environment.Observe(places_);
}

bool GuardedObservation::within() const {
  const auto untouched = [&](std::byte b) { return b == filling_; };
  return std::ranges::all_of(columns_, [&](const auto& column) {
    return std::all_of(column.begin(), column.begin() + kMargin, untouched) &&
           std::all_of(column.end() - kMargin, column.end(), untouched);
  });
}

Seen See(const Environment& environment, const StepResult& result) {
  Seen seen;
  seen.reward = result.reward;
  seen.terminated = result.terminated;
  seen.truncated = result.truncated;
  seen.success = result.success;
  seen.taken_over = result.taken_over;
  seen.executed_action = {result.executed_action.begin(),
                          result.executed_action.end()};
  seen.reward_components = {result.reward_components.begin(),
                            result.reward_components.end()};
  seen.state = environment.state();
  GuardedObservation observation(environment.spec());
  observation.Read(environment, std::byte{0});
  for (const auto group : observation.places()) {
    seen.observation.emplace_back(group.begin(), group.end());
  }
  return seen;
}

std::string Difference(const Seen& a, const Seen& b) {
  const std::string differences[] = {
      ValueDifference("reward", a.reward, b.reward),
      ValueDifference("terminated", a.terminated, b.terminated),
      ValueDifference("truncated", a.truncated, b.truncated),
      ValueDifference("success", a.success, b.success),
      ValueDifference("taken_over", a.taken_over, b.taken_over),
      ValuesDifference("executed action", a.executed_action, b.executed_action),
      ValuesDifference("reward component", a.reward_components,
                       b.reward_components),
      ValuesDifference("state", a.state, b.state),
      ObservationDifference(a, b),
  };
  for (const std::string& difference : differences) {
    if (!difference.empty()) return difference;
  }
  return "";
}

std::string Difference(const std::vector<Seen>& a, const std::vector<Seen>& b) {
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    const std::string difference = Difference(a[i], b[i]);
    if (!difference.empty()) return absl::StrCat("step ", i, ": ", difference);
  }
  if (a.size() == b.size()) return "";
  return absl::StrCat("one ends at step ", std::min(a.size(), b.size()) - 1,
                      " and the other does not");
}

absl::StatusOr<std::vector<Seen>> Roll(Environment& environment, Philox& random,
                                       int64_t steps) {
  std::vector<Seen> all;
  RandomAction action;
  for (int64_t step = 0; step < steps; ++step) {
    DrawAction(environment.spec(), 1.0, random, &action);
    SF_ASSIGN_OR_RETURN(const StepResult result, StepWith(environment, action));
    all.push_back(See(environment, result));
    if (all.back().ended()) break;
  }
  return all;
}

absl::StatusOr<std::vector<Seen>> RecordEpisode(Environment& environment,
                                                uint64_t seed, int64_t steps) {
  SF_RETURN_IF_ERROR(environment.Reset(seed));
  std::vector<Seen> all = {See(environment)};
  Philox random = EpisodeActions(seed);
  SF_ASSIGN_OR_RETURN(std::vector<Seen> rest, Roll(environment, random, steps));
  std::ranges::move(rest, std::back_inserter(all));
  return all;
}

Philox EpisodeActions(uint64_t seed) {
  return Philox(seed, Purpose::kUniformAction);
}

}  // namespace softfleet
