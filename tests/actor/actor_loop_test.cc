// SPDX-License-Identifier: Apache-2.0
#include "actor/actor_loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/philox.h"
#include "tests/actor/actor_fixture.h"
#include "tests/testing/observed.h"

namespace softfleet {
namespace {

using testing::HasSubstr;

// A single environment, stepped by hand with the recorded actions.
void ExpectReplays(const ActorOptions& options, const std::vector<Row>& rows,
                   uint32_t number) {
  const auto made = MakeEnvironment(options.environment);
  ASSERT_TRUE(made.ok()) << made.status();
  Environment& environment = **made;
  const EnvironmentSpec& spec = environment.spec();
  uint64_t episode = 0, step = 0;
  bool ended = true;
  for (const Row& row : rows) {
    if (ended) {
      const uint64_t seed =
          Philox(options.seed, Purpose::kEnvironmentReset, number, episode)
              .NextU64();
      ASSERT_TRUE(environment.Reset(seed).ok());
    }
    ASSERT_EQ(row.episode, episode);
    ASSERT_EQ(row.step, step);
    ASSERT_EQ(row.observation, ObservedFloats(environment));
    absl::StatusOr<StepResult> result;
    if (spec.action.continuous()) {
      const double low = spec.action_low[0], high = spec.action_high[0];
      const std::vector<float> torque = {
          static_cast<float>(low + (row.action[0] + 1.0) * (high - low) / 2)};
      result = environment.Step(torque);
    } else {
      result = environment.Step(row.discrete_action);
    }
    ASSERT_TRUE(result.ok()) << result.status();
    ASSERT_EQ(row.reward, static_cast<float>(result->reward));
    ASSERT_EQ(row.next_observation, ObservedFloats(environment));
    const EpisodeEnd end = result->terminated  ? EpisodeEnd::kTerminated
                           : result->truncated ? EpisodeEnd::kTruncated
                                               : EpisodeEnd::kNone;
    ASSERT_EQ(row.end, end);
    ended = end != EpisodeEnd::kNone;
    ++step;
    if (ended) {
      ++episode;
      step = 0;
    }
  }
}

class ActorLoopTest : public testing::TestWithParam<const char*> {};

TEST_P(ActorLoopTest, RowsAreThoseOfTheEnvironmentsOneByOne) {
  for (const bool uniform : {true, false}) {
    RecordedActor actor(Options(GetParam(), 3));
    actor.policies.newest = RandomPolicy(GetParam(), 8, uniform);
    actor.Run(32 * 12);
    std::map<EpisodeEnd, int> ends;
    for (uint32_t number = 0; number < 3; ++number) {
      const auto rows = RowsOf(actor.sink.blocks, actor.loop->schema(), number);
      ASSERT_GT(rows.size(), 300);
      ExpectReplays(actor.options, rows, number);
      for (const Row& row : rows) ++ends[row.end];
    }
    // Pendulum is only ever truncated; a random CartPole falls.
    const bool pendulum = std::string(GetParam()) == "Pendulum-v1";
    EXPECT_GT(ends[pendulum ? EpisodeEnd::kTruncated : EpisodeEnd::kTerminated],
              5);
  }
}

TEST_P(ActorLoopTest, AnEnvironmentsRowsDoNotDependOnItsNeighbours) {
  for (const bool uniform : {true, false}) {
    RecordedActor three(Options(GetParam(), 3));
    three.policies.newest = RandomPolicy(GetParam(), 8, uniform);
    three.Run(200);
    for (uint64_t number = 0; number < 3; ++number) {
      ActorOptions options = Options(GetParam(), 1);
      options.first_environment = number;
      RecordedActor one(options);
      one.policies.newest = three.policies.newest;
      one.Run(200);
      const Schema& schema = one.loop->schema();
      const auto rows = RowsOf(one.sink.blocks, schema, number);
      ASSERT_GT(rows.size(), 150);
      EXPECT_EQ(rows, RowsOf(three.sink.blocks, schema, number));
    }
  }
}

TEST_P(ActorLoopTest, TheSizeOfBlocksChangesNoRow) {
  ActorOptions options = Options(GetParam(), 2);
  RecordedActor long_blocks(options);
  options.block_rows = 1;
  RecordedActor short_blocks(options);
  for (RecordedActor* actor : {&long_blocks, &short_blocks}) {
    actor->Run(20);
    actor->policies.newest = RandomPolicy(GetParam(), 3);
    actor->Run(300);
  }
  for (const StepBlock& block : short_blocks.sink.blocks) {
    ASSERT_EQ(block.rows, 1);
  }
  for (uint64_t number = 0; number < 2; ++number) {
    const Schema& schema = long_blocks.loop->schema();
    const auto rows = RowsOf(long_blocks.sink.blocks, schema, number);
    auto single = RowsOf(short_blocks.sink.blocks, schema, number);
    ASSERT_GE(single.size(), rows.size());
    EXPECT_EQ(single.size(), 320);
    single.resize(rows.size());
    EXPECT_EQ(rows, single);
  }
}

TEST_P(ActorLoopTest, FinishedEpisodesAreReportedOnce) {
  ActorOptions options = Options(GetParam(), 2);
  options.block_rows = 1;
  RecordedActor actor(options);
  EXPECT_TRUE(actor.loop->finished_episodes().empty());
  std::vector<std::pair<double, uint64_t>> wanted, got;
  for (int i = 0; i < 150; ++i) {
    actor.Run(1);
    for (const FinishedEpisode& episode : actor.loop->finished_episodes()) {
      got.emplace_back(episode.episode_return, episode.length);
    }
  }
  std::map<uint64_t, double> sums;  // by environment, of the open episode
  for (const StepBlock& block : actor.sink.blocks) {
    sums[block.environment] += static_cast<double>(block.rewards[0]);
    if (block.end == EpisodeEnd::kNone) continue;
    wanted.emplace_back(sums[block.environment], block.first_step + 1);
    sums[block.environment] = 0;
  }
  EXPECT_EQ(got, wanted);
  EXPECT_GE(got.size(), 6);
}

INSTANTIATE_TEST_SUITE_P(Environments, ActorLoopTest,
                         testing::Values("Pendulum-v1", "CartPole-v1"),
                         [](const auto& info) {
                           return std::string(info.param).substr(0, 4);
                         });

TEST(ActorLoopPolicyTest, WithoutAnyPolicyItIsUnavailable) {
  RecordedActor actor(Options("Pendulum-v1", 1));
  actor.policies.newest = nullptr;
  EXPECT_EQ(actor.loop->RunOnce().code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(actor.sink.blocks.empty());
  actor.policies.newest = RandomPolicy("Pendulum-v1", 2);
  EXPECT_TRUE(actor.loop->RunOnce().ok());
  actor.policies.newest = nullptr;  // it keeps the one it has
  EXPECT_TRUE(actor.loop->RunOnce().ok());
}

TEST(ActorLoopPolicyTest, ANewPolicyActsFromTheNextStepOn) {
  ActorOptions options = Options("Pendulum-v1", 1);
  options.block_rows = 1;
  RecordedActor actor(options);
  const std::vector<uint64_t> versions = {0, 0, 5, 5, 5, 6, 9, 9};
  for (const uint64_t version : versions) {
    if (version > 0) {
      actor.policies.newest = RandomPolicy("Pendulum-v1", version);
    }
    actor.Run(1);
  }
  ASSERT_EQ(actor.sink.blocks.size(), versions.size());
  for (size_t i = 0; i < versions.size(); ++i) {
    const StepBlock& block = actor.sink.blocks[i];
    EXPECT_EQ(block.first_policy_version, versions[i]);
    EXPECT_EQ(block.last_policy_version, versions[i]);
    if (versions[i] == 0) continue;
    // The action is that policy's, at that observation, with that noise.
    const auto policy =
        *Policy::Create(RandomPolicy("Pendulum-v1", versions[i]));
    std::vector<float> noise(1);
    FillNormal(options.seed, Purpose::kActionNoise, 0, i, noise);
    PolicyOutput output;
    const Row row = RowsOf({block}, actor.loop->schema(), 0)[0];
    ASSERT_TRUE(
        policy->Act(row.observation, 1, ActionMode::kStochastic, noise, &output)
            .ok());
    EXPECT_EQ(row.action, output.actions);
  }
}

TEST(ActorLoopPolicyTest, ABlockNamesItsFirstAndLastPolicy) {
  RecordedActor actor(Options("Pendulum-v1", 1));
  actor.policies.newest = RandomPolicy("Pendulum-v1", 5);
  actor.Run(10);
  actor.policies.newest = RandomPolicy("Pendulum-v1", 7);
  actor.Run(22);
  ASSERT_EQ(actor.sink.blocks.size(), 1);
  EXPECT_EQ(actor.sink.blocks[0].first_policy_version, 5);
  EXPECT_EQ(actor.sink.blocks[0].last_policy_version, 7);
}

TEST(ActorLoopPolicyTest, UniformActionsAreUniform) {
  for (const char* environment : {"Pendulum-v1", "CartPole-v1"}) {
    ActorOptions options = Options(environment, 4);
    options.block_rows = 1;
    RecordedActor actor(options);
    actor.Run(2000);
    double sum = 0, squares = 0;
    constexpr double kDraws = 8000;
    for (const StepBlock& block : actor.sink.blocks) {
      // CartPole's two actions as -1 and 1.
      const double x = block.actions.empty()
                           ? 2 * block.discrete_actions[0] - 1
                           : static_cast<double>(block.actions[0]);
      ASSERT_LE(std::abs(x), 1);
      sum += x;
      squares += x * x;
    }
    const bool continuous = actor.loop->schema().action.continuous();
    const double variance = continuous ? 1.0 / 3 : 1;
    EXPECT_NEAR(sum / kDraws, 0, 3 * std::sqrt(variance / kDraws));
    // Var(x^2) of U(-1, 1) is 1/5 - 1/9.
    EXPECT_NEAR(squares / kDraws, variance,
                3 * std::sqrt((1.0 / 5 - 1.0 / 9) / kDraws));
  }
}

TEST(ActorLoopPolicyTest, APolicyForOtherRowsIsRefused) {
  RecordedActor actor(Options("Pendulum-v1", 1));
  actor.policies.newest = RandomPolicy("CartPole-v1", 2);
  const absl::Status status = actor.loop->RunOnce();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr("F32[4]"));
  EXPECT_THAT(status.message(), HasSubstr("F32[3]"));
}

TEST(ActorLoopPolicyTest, AnErrorOfTheSinkNamesTheEnvironment) {
  class FullSink : public StepSink {
    absl::Status Append(const StepBlock&) override {
      return absl::ResourceExhaustedError("no room");
    }
  };
  FullSink sink;
  FakePolicies policies;
  policies.newest = RandomPolicy("Pendulum-v1", 2);
  ActorOptions options = Options("Pendulum-v1", 1);
  options.first_environment = 4;
  options.block_rows = 1;
  const auto loop = ActorLoop::Create(options, sink, policies);
  ASSERT_TRUE(loop.ok()) << loop.status();
  const absl::Status status = (*loop)->RunOnce();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(status.message(), HasSubstr("environment 4"));
}

}  // namespace
}  // namespace softfleet
