// SPDX-License-Identifier: Apache-2.0
#include "environments/classic_control.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status.h"

namespace softfleet {
namespace {

static_assert(std::endian::native == std::endian::little,
              "saved states are the host's bytes");

constexpr uint32_t kSaveVersion = 1;

template <typename T>
void Put(std::string& bytes, const T& value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

// Takes a value from the front of `bytes`; false if there are too few.
template <typename T>
bool Take(absl::string_view& bytes, T& value) {
  if (bytes.size() < sizeof(value)) return false;
  std::memcpy(&value, bytes.data(), sizeof(value));
  bytes.remove_prefix(sizeof(value));
  return true;
}

// What every saved state of this environment begins with.
std::string SaveHeader(const std::string& name) {
  std::string bytes;
  Put(bytes, kSaveVersion);
  Put(bytes, static_cast<uint32_t>(name.size()));
  bytes += name;
  return bytes;
}

// InvalidArgument that names the first value that is not finite.
template <typename T>
absl::Status CheckFinite(absl::string_view what, std::span<const T> values) {
  for (size_t i = 0; i < values.size(); ++i) {
    if (std::isfinite(values[i])) continue;
    return absl::InvalidArgumentError(
        absl::StrCat(what, " element ", i, " is ", values[i]));
  }
  return absl::OkStatus();
}

absl::Status CheckSize(absl::string_view what, size_t size, size_t wanted) {
  if (size == wanted) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(what, " has ", size, " values, expected ", wanted));
}

}  // namespace

ClassicControl::ClassicControl(EnvironmentSpec spec, size_t state_size)
    : spec_(std::move(spec)),
      state_(state_size),
      observation_(static_cast<size_t>(spec_.observations.front().elements())) {
}

absl::Status ClassicControl::Reset(uint64_t seed) {
  Philox random(seed, Purpose::kEnvironmentReset);
  DrawStart(random, state_);
  Begin();
  return absl::OkStatus();
}

absl::Status ClassicControl::ResetTo(std::span<const double> state) {
  const std::string what = absl::StrCat(spec_.name, ": state");
  SF_RETURN_IF_ERROR(CheckSize(what, state.size(), state_.size()));
  SF_RETURN_IF_ERROR(CheckFinite(what, state));
  std::copy(state.begin(), state.end(), state_.begin());
  Begin();
  return absl::OkStatus();
}

void ClassicControl::Begin() {
  steps_ = 0;
  ended_ = false;
  Observe(state_, observation_);
}

absl::StatusOr<StepResult> ClassicControl::Step(std::span<const float> action) {
  SF_RETURN_IF_ERROR(CheckRunning());
  if (!spec_.action.continuous()) {
    return absl::InvalidArgumentError(
        absl::StrCat(spec_.name, " takes an index, not a vector"));
  }
  const std::string what = absl::StrCat(spec_.name, ": action");
  SF_RETURN_IF_ERROR(CheckSize(what, action.size(),
                               static_cast<size_t>(spec_.action.dimension)));
  SF_RETURN_IF_ERROR(CheckFinite(what, action));
  return Finish(Advance(action, 0, state_));
}

absl::StatusOr<StepResult> ClassicControl::Step(int32_t action) {
  SF_RETURN_IF_ERROR(CheckRunning());
  if (spec_.action.continuous()) {
    return absl::InvalidArgumentError(
        absl::StrCat(spec_.name, " takes a vector, not an index"));
  }
  if (action < 0 || action >= spec_.action.num_actions) {
    return absl::InvalidArgumentError(
        absl::StrCat(spec_.name, ": action is ", action, ", not in [0, ",
                     spec_.action.num_actions, ")"));
  }
  return Finish(Advance({}, action, state_));
}

absl::Status ClassicControl::CheckRunning() const {
  if (!ended_) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      spec_.name, ": no episode is running (", steps_,
      " steps were taken since the last reset); call Reset first"));
}

// As Gymnasium's TimeLimit: the last allowed step is truncated even if it is
// terminated too.
StepResult ClassicControl::Finish(StepResult result) {
  ++steps_;
  result.truncated =
      spec_.max_episode_steps > 0 && steps_ >= spec_.max_episode_steps;
  ended_ = result.terminated || result.truncated;
  Observe(state_, observation_);
  return result;
}

std::vector<std::span<const std::byte>> ClassicControl::Observation() const {
  return {std::as_bytes(std::span(observation_))};
}

std::string ClassicControl::Save() const {
  std::string bytes = SaveHeader(spec_.name);
  Put(bytes, steps_);
  Put(bytes, static_cast<uint8_t>(ended_));
  for (const double x : state_) Put(bytes, x);
  return bytes;
}

absl::Status ClassicControl::Restore(absl::string_view saved) {
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
  std::vector<double> state(state_.size());
  bool complete = Take(rest, steps) && Take(rest, ended);
  for (double& x : state) complete = complete && Take(rest, x);
  if (!complete || !rest.empty()) return refuse("has the wrong size");
  if (steps < 0 || ended > 1) return refuse("is damaged");
  SF_RETURN_IF_ERROR(CheckFinite<double>("saved state", state));
  state_ = std::move(state);
  steps_ = steps;
  ended_ = ended != 0;
  Observe(state_, observation_);
  return absl::OkStatus();
}

}  // namespace softfleet
