// SPDX-License-Identifier: Apache-2.0
#include "environments/navigation/navigation.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "environments/state_bytes.h"

namespace softfleet {
namespace {

constexpr double kGoalRadius = 0.5;  // m
constexpr double kGoalReward = 10;
constexpr const char* kWayNames[kWays] = {"tunnel", "bridge"};
// Of components_.
enum Component : size_t {
  kTime,
  kGoal,
  kFirstToll,
  kProgress = kFirstToll + kWays
};

absl::StatusOr<Way> FindWay(absl::string_view name) {
  for (size_t i = 0; i < kWays; ++i) {
    if (name == kWayNames[i]) return static_cast<Way>(i);
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "there is no way \"", name, "\" to block (known: bridge, tunnel)"));
}

EnvironmentSpec Complete(EnvironmentSpec spec,
                         const NavigationOptions& options) {
  if (options.goal_conditioned) {
    spec.observations.push_back({"goal", DType::kF32, {2}});
  }
  spec.reward_components = {"time", "goal", kWayNames[0], kWayNames[1]};
  if (options.dense) spec.reward_components.push_back("progress");
  return spec;
}

void WriteFloats(std::span<const double> values, std::span<std::byte> place) {
  // A place within a block is aligned for its column's type.
  float* const floats = reinterpret_cast<float*>(place.data());
  std::transform(values.begin(), values.end(), floats,
                 [](double x) { return static_cast<float>(x); });
}

}  // namespace

absl::StatusOr<NavigationOptions> ReadNavigationOptions(
    SettingsReader& settings) {
  NavigationOptions options;
  std::string reward = "dense";
  std::string blocked;
  settings.Read("goal_conditioned", &options.goal_conditioned);
  settings.Read("continuing", &options.continuing);
  settings.Read("reward", &reward);
  settings.Read("blocked", &blocked);
  settings.Read("step_cost", &options.step_cost);
  settings.Read("tunnel_toll", &options.toll[0]);
  settings.Read("bridge_toll", &options.toll[1]);
  if (reward != "dense" && reward != "sparse") {
    return absl::InvalidArgumentError(absl::StrCat(
        "reward is \"", reward, "\", not \"dense\" or \"sparse\""));
  }
  options.dense = reward == "dense";
  if (!blocked.empty()) {
    SF_ASSIGN_OR_RETURN(const Way way, FindWay(blocked));
    options.blocked[static_cast<size_t>(way)] = true;
  }
  return options;
}

Navigation::Navigation(EnvironmentSpec spec, size_t body_size,
                       const NavigationOptions& options)
    : EpisodicEnvironment(Complete(std::move(spec), options)),
      options_(options),
      body_size_(body_size),
      state_(body_size + (options.goal_conditioned ? 2 : 0)),
      paths_(TwoWaysMap::kGoal) {
  for (size_t i = 0; i < kWays; ++i) {
    map_.SetBlocked(static_cast<Way>(i), options_.blocked[i]);
  }
}

absl::Status Navigation::SetPhysics(const Physics& physics) {
  SF_RETURN_IF_ERROR(Annotate(CheckPhysics(physics, {"blocked"}), spec().name));
  return SetBlocked(physics.blocked);
}

absl::Status Navigation::SetBlocked(const std::vector<std::string>& names) {
  std::array<bool, kWays> blocked = options_.blocked;
  for (const std::string& name : names) {
    const absl::StatusOr<Way> way = FindWay(name);
    SF_RETURN_IF_ERROR(Annotate(way.status(), spec().name));
    blocked[static_cast<size_t>(*way)] = true;
  }
  for (size_t i = 0; i < kWays; ++i) {
    map_.SetBlocked(static_cast<Way>(i), blocked[i]);
  }
  return absl::OkStatus();
}

void Navigation::Observe(ObservationPlaces groups) const {
  const std::span<const double> state(state_);
  WriteFloats(state.first(body_size_), groups[0]);
  if (options_.goal_conditioned) {
    WriteFloats(state.subspan(body_size_), groups[1]);
  }
}

Point Navigation::goal() const {
  if (!options_.goal_conditioned) return TwoWaysMap::kGoal;
  return {state_[body_size_], state_[body_size_ + 1]};
}

// The state is new.
void Navigation::Begin() {
  paths_ = ShortestPaths(goal());
  path_length_ = paths_.LengthFrom(position());
}

Point Navigation::DrawGoal(Philox& random, Point start) const {
  const auto below = [&](int n) {
    return static_cast<int>(random.NextBelow(static_cast<uint64_t>(n)));
  };
  while (true) {
    const Cell cell = {
        TwoWaysMap::kLeft + below(TwoWaysMap::kRight - TwoWaysMap::kLeft),
        TwoWaysMap::kBottom + below(TwoWaysMap::kTop - TwoWaysMap::kBottom)};
    if (!TwoWaysMap::IsBank(cell)) continue;
    const Point goal = DrawPosition(random, cell);
    if (ShortestPaths(goal).LengthFrom(start) > kGoalRadius) return goal;
  }
}

absl::Status Navigation::Start(uint64_t seed) {
  Philox random(seed, Purpose::kEnvironmentReset);
  std::ranges::fill(state_, 0);
  const Point start = DrawPosition(
      random, TwoWaysMap::kStart[random.NextBelow(TwoWaysMap::kStart.size())]);
  state_[0] = start.x;
  state_[1] = start.y;
  if (options_.goal_conditioned) {
    const Point goal = DrawGoal(random, start);
    state_[body_size_] = goal.x;
    state_[body_size_ + 1] = goal.y;
  }
  Begin();
  return absl::OkStatus();
}

absl::Status Navigation::StartAt(std::span<const double> state) {
  SF_RETURN_IF_ERROR(CheckValues(spec().name, "state", state, state_.size()));
  for (const size_t i : {size_t{0}, body_size_}) {
    if (i == state.size()) continue;  // no goal
    const Point point = {state[i], state[i + 1]};
    if (TwoWaysMap::IsFree(TwoWaysMap::CellOf(point))) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        spec().name, ": state: there is no free place at x = ", point.x,
        ", y = ", point.y));
  }
  SF_RETURN_IF_ERROR(Annotate(CheckBody(state.first(body_size_)), spec().name));
  std::ranges::copy(state, state_.begin());
  Begin();
  return absl::OkStatus();
}

absl::StatusOr<StepResult> Navigation::Advance(std::span<const float> action,
                                               int32_t index) {
  const std::optional<Way> taken =
      MoveBody(action, index, std::span(state_).first(body_size_));
  const double path_length = paths_.LengthFrom(position());
  StepResult result;
  result.success = path_length <= kGoalRadius;
  result.terminated = result.success && !options_.continuing;
  components_ = {};
  components_[kTime] = result.success ? 0 : -options_.step_cost;
  components_[kGoal] = result.terminated ? kGoalReward : 0;
  if (taken.has_value()) {
    const auto way = static_cast<size_t>(*taken);
    components_[kFirstToll + way] = -options_.toll[way];
  }
  components_[kProgress] = path_length_ - path_length;
  path_length_ = path_length;
  result.reward_components =
      std::span(components_).first(spec().reward_components.size());
  for (const double part : result.reward_components) result.reward += part;
  return result;
}

absl::Status Navigation::SaveState(std::string* bytes) const {
  PutState(std::span<const double>(state_), bytes);
  return absl::OkStatus();
}

absl::Status Navigation::RestoreState(absl::string_view bytes) {
  std::vector<double> state(state_.size());
  if (!TakeState(&bytes, std::span(state)) || !bytes.empty()) {
    return absl::InvalidArgumentError("has the wrong size");
  }
  return StartAt(state);
}

}  // namespace softfleet
