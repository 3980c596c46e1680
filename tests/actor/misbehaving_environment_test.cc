// SPDX-License-Identifier: Apache-2.0
// What an environment does wrong reaches nobody else: the step is refused
// with the environment's name, and no block of it is handed on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "tests/actor/actor_fixture.h"

namespace softfleet {
namespace {

using testing::HasSubstr;

constexpr int kGoodSteps = 3;

// What one step of Pendulum-v1 reports, for a test to spoil.
struct Report {
  absl::StatusOr<StepResult> result;
  std::vector<std::byte> observation;
};

// Pendulum-v1 whose reports are spoiled after kGoodSteps.
class Spoiled : public Environment {
 public:
  Spoiled(std::unique_ptr<Environment> inner,
          std::function<void(Report&)> spoil)
      : inner_(std::move(inner)), spoil_(std::move(spoil)) {}

  const EnvironmentSpec& spec() const override { return inner_->spec(); }
  absl::Status Reset(uint64_t seed) override {
    const absl::Status status = inner_->Reset(seed);
    ReadObservation();
    return status;
  }
  absl::Status ResetTo(std::span<const double> state) override {
    return inner_->ResetTo(state);
  }
  std::vector<double> state() const override { return inner_->state(); }
  absl::StatusOr<StepResult> Step(std::span<const float> action) override {
    report_.result = inner_->Step(action);
    ReadObservation();
    if (++steps_ > kGoodSteps) spoil_(report_);
    return report_.result;
  }
  absl::StatusOr<StepResult> Step(int32_t action) override {
    return inner_->Step(action);
  }
  void Observe(ObservationPlaces groups) const override {
    std::ranges::copy(report_.observation, groups[0].begin());
  }
  absl::StatusOr<std::string> Save() const override { return inner_->Save(); }
  absl::Status Restore(absl::string_view saved) override {
    return inner_->Restore(saved);
  }

 private:
  void ReadObservation() {
    report_.observation.resize(spec().observations[0].bytes());
    const std::span<std::byte> place(report_.observation);
    inner_->Observe({&place, 1});
  }

  std::unique_ptr<Environment> inner_;
  std::function<void(Report&)> spoil_;
  Report report_;
  int steps_ = 0;
};

struct Case {
  const char* name;
  std::function<void(Report&)> spoil;
  const char* message;
};

class MisbehavingEnvironmentTest : public testing::TestWithParam<Case> {};

TEST_P(MisbehavingEnvironmentTest, IsNamedAndItsStepGoesNowhere) {
  ActorOptions options = Options("Pendulum-v1", 1);
  options.block_rows = 1;
  options.make_environment =
      [&]() -> absl::StatusOr<std::unique_ptr<Environment>> {
    return std::make_unique<Spoiled>(
        MakeEnvironment(options.environment).value(), GetParam().spoil);
  };
  RecordedActor actor(options);
  actor.Run(kGoodSteps);
  ASSERT_EQ(actor.sink.blocks.size(), size_t{kGoodSteps});
  const std::string message(actor.loop->RunOnce().message());
  EXPECT_THAT(message, HasSubstr("Pendulum-v1 (environment 0, episode 1)"));
  EXPECT_THAT(message, HasSubstr(GetParam().message));
  EXPECT_EQ(actor.sink.blocks.size(), size_t{kGoodSteps});
}

INSTANTIATE_TEST_SUITE_P(
    Ways, MisbehavingEnvironmentTest,
    testing::Values(
        Case{"NanReward",
             [](Report& report) { report.result->reward = std::nan(""); },
             "rewards row 0 element 0 is nan"},
        Case{"RewardBeyondFloat",
             [](Report& report) { report.result->reward = 1e300; },
             "rewards row 0 element 0 is inf"},
        Case{"NanObservation",
             [](Report& report) {
               const float nan = std::numeric_limits<float>::quiet_NaN();
               std::memcpy(report.observation.data(), &nan, sizeof(nan));
             },
             "observations.state"},
        Case{"Error",
             [](Report& report) {
               report.result = absl::InternalError("the simulator diverged");
             },
             "the simulator diverged"}),
    [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace softfleet
