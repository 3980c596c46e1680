// SPDX-License-Identifier: Apache-2.0
#include "environments/episodic_environment.h"

#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "environments/state_bytes.h"

namespace softfleet {
namespace {

constexpr uint32_t kSaveVersion = 1;

// What every saved state of this environment begins with.
std::string SaveHeader(const std::string& name) {
  std::string bytes;
  PutState(kSaveVersion, &bytes);
  PutState(static_cast<uint32_t>(name.size()), &bytes);
  bytes += name;
  return bytes;
}

template <typename T>
absl::Status CheckAll(absl::string_view environment, absl::string_view what,
                      std::span<const T> values, size_t wanted) {
  if (values.size() != wanted) {
    return absl::InvalidArgumentError(
        absl::StrCat(environment, ": ", what, " has ", values.size(),
                     " values, expected ", wanted));
  }
  for (size_t i = 0; i < values.size(); ++i) {
    if (std::isfinite(values[i])) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        environment, ": ", what, " element ", i, " is ", values[i]));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckValues(absl::string_view environment, absl::string_view what,
                         std::span<const double> values, size_t wanted) {
  return CheckAll(environment, what, values, wanted);
}

absl::Status CheckAction(const EnvironmentSpec& spec,
                         std::span<const float> action) {
  if (!spec.action.continuous()) {
    return absl::InvalidArgumentError(
        absl::StrCat(spec.name, " takes an index, not a vector"));
  }
  return CheckAll(spec.name, "action", action,
                  static_cast<size_t>(spec.action.dimension));
}

absl::Status CheckAction(const EnvironmentSpec& spec, int32_t action) {
  if (spec.action.continuous()) {
    return absl::InvalidArgumentError(
        absl::StrCat(spec.name, " takes a vector, not an index"));
  }
  if (action >= 0 && action < spec.action.num_actions) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(spec.name, ": action is ",
                                                 action, ", not in [0, ",
                                                 spec.action.num_actions, ")"));
}

EpisodicEnvironment::EpisodicEnvironment(EnvironmentSpec spec)
    : spec_(std::move(spec)) {}

void EpisodicEnvironment::set_action_bounds(std::vector<double> low,
                                            std::vector<double> high) {
  spec_.action_low = std::move(low);
  spec_.action_high = std::move(high);
}

absl::Status EpisodicEnvironment::Reset(uint64_t seed) {
  ended_ = true;
  SF_RETURN_IF_ERROR(Start(seed));
  steps_ = 0;
  ended_ = false;
  return absl::OkStatus();
}

absl::Status EpisodicEnvironment::ResetTo(std::span<const double> state) {
  SF_RETURN_IF_ERROR(CheckValues(spec_.name, "state", state, state.size()));
  SF_RETURN_IF_ERROR(StartAt(state));
  steps_ = 0;
  ended_ = false;
  return absl::OkStatus();
}

absl::StatusOr<StepResult> EpisodicEnvironment::Step(
    std::span<const float> action) {
  SF_RETURN_IF_ERROR(CheckRunning());
  SF_RETURN_IF_ERROR(CheckAction(spec_, action));
  return Finish(Advance(action, 0));
}

absl::StatusOr<StepResult> EpisodicEnvironment::Step(int32_t action) {
  SF_RETURN_IF_ERROR(CheckRunning());
  SF_RETURN_IF_ERROR(CheckAction(spec_, action));
  return Finish(Advance({}, action));
}

absl::Status EpisodicEnvironment::CheckRunning() const {
  if (!ended_) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      spec_.name, ": no episode is running (", steps_,
      " steps were taken since the last reset); call Reset first"));
}

// As Gymnasium's TimeLimit: the last allowed step is truncated even if it is
// terminated too. After an error nobody knows the state: the episode is over.
absl::StatusOr<StepResult> EpisodicEnvironment::Finish(
    absl::StatusOr<StepResult> result) {
  ++steps_;
  if (!result.ok()) {
    ended_ = true;
    return result;
  }
  if (spec_.max_episode_steps > 0 && steps_ >= spec_.max_episode_steps) {
    result->truncated = true;
  }
  ended_ = result->terminated || result->truncated;
  return result;
}

absl::StatusOr<std::string> EpisodicEnvironment::Save() const {
  std::string bytes = SaveHeader(spec_.name);
  PutState(steps_, &bytes);
  PutState(static_cast<uint8_t>(ended_), &bytes);
  SF_RETURN_IF_ERROR(Annotate(SaveState(&bytes), spec_.name));
  return bytes;
}

absl::Status EpisodicEnvironment::Restore(absl::string_view saved) {
  const auto refuse = [&](absl::string_view why) {
    return absl::InvalidArgumentError(absl::StrCat(
        spec_.name, ": saved state of ", saved.size(), " bytes ", why));
  };
  const std::string header = SaveHeader(spec_.name);
  if (saved.substr(0, header.size()) != absl::string_view(header)) {
    return refuse("is of another environment or version");
  }
  absl::string_view rest = saved.substr(header.size());
  int64_t steps = 0;
  uint8_t ended = 0;
  if (!TakeState(&rest, &steps) || !TakeState(&rest, &ended)) {
    return refuse("is cut off");
  }
  if (steps < 0 || ended > 1) return refuse("is damaged");
  const absl::Status restored = RestoreState(rest);
  if (!restored.ok()) return refuse(restored.message());
  steps_ = steps;
  ended_ = ended != 0;
  return absl::OkStatus();
}

}  // namespace softfleet
