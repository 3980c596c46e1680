// SPDX-License-Identifier: Apache-2.0
// Environments that are stepped at fixed times, on a clock that a test moves
// and on the real one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "actor/actor_metrics.h"
#include "tests/actor/actor_fixture.h"
#include "tests/actor/gate.h"
#include "tests/actor/scripted_environment.h"

namespace softfleet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr absl::Duration kPeriod = absl::Milliseconds(20);

ActorOptions RealTime(const std::string& environment, Clock* clock) {
  ActorOptions options = Options(environment, 1);
  options.block_rows = 1;
  options.lock_step = false;
  options.step_threads = 1;
  options.control_period = kPeriod;
  options.clock = clock;
  return options;
}

class RealTimeTest : public testing::Test {
 protected:
  // Every step is counted when it begins, and may do something before.
  void Create(ActorOptions options, std::function<void(int)> before = nullptr,
              std::function<void()> before_reset = nullptr) {
    auto gate = gate_;
    options.make_environment = Scripted(options.environment, [=] {
      return EnvironmentScript{
          .reset =
              [before_reset](Environment& inner, uint64_t seed) {
                if (before_reset) before_reset();
                return inner.Reset(seed);
              },
          .step =
              [gate, before](Environment& inner,
                             std::span<const float> action) {
                gate->Count();
                if (before) before(gate->count());
                return inner.Step(action);
              }};
    });
    actor_ = std::make_unique<RecordedActor>(options);
    actor_->policies.newest = RandomPolicy("Pendulum-v1", 5);
  }

  uint64_t steps() const { return actor_->loop->counts().steps; }
  // Until so many steps have been taken and the next action is there.
  void RunUntil(uint64_t wanted) {
    while (steps() < wanted) actor_->Run(1);
    actor_->Run(1);
    EXPECT_EQ(steps(), wanted);
  }
  std::vector<Row> Rows() {
    return RowsOf(actor_->sink.blocks, actor_->loop->schema(), 0);
  }
  std::vector<int> Flags() {
    std::vector<int> flags;
    for (const StepBlock& block : actor_->sink.blocks) {
      flags.push_back(block.row_flags.empty() ? 0 : block.row_flags[0]);
    }
    return flags;
  }

  FakeClock clock_;
  const std::shared_ptr<Gate> gate_ = std::make_shared<Gate>();
  std::unique_ptr<RecordedActor> actor_;
};

TEST_F(RealTimeTest, EveryTickIsOneStepByThePolicy) {
  ActorOptions options = RealTime("Pendulum-v1", &clock_);
  Create(options);
  RunUntil(1);  // ticks begin with the first action
  for (uint64_t step = 2; step <= 60; ++step) {  // into the second episode
    clock_.Advance(kPeriod - absl::Nanoseconds(1));
    actor_->Run(1);
    EXPECT_EQ(steps(), step - 1);
    clock_.Advance(absl::Nanoseconds(1));
    RunUntil(step);
  }
  options.lock_step = true;
  options.step_threads = 0;
  options.control_period = absl::ZeroDuration();
  RecordedActor twin(options);
  twin.policies.newest = actor_->policies.newest;
  twin.Run(60);
  EXPECT_EQ(Rows(), RowsOf(twin.sink.blocks, twin.loop->schema(), 0));
  EXPECT_EQ(actor_->loop->counts().safe_rows, 0u);
  EXPECT_EQ(actor_->loop->counts().missed_ticks, 0u);
}

TEST_F(RealTimeTest, WithoutAnActionTheSafeOneIsExecutedAndRecorded) {
  ActorOptions options = RealTime("Pendulum-v1", &clock_);
  options.safe_action = {0.5};
  Create(options);
  RunUntil(1);
  clock_.Advance(kPeriod);  // the action is there
  ASSERT_TRUE(gate_->AwaitCount(2));
  for (int step = 3; step <= 5; ++step) {  // nobody chooses one
    clock_.Advance(kPeriod);
    ASSERT_TRUE(gate_->AwaitCount(step));
  }
  while (steps() < 5) actor_->Run(1);
  actor_->Run(1);
  clock_.Advance(kPeriod);
  RunUntil(6);
  EXPECT_THAT(Flags(), ElementsAre(0, 0, kRowSafeAction, kRowSafeAction,
                                   kRowSafeAction, 0));
  EXPECT_EQ(actor_->loop->counts().safe_rows, 3u);
  // The rows say what was executed.
  const auto twin = *MakeEnvironment(options.environment);
  ASSERT_TRUE(
      twin->Reset(
              Philox(options.seed, Purpose::kEnvironmentReset, 0, 0).NextU64())
          .ok());
  const std::vector<Row> rows = Rows();
  for (size_t i = 0; i < rows.size(); ++i) {
    if (Flags()[i] != 0) {
      EXPECT_EQ(rows[i].action[0], 0.25f);
    }
    const float torque = 2 * rows[i].action[0];
    const auto result = twin->Step({{torque}});
    ASSERT_TRUE(result.ok());
    EXPECT_EQ(rows[i].reward, static_cast<float>(result->reward));
  }
}

// A step that begins at its tick and takes two periods and a half.
TEST_F(RealTimeTest, TicksThatPassDuringAStepAreMissedForGood) {
  Create(RealTime("Pendulum-v1", &clock_), [this](int step) {
    if (step == 2) clock_.Advance(2.5 * kPeriod);
  });
  RunUntil(1);              // at 0
  clock_.Advance(kPeriod);  // at 1, until 3.5
  RunUntil(2);
  EXPECT_EQ(actor_->loop->counts().missed_ticks, 2u);
  actor_->Run(3);
  EXPECT_EQ(steps(), 2u);
  clock_.Advance(0.4 * kPeriod);
  actor_->Run(1);
  EXPECT_EQ(steps(), 2u);
  clock_.Advance(0.1 * kPeriod);  // 4
  RunUntil(3);
  clock_.Advance(kPeriod);
  RunUntil(4);
  EXPECT_EQ(actor_->loop->counts().missed_ticks, 2u);
}

TEST_F(RealTimeTest, TheTimeOfAResetIsNoMissedTick) {
  ActorOptions options = RealTime("Pendulum-v1", &clock_);
  options.environment.max_episode_steps = 2;
  Create(options, nullptr, [this] { clock_.Advance(absl::Seconds(3)); });
  RunUntil(1);
  clock_.Advance(kPeriod);
  RunUntil(2);
  actor_->Run(2);
  EXPECT_EQ(steps(), 2u);  // the policy has a period for its first action
  clock_.Advance(kPeriod);
  RunUntil(3);
  EXPECT_EQ(actor_->loop->counts().missed_ticks, 0u);
  EXPECT_EQ(actor_->loop->counts().safe_rows, 0u);
  EXPECT_EQ(Rows().back().episode, 1u);
}

TEST_F(RealTimeTest, WhatIsMissedAndLateIsShown) {
  MetricRegistry registry;
  ActorMetrics metrics(registry, clock_);
  Create(RealTime("Pendulum-v1", &clock_), [this](int step) {
    if (step == 2) clock_.Advance(4 * kPeriod);
  });
  const auto run_until = [&](uint64_t wanted) {
    while (steps() < wanted) {
      actor_->Run(1);
      metrics.AfterStep(*actor_->loop, absl::ZeroDuration());
    }
  };
  run_until(1);
  clock_.Advance(1.25 * kPeriod);
  ASSERT_TRUE(gate_->AwaitCount(2));
  run_until(2);
  const std::string text = registry.Text();
  // Who chooses first is open: the action of the second step may be late.
  const uint64_t safe = actor_->loop->counts().safe_rows;
  EXPECT_THAT(
      text, HasSubstr(absl::StrCat(
                "\nsac_actor_missed_deadlines_total{reason=\"policy\"} ", safe,
                "\n")));
  EXPECT_THAT(
      text,
      HasSubstr("\nsac_actor_missed_deadlines_total{reason=\"step\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("\nsac_actor_tick_lateness_seconds_count 2\n"));
  EXPECT_THAT(text, HasSubstr("\nsac_actor_tick_lateness_seconds_sum 0.005\n"));
}

TEST_F(RealTimeTest, AfterAFailureTicksGoOn) {
  ActorOptions options = RealTime("Pendulum-v1", &clock_);
  bool failed = false;
  options.make_environment = Scripted(options.environment, [&failed] {
    int step = 0;
    return EnvironmentScript{
        .step = [&failed, step](Environment& inner,
                                std::span<const float> action) mutable
        -> absl::StatusOr<StepResult> {
          if (!failed && ++step == 3) {
            failed = true;
            return absl::InternalError("fell over");
          }
          return inner.Step(action);
        }};
  });
  actor_ = std::make_unique<RecordedActor>(options);
  RunUntil(1);
  clock_.Advance(kPeriod);
  RunUntil(2);
  clock_.Advance(kPeriod);
  while (actor_->loop->counts().failures[0] == 0) actor_->Run(1);
  for (uint64_t step = 3; step < 8; ++step) {
    while (steps() < step) {
      clock_.Advance(kPeriod / 4);
      actor_->Run(1);
    }
  }
  EXPECT_EQ(Rows().back().episode, 1u);
}

// The real clock, without asking much of the machine: never more steps than
// ticks have passed.
TEST(RealTime, OnTheRealClockThereIsNoBurst) {
  ActorOptions options = RealTime("CartPole-v1", &SystemClock());
  options.num_environments = 3;
  options.step_threads = 2;
  options.control_period = absl::Milliseconds(2);
  RecordedActor actor(options);
  const absl::Duration begin = SystemClock().Monotonic();
  while (actor.loop->counts().steps < 90) actor.Run(1);
  const double periods =
      (SystemClock().Monotonic() - begin) / options.control_period;
  EXPECT_LE(actor.loop->counts().steps + actor.loop->counts().missed_ticks,
            3 * (static_cast<uint64_t>(periods) + 1));
  EXPECT_GE(periods, 29);
}

TEST(RealTime, TheSafeActionMustFitTheEnvironment) {
  FakeClock clock;
  const auto error = [&](const std::string& environment,
                         std::vector<double> action) {
    ActorOptions options = RealTime(environment, &clock);
    options.safe_action = std::move(action);
    RecordingSink sink;
    FakePolicies policies;
    return std::string(
        ActorLoop::Create(options, sink, policies).status().message());
  };
  EXPECT_EQ(error("Pendulum-v1", {}), "");
  EXPECT_EQ(error("Pendulum-v1", {-2}), "");
  EXPECT_EQ(error("HalfCheetah-v5", {0.5}), "");
  EXPECT_EQ(error("HalfCheetah-v5", {0, 0, 0, 0, 0, 1}), "");
  EXPECT_EQ(error("CartPole-v1", {1}), "");
  EXPECT_EQ(error("Pendulum-v1", {2.5}),
            "actor.safe_action is 2.5 in dimension 0, outside of the "
            "environment's bounds [-2, 2]");
  EXPECT_EQ(error("HalfCheetah-v5", {0, 0}),
            "actor.safe_action has 2 values, expected 6, or one for all");
  EXPECT_EQ(error("CartPole-v1", {2}),
            "actor.safe_action is 2, no index in [0, 2)");
  EXPECT_EQ(error("CartPole-v1", {0.5}),
            "actor.safe_action is 0.5, no index in [0, 2)");
}

}  // namespace
}  // namespace softfleet
