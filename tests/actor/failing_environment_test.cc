// SPDX-License-Identifier: Apache-2.0
// What an environment does wrong costs its episode and nobody else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/philox.h"
#include "tests/actor/actor_fixture.h"
#include "tests/actor/scripted_environment.h"
#include "tests/testing/observed.h"

namespace softfleet {
namespace {

using testing::HasSubstr;

constexpr int kGoodSteps = 3;

struct Case {
  const char* name;
  // One way to go wrong: what the step after kGoodSteps does.
  std::function<absl::StatusOr<StepResult>(StepResult)> spoil;
  FailureReason reason;
  const char* message;
};

class FailingEnvironmentTest : public testing::TestWithParam<Case> {};

// The failure costs the rows of its episode that were not handed on; the log
// names it; a new environment begins the next episode.
TEST_P(FailingEnvironmentTest, CostsItsEpisodeIsCountedAndMadeAnew) {
  for (const int threads : {0, 2}) {
    int made = 0;
    ActorOptions options = Options("Pendulum-v1", 1);
    options.block_rows = 2;
    options.first_environment = 7;
    options.step_threads = threads;
    options.make_environment = Scripted(options.environment, [&made] {
      const bool spoiled = ++made == 1;
      int steps = 0;
      return EnvironmentScript{
          .step = [spoiled, steps](Environment& inner,
                                   std::span<const float> action) mutable
          -> absl::StatusOr<StepResult> {
            const absl::StatusOr<StepResult> result = inner.Step(action);
            if (!spoiled || ++steps <= kGoodSteps) return result;
            return GetParam().spoil(*result);
          }};
    });
    RecordedActor actor(options);
    actor.Run(kGoodSteps);
    testing::internal::CaptureStderr();
    actor.Run(1);
    EXPECT_THAT(testing::internal::GetCapturedStderr(),
                HasSubstr(absl::StrCat(
                    "Pendulum-v1 (environment 7), episode 0, step 3: ",
                    GetParam().message)));
    actor.Run(45);
    EXPECT_EQ(made, 2);
    const ActorCounts& counts = actor.loop->counts();
    EXPECT_EQ(counts.failures[static_cast<size_t>(GetParam().reason)], 1u);
    EXPECT_EQ(counts.steps, 48u);
    EXPECT_EQ(counts.dropped_rows, 1u);  // the third
    const std::vector<Row> rows =
        RowsOf(actor.sink.blocks, actor.loop->schema(), 7);
    ASSERT_EQ(rows.size(), 47u);
    EXPECT_EQ(rows[1].end, EpisodeEnd::kNone);
    for (size_t i = 0; i < rows.size(); ++i) {
      EXPECT_EQ(rows[i].episode, i < 2 ? 0u : 1u);
      EXPECT_EQ(rows[i].step, i < 2 ? i : i - 2);
    }
    EXPECT_EQ(rows.back().end, EpisodeEnd::kTruncated);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Ways, FailingEnvironmentTest,
    testing::Values(
        Case{"NanReward",
             [](StepResult result) {
               result.reward = std::nan("");
               return result;
             },
             FailureReason::kNotFinite, "not_finite, rewards row 1"},
        Case{"RewardBeyondFloat",
             [](StepResult result) {
               result.reward = 1e300;
               return result;
             },
             FailureReason::kNotFinite, "not_finite, rewards row 1"},
        Case{"Error",
             [](StepResult) {
               return absl::InternalError("the simulator diverged");
             },
             FailureReason::kError, "error, the simulator diverged"},
        Case{"Exception",
             [](StepResult) -> absl::StatusOr<StepResult> {
               throw std::runtime_error("no robot");
             },
             FailureReason::kError, "error, threw an exception: no robot"},
        Case{"SomethingThrown",
             [](StepResult) -> absl::StatusOr<StepResult> { throw 3; },
             FailureReason::kError, "error, threw something"},
        Case{"ItsOwnDeadline",
             [](StepResult) {
               return absl::DeadlineExceededError("its process was killed");
             },
             FailureReason::kHang, "hang, its process was killed"},
        Case{"ANanThatItSees",
             [](StepResult) { return absl::DataLossError("reward is nan"); },
             FailureReason::kNotFinite, "not_finite, reward is nan"},
        Case{"ItsProcessDied",
             [](StepResult) { return absl::AbortedError("signal 9"); },
             FailureReason::kCrash, "crash, signal 9"},
        Case{"ExecutedActionOfAnotherSize",
             [](StepResult result) {
               static const float kTwo[] = {0, 0};
               result.executed_action = kTwo;
               return result;
             },
             FailureReason::kError, "error, executed_action has 2 values"},
        Case{"NanExecutedAction",
             [](StepResult result) {
               static const float kNan[] = {
                   std::numeric_limits<float>::quiet_NaN()};
               result.executed_action = kNan;
               return result;
             },
             FailureReason::kNotFinite, "not_finite, actions row 1"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(FailingEnvironment, ANanObservationIsNotHandedOn) {
  ActorOptions options = Options("Pendulum-v1", 1);
  options.block_rows = 1;
  int observed = 0;
  options.make_environment = Scripted(options.environment, [&observed] {
    return EnvironmentScript{.observe = [&observed](const Environment& inner,
                                                    ObservationPlaces groups) {
      inner.Observe(groups);
      const float nan = std::numeric_limits<float>::quiet_NaN();
      // The first of the first episode is one; so is its third step's.
      if (++observed == 4) std::memcpy(&groups[0][4], &nan, sizeof(nan));
    }};
  });
  RecordedActor actor(options);
  actor.Run(3);
  EXPECT_EQ(actor.sink.blocks.size(), 2u);
  actor.Run(1);
  EXPECT_EQ(actor.sink.blocks.back().episode, 1u);
  EXPECT_EQ(actor.loop->counts()
                .failures[static_cast<size_t>(FailureReason::kNotFinite)],
            1u);
}

// What is wrong from the start is said at the start.
TEST(FailingEnvironment, TheFirstEpisodeMustBegin) {
  ActorOptions options = Options("Pendulum-v1", 3);
  options.make_environment = Scripted(options.environment, [] {
    return EnvironmentScript{.reset = [](Environment&, uint64_t) {
      return absl::UnavailableError("no license");
    }};
  });
  for (const int threads : {0, 2}) {
    options.step_threads = threads;
    RecordingSink sink;
    FakePolicies policies;
    const auto loop = ActorLoop::Create(options, sink, policies);
    EXPECT_THAT(loop.status().message(), HasSubstr("environment"));
    EXPECT_THAT(loop.status().message(), HasSubstr("no license"));
  }
}

TEST(FailingEnvironment, WhatFailsAgainAndAgainEndsTheActor) {
  for (const int threads : {0, 2}) {
    int made = 0;
    ActorOptions options = Options("Pendulum-v1", 2);
    options.step_threads = threads;
    options.make_environment = Scripted(options.environment, [&made] {
      // Two are good at first; only one of them fails, and all its successors
      // do, some at their reset and some at their first step.
      const int number = made++;
      int steps = 0;
      return EnvironmentScript{
          .reset = [number](Environment& inner, uint64_t seed) -> absl::Status {
            if (number >= 2 && number % 2 == 0) throw std::bad_alloc();
            return inner.Reset(seed);
          },
          .step = [number, steps](Environment& inner,
                                  std::span<const float> action) mutable
          -> absl::StatusOr<StepResult> {
            if (number != 1 && ++steps > (number == 0 ? 5 : 0)) {
              return absl::InternalError("the joint is broken");
            }
            return inner.Step(action);
          }};
    });
    RecordedActor actor(options);
    actor.Run(5);
    absl::Status status;
    for (int i = 0; i < 10 && status.ok(); ++i) status = actor.loop->RunOnce();
    EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
    EXPECT_THAT(status.message(),
                HasSubstr("failed 10 times without one good step"));
    EXPECT_THAT(status.message(), HasSubstr("(environment 0), episode 9"));
    EXPECT_EQ(made, 2 + 9);
  }
}

// A fleet in which half of all episodes fail at some step, in some way, known
// from their seed: whatever threads there are, what is stored of each episode
// is a gap-free beginning of what a sound environment would have done.
class RandomFailures {
 public:
  explicit RandomFailures(uint64_t seed) : seed_(seed) {}

  // The step of the episode that fails, beyond any episode where none does.
  int FailsAt(uint64_t reset_seed) const {
    Philox random(seed_ ^ reset_seed, Purpose::kTest);
    return static_cast<int>(random.NextBelow(2) == 0 ? random.NextBelow(45)
                                                     : 1000);
  }

  EnvironmentScript Script() const {
    struct Episode {
      int fails_at = 0, step = 0, resets = 0;
      uint64_t seed = 0;
    };
    auto episode = std::make_shared<Episode>();
    return {.reset = [this, episode](Environment& inner,
                                     uint64_t seed) -> absl::Status {
              *episode = {FailsAt(seed), 0, episode->resets + 1, seed};
              // Resets fail too, but not the first of an environment.
              if (episode->resets > 1 && seed % 16 == 0) {
                return absl::InternalError("stuck");
              }
              return inner.Reset(seed);
            },
            .step = [episode](Environment& inner, std::span<const float> action)
                -> absl::StatusOr<StepResult> {
              if (episode->step++ < episode->fails_at) {
                return inner.Step(action);
              }
              if (episode->seed % 3 == 0) throw std::runtime_error("boom");
              if (episode->seed % 3 == 1) return absl::InternalError("boom");
              StepResult result;
              result.reward = std::nan("");
              return result;
            }};
  }

 private:
  uint64_t seed_;
};

uint64_t ResetSeed(const ActorOptions& options, uint64_t number,
                   uint64_t episode) {
  return Philox(options.seed, Purpose::kEnvironmentReset,
                static_cast<uint32_t>(number), episode)
      .NextU64();
}

// `rows` are those of one episode.
void ExpectBeginning(const ActorOptions& options, const std::vector<Row>& rows,
                     const RandomFailures& failures) {
  const uint64_t seed =
      ResetSeed(options, rows[0].environment, rows[0].episode);
  const auto fails_at = static_cast<size_t>(failures.FailsAt(seed));
  EXPECT_LE(rows.size(), fails_at);
  const auto environment = *MakeEnvironment(options.environment);
  ASSERT_TRUE(environment->Reset(seed).ok());
  for (size_t i = 0; i < rows.size(); ++i) {
    ASSERT_EQ(rows[i].step, i);
    ASSERT_EQ(rows[i].observation, ObservedFloats(*environment));
    const float torque = 2 * rows[i].action[0];
    ASSERT_TRUE(environment->Step({{torque}}).ok());
    ASSERT_EQ(rows[i].next_observation, ObservedFloats(*environment));
    ASSERT_EQ(rows[i].end == EpisodeEnd::kNone, i + 1 < 45);
  }
}

TEST(FailingEnvironment, StoredEpisodesAreGapFreeBeginnings) {
  for (uint64_t seed = 0; seed < 24; ++seed) {
    std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
    Philox random(seed, Purpose::kTest);
    const RandomFailures failures(seed);
    const auto environments = static_cast<int>(1 + random.NextBelow(6));
    ActorOptions options = Options("Pendulum-v1", environments);
    options.seed = seed;
    options.block_rows = static_cast<int64_t>(1 + random.NextBelow(16));
    options.step_threads = static_cast<int>(random.NextBelow(4));
    options.lock_step = random.NextBelow(2) == 0;
    options.make_environment = Scripted(
        options.environment, [&failures] { return failures.Script(); });
    RecordedActor actor(options);
    const uint64_t wanted = 300 * static_cast<uint64_t>(environments);
    while (actor.loop->counts().steps < wanted) {
      const absl::Status status = actor.loop->RunOnce();
      ASSERT_TRUE(status.ok()) << status;
      if (random.NextBelow(20) == 0) {
        ASSERT_TRUE(actor.loop->CutAllBlocks().ok());
      }
    }
    actor.loop->Stop(absl::Seconds(20));
    ASSERT_TRUE(actor.loop->RunOnce().ok());  // takes what was being done
    ASSERT_TRUE(actor.loop->CutAllBlocks().ok());
    const ActorCounts& counts = actor.loop->counts();
    EXPECT_GT(counts.failures[0], 0u);
    EXPECT_GT(counts.failures[1], 0u);
    uint64_t stored = 0;
    for (uint64_t number = 0; number < static_cast<uint64_t>(environments);
         ++number) {
      std::map<uint64_t, std::vector<Row>> episodes;
      uint64_t newest = 0;
      for (const Row& row :
           RowsOf(actor.sink.blocks, actor.loop->schema(), number)) {
        EXPECT_GE(row.episode, newest);  // numbers rise, none comes twice
        newest = row.episode;
        episodes[row.episode].push_back(row);
        ++stored;
      }
      for (const auto& [episode, rows] : episodes) {
        ExpectBeginning(options, rows, failures);
      }
    }
    EXPECT_EQ(stored, counts.steps - counts.dropped_rows);
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace softfleet
