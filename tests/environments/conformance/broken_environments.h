// SPDX-License-Identifier: Apache-2.0
// Environments that break a rule each: a pendulum with one thing done wrong.
#ifndef SOFTFLEET_TESTS_ENVIRONMENTS_CONFORMANCE_BROKEN_ENVIRONMENTS_H_
#define SOFTFLEET_TESTS_ENVIRONMENTS_CONFORMANCE_BROKEN_ENVIRONMENTS_H_

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "environments/registry.h"

namespace softfleet::testing {

// Right as it is; what follows overrides something.
class Pendulum : public Environment {
 public:
  explicit Pendulum(std::optional<int64_t> limit) {
    EnvironmentOptions options;
    options.name = "Pendulum-v1";
    options.max_episode_steps = limit;
    inner_ = MakeEnvironment(options).value();
  }

  const EnvironmentSpec& spec() const override { return inner_->spec(); }
  absl::Status Reset(uint64_t seed) override { return inner_->Reset(seed); }
  absl::Status ResetTo(std::span<const double> state) override {
    return inner_->ResetTo(state);
  }
  std::vector<double> state() const override { return inner_->state(); }
  absl::StatusOr<StepResult> Step(std::span<const float> action) override {
    return inner_->Step(action);
  }
  absl::StatusOr<StepResult> Step(int32_t action) override {
    return inner_->Step(action);
  }
  void Observe(ObservationPlaces groups) const override {
    inner_->Observe(groups);
  }
  absl::StatusOr<std::string> Save() const override { return inner_->Save(); }
  absl::Status Restore(absl::string_view saved) override {
    return inner_->Restore(saved);
  }

 private:
  std::unique_ptr<Environment> inner_;
};

// Whose spec can be spoiled.
class WithSpec : public Pendulum {
 public:
  explicit WithSpec(std::optional<int64_t> limit)
      : Pendulum(limit), spec_(Pendulum::spec()) {}
  const EnvironmentSpec& spec() const override { return spec_; }

 protected:
  EnvironmentSpec spec_;
};

struct ReversedBounds : WithSpec {
  explicit ReversedBounds(std::optional<int64_t> limit) : WithSpec(limit) {
    std::swap(spec_.action_low, spec_.action_high);
  }
};

struct GroupsOfOneName : WithSpec {
  explicit GroupsOfOneName(std::optional<int64_t> limit) : WithSpec(limit) {
    spec_.observations.push_back(spec_.observations[0]);
  }
  void Observe(ObservationPlaces groups) const override {
    for (const auto& group : groups) Pendulum::Observe({&group, 1});
  }
};

struct FailsAtItsThirdStep : Pendulum {
  using Pendulum::Pendulum;
  absl::Status Reset(uint64_t seed) override {
    steps_ = 0;
    return Pendulum::Reset(seed);
  }
  absl::StatusOr<StepResult> Step(std::span<const float> action) override {
    if (++steps_ == 3) return absl::InternalError("the motor burnt");
    return Pendulum::Step(action);
  }
  int steps_ = 0;
};

// Counts its episodes, and shows it.
struct RemembersEpisodes : Pendulum {
  using Pendulum::Pendulum;
  absl::Status Reset(uint64_t seed) override {
    ++episodes_;
    return Pendulum::Reset(seed);
  }
  absl::StatusOr<StepResult> Step(std::span<const float> action) override {
    auto result = Pendulum::Step(action);
    if (result.ok()) result->reward += episodes_;
    return result;
  }
  int episodes_ = 0;
};

struct AlwaysStartsAlike : Pendulum {
  using Pendulum::Pendulum;
  absl::Status Reset(uint64_t) override { return Pendulum::Reset(1); }
};

struct WritesTooFar : Pendulum {
  using Pendulum::Pendulum;
  void Observe(ObservationPlaces groups) const override {
    Pendulum::Observe(groups);
    *(groups[0].data() + groups[0].size()) = std::byte{1};
  }
};

struct LeavesOutANumber : Pendulum {
  using Pendulum::Pendulum;
  void Observe(ObservationPlaces groups) const override {
    std::array<std::byte, 12> all;
    const std::span<std::byte> place(all);
    Pendulum::Observe({&place, 1});
    std::copy(all.begin(), all.begin() + 8, groups[0].begin());
  }
};

struct ObservesNan : Pendulum {
  using Pendulum::Pendulum;
  void Observe(ObservationPlaces groups) const override {
    Pendulum::Observe(groups);
    reinterpret_cast<float*>(groups[0].data())[2] = std::nanf("");
  }
};

struct ForgetsAComponent : WithSpec {
  explicit ForgetsAComponent(std::optional<int64_t> limit) : WithSpec(limit) {
    spec_.reward_components = {"cost"};
  }
};

struct AddsUpWrongly : WithSpec {
  explicit AddsUpWrongly(std::optional<int64_t> limit) : WithSpec(limit) {
    spec_.reward_components = {"cost", "bonus"};
  }
  absl::StatusOr<StepResult> Step(std::span<const float> action) override {
    auto result = Pendulum::Step(action);
    if (!result.ok()) return result;
    parts_ = {result->reward, 1};
    result->reward_components = parts_;
    return result;
  }
  std::array<double, 2> parts_;
};

struct RewardsNan : Pendulum {
  using Pendulum::Pendulum;
  absl::StatusOr<StepResult> Step(std::span<const float> action) override {
    auto result = Pendulum::Step(action);
    if (result.ok() && action[0] > 1) result->reward = std::nan("");
    return result;
  }
};

struct BreaksUnderForce : Pendulum {
  using Pendulum::Pendulum;
  absl::StatusOr<StepResult> Step(std::span<const float> action) override {
    auto result = Pendulum::Step(action);
    if (result.ok() && std::abs(action[0]) > 10) {
      result->reward = std::numeric_limits<double>::infinity();
    }
    return result;
  }
};

struct TakesNan : Pendulum {
  using Pendulum::Pendulum;
  absl::StatusOr<StepResult> Step(std::span<const float> action) override {
    const std::array none = {0.0f};
    const bool nan = !action.empty() && std::isnan(action[0]);
    return Pendulum::Step(nan ? none : action);
  }
};

struct TakesAnIndex : Pendulum {
  using Pendulum::Pendulum;
  absl::StatusOr<StepResult> Step(int32_t) override { return StepResult(); }
};

struct MovesBeforeItRefuses : Pendulum {
  using Pendulum::Pendulum;
  absl::StatusOr<StepResult> Step(std::span<const float> action) override {
    const bool good = action.size() == 1 && std::isfinite(action[0]);
    const std::array none = {0.0f};
    auto result = Pendulum::Step(good ? action : none);
    if (good) return result;
    return absl::InvalidArgumentError("no action");
  }
};

struct StartsByItself : Pendulum {
  explicit StartsByItself(std::optional<int64_t> limit) : Pendulum(limit) {
    EXPECT_TRUE(Reset(0).ok());
  }
};

struct GoesOnAfterTheEnd : Pendulum {
  using Pendulum::Pendulum;
  absl::Status Reset(uint64_t seed) override {
    ended_ = false;
    return Pendulum::Reset(seed);
  }
  absl::StatusOr<StepResult> Step(std::span<const float> action) override {
    if (ended_) Pendulum::Reset(0).IgnoreError();
    auto result = Pendulum::Step(action);
    ended_ = result.ok() && result->truncated;
    return result;
  }
  bool ended_ = false;
};

// Of one step less than it says.
struct TruncatesEarly : WithSpec {
  explicit TruncatesEarly(std::optional<int64_t> limit)
      : WithSpec(limit.value_or(200) - 1) {
    spec_.max_episode_steps = limit.value_or(200);
  }
};

struct IgnoresTheLimit : Pendulum {
  explicit IgnoresTheLimit(std::optional<int64_t>) : Pendulum(200) {}
};

struct ResetsByItself : Pendulum {
  using Pendulum::Pendulum;
  absl::StatusOr<StepResult> Step(std::span<const float> action) override {
    if (ended_) return absl::FailedPreconditionError("ended");
    auto result = Pendulum::Step(action);
    ended_ = result.ok() && result->truncated;
    if (ended_) Pendulum::Reset(0).IgnoreError();
    return result;
  }
  absl::Status Reset(uint64_t seed) override {
    ended_ = false;
    return Pendulum::Reset(seed);
  }
  absl::StatusOr<std::string> Save() const override {
    return absl::UnimplementedError("cannot be saved");
  }
  bool ended_ = false;
};

// The reward has a part that no save has.
struct SavesTooLittle : Pendulum {
  using Pendulum::Pendulum;
  absl::Status Reset(uint64_t seed) override {
    steps_ = 0;
    return Pendulum::Reset(seed);
  }
  absl::Status ResetTo(std::span<const double> state) override {
    steps_ = 0;
    return Pendulum::ResetTo(state);
  }
  absl::StatusOr<StepResult> Step(std::span<const float> action) override {
    auto result = Pendulum::Step(action);
    if (result.ok()) result->reward += ++steps_;
    return result;
  }
  int steps_ = 0;
};

struct RestoresAnything : Pendulum {
  using Pendulum::Pendulum;
  absl::Status Restore(absl::string_view saved) override {
    Pendulum::Restore(saved).IgnoreError();
    return absl::OkStatus();
  }
};

struct ForgetsSpeed : Pendulum {
  using Pendulum::Pendulum;
  absl::Status ResetTo(std::span<const double> state) override {
    if (state.size() != 2) return Pendulum::ResetTo(state);
    return Pendulum::ResetTo(std::array{state[0], 0.0});
  }
};

struct TakesAnyState : Pendulum {
  using Pendulum::Pendulum;
  absl::Status ResetTo(std::span<const double> state) override {
    return Pendulum::ResetTo(state.first(2));
  }
};

// All instances share what they did last, until the next reset of any.
struct SharesAVariable : Pendulum {
  using Pendulum::Pendulum;
  static inline float last = 0;
  absl::Status Reset(uint64_t seed) override {
    last = 0;
    return Pendulum::Reset(seed);
  }
  absl::Status ResetTo(std::span<const double> state) override {
    last = 0;
    return Pendulum::ResetTo(state);
  }
  absl::StatusOr<StepResult> Step(std::span<const float> action) override {
    auto result = Pendulum::Step(action);
    if (!result.ok()) return result;
    result->reward += last;
    last = action[0];
    return result;
  }
  absl::StatusOr<std::string> Save() const override {
    return absl::UnimplementedError("cannot be saved");
  }
};

struct Allocates : Pendulum {
  using Pendulum::Pendulum;
  absl::StatusOr<StepResult> Step(std::span<const float> action) override {
    const std::vector<float> copy(action.begin(), action.end());
    return Pendulum::Step(copy);
  }
};

struct CannotBeSaved : Pendulum {
  using Pendulum::Pendulum;
  absl::StatusOr<std::string> Save() const override {
    return absl::UnimplementedError("cannot be saved");
  }
};

struct HasNoState : Pendulum {
  using Pendulum::Pendulum;
  std::vector<double> state() const override { return {}; }
  absl::Status ResetTo(std::span<const double>) override {
    return absl::UnimplementedError("no state");
  }
};

}  // namespace softfleet::testing

#endif  // SOFTFLEET_TESTS_ENVIRONMENTS_CONFORMANCE_BROKEN_ENVIRONMENTS_H_
