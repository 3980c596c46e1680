// SPDX-License-Identifier: Apache-2.0
// Blocks cut by time, sinks that are full, and what an actor counts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "actor/actor_loop.h"
#include "actor/actor_metrics.h"
#include "core/philox.h"
#include "tests/actor/actor_fixture.h"
#include "tests/actor/scripted_environment.h"

namespace softfleet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Takes blocks while it has room.
class NarrowSink : public StepSink {
 public:
  absl::Status Append(const StepBlock& block) override {
    if (room == 0) return absl::ResourceExhaustedError("no room");
    --room;
    blocks.push_back(block);
    return absl::OkStatus();
  }

  int room = 0;
  std::vector<StepBlock> blocks;
};

std::vector<int64_t> RowsPerBlock(const std::vector<StepBlock>& blocks) {
  std::vector<int64_t> rows;
  for (const StepBlock& block : blocks) rows.push_back(block.rows);
  return rows;
}

TEST(ActorCut, ABlockIsCutWhenItsFirstRowIsOldEnough) {
  FakeClock clock;
  ActorOptions options = Options("Pendulum-v1", 1);
  options.block_time = absl::Milliseconds(250);
  options.clock = &clock;
  RecordedActor actor(options);
  actor.Run(3);
  clock.Advance(absl::Milliseconds(249));
  actor.Run(1);
  ASSERT_TRUE(actor.loop->CutBlocks().ok());
  EXPECT_TRUE(actor.sink.blocks.empty());
  clock.Advance(absl::Milliseconds(1));
  ASSERT_TRUE(actor.loop->CutBlocks().ok());
  EXPECT_THAT(RowsPerBlock(actor.sink.blocks), ElementsAre(4));
  // Time begins again with the next row, not with the cut.
  clock.Advance(absl::Seconds(1));
  actor.Run(1);
  clock.Advance(absl::Milliseconds(249));
  ASSERT_TRUE(actor.loop->CutBlocks().ok());
  EXPECT_EQ(actor.sink.blocks.size(), 1u);
  clock.Advance(absl::Milliseconds(1));
  ASSERT_TRUE(actor.loop->CutBlocks().ok());
  EXPECT_THAT(RowsPerBlock(actor.sink.blocks), ElementsAre(4, 1));
}

TEST(ActorCut, AFullBlockEndsTheWaitOfItsRows) {
  FakeClock clock;
  ActorOptions options = Options("Pendulum-v1", 1);
  options.block_rows = 4;
  options.block_time = absl::Milliseconds(250);
  options.clock = &clock;
  RecordedActor actor(options);
  actor.Run(4);
  clock.Advance(absl::Milliseconds(200));
  actor.Run(1);
  clock.Advance(absl::Milliseconds(200));
  ASSERT_TRUE(actor.loop->CutBlocks().ok());
  EXPECT_THAT(RowsPerBlock(actor.sink.blocks), ElementsAre(4));
}

TEST(ActorCut, WithoutABlockTimeNothingIsEverCut) {
  FakeClock clock;
  ActorOptions options = Options("Pendulum-v1", 2);
  options.clock = &clock;
  RecordedActor actor(options);
  actor.Run(3);
  clock.Advance(absl::Hours(10000));
  ASSERT_TRUE(actor.loop->CutBlocks().ok());
  EXPECT_TRUE(actor.sink.blocks.empty());
  ASSERT_TRUE(actor.loop->CutAllBlocks().ok());
  EXPECT_THAT(RowsPerBlock(actor.sink.blocks), ElementsAre(3, 3));
  ASSERT_TRUE(actor.loop->CutAllBlocks().ok());
  EXPECT_EQ(actor.sink.blocks.size(), 2u);
}

// Three environments whose steps take 300 ms each.
TEST(ActorCut, RowsDoNotWaitForTheNextStepOfASlowEnvironment) {
  FakeClock clock;
  ActorOptions options = Options("Pendulum-v1", 3);
  options.block_time = absl::Milliseconds(250);
  options.lock_step = false;
  options.clock = &clock;
  const RecordingSink* sink = nullptr;
  std::vector<size_t> handed_on;  // when each step began
  options.make_environment = Scripted(options.environment, [&] {
    return EnvironmentScript{
        .step = [&](Environment& inner, std::span<const float> action) {
          handed_on.push_back(sink->blocks.size());
          clock.Advance(absl::Milliseconds(300));
          return inner.Step(action);
        }};
  });
  RecordedActor actor(options);
  sink = &actor.sink;
  actor.Run(2);
  EXPECT_THAT(handed_on, ElementsAre(0, 1, 2, 3, 4, 5));
}

// Cuts at any time change where blocks end and no row.
TEST(ActorCut, CutsChangeNoRow) {
  for (const std::string environment : {"Pendulum-v1", "CartPole-v1"}) {
    SCOPED_TRACE(environment);
    RecordedActor whole(Options(environment, 3));
    whole.Run(300);
    FakeClock clock;
    ActorOptions options = Options(environment, 3);
    options.block_time = absl::Milliseconds(10);
    options.clock = &clock;
    RecordedActor cut(options);
    Philox random(3, Purpose::kTest);
    for (int i = 0; i < 300; ++i) {
      cut.Run(1);
      clock.Advance(absl::Milliseconds(random.NextBelow(8)));
      ASSERT_TRUE(cut.loop->CutBlocks().ok());
    }
    ASSERT_TRUE(whole.loop->CutAllBlocks().ok());
    ASSERT_TRUE(cut.loop->CutAllBlocks().ok());
    EXPECT_GT(cut.sink.blocks.size(), 2 * whole.sink.blocks.size());
    const Schema& schema = whole.loop->schema();
    for (uint64_t environment_number = 0; environment_number < 3;
         ++environment_number) {
      EXPECT_EQ(RowsOf(cut.sink.blocks, schema, environment_number),
                RowsOf(whole.sink.blocks, schema, environment_number));
    }
  }
}

TEST(ActorCut, AFullSinkStopsTheEnvironmentsAndLosesNoRow) {
  ActorOptions options = Options("Pendulum-v1", 3);
  options.block_rows = 2;
  RecordedActor whole(options);
  whole.Run(200);
  ASSERT_TRUE(whole.loop->CutAllBlocks().ok());

  NarrowSink sink;
  FakePolicies policies;
  policies.newest = RandomPolicy("Pendulum-v1", 1, true);
  const auto loop = *ActorLoop::Create(options, sink, policies);
  Philox random(5, Purpose::kTest);
  int refusals = 0;
  bool full = false;
  while (loop->counts().steps < 600) {
    const uint64_t before = loop->counts().steps;
    const bool must_wait = full && sink.room == 0;
    const absl::Status status = loop->RunOnce();
    full = absl::IsResourceExhausted(status);
    ASSERT_TRUE(status.ok() || full) << status;
    if (must_wait) {
      ASSERT_EQ(loop->counts().steps, before);
    }
    if (status.ok()) {
      ASSERT_EQ(loop->counts().steps, before + 3);
    }
    refusals += full ? 1 : 0;
    sink.room += static_cast<int>(random.NextBelow(3));
  }
  sink.room = 100;
  ASSERT_TRUE(loop->CutAllBlocks().ok());
  EXPECT_GT(refusals, 10);
  for (uint64_t environment = 0; environment < 3; ++environment) {
    EXPECT_EQ(RowsOf(sink.blocks, loop->schema(), environment),
              RowsOf(whole.sink.blocks, loop->schema(), environment));
  }
}

TEST(ActorCut, TheLoopSaysWhichPolicyItUses) {
  RecordedActor actor(Options("Pendulum-v1", 2));
  EXPECT_EQ(actor.loop->policy(), nullptr);
  actor.Run(1);
  EXPECT_EQ(actor.loop->policy()->version, 1u);
  actor.policies.newest = RandomPolicy("Pendulum-v1", 7);
  EXPECT_EQ(actor.loop->policy()->version, 1u);
  actor.Run(1);
  EXPECT_EQ(actor.loop->policy()->version, 7u);
  EXPECT_EQ(actor.loop->counts().steps, 4u);
}

// Numbers beyond 2^32, as a learner gives them after a restart, are no repeat
// of the first ones.
TEST(ActorCut, EnvironmentsWithDistantNumbersDoDifferentThings) {
  std::vector<std::vector<float>> first_actions;
  for (const uint64_t number :
       {uint64_t{0}, uint64_t{1} << 16, uint64_t{1} << 40, uint64_t{2} << 40}) {
    ActorOptions options = Options("Pendulum-v1", 1);
    options.first_environment = number;
    RecordedActor actor(options);
    actor.Run(45);
    const std::vector<Row> rows =
        RowsOf(actor.sink.blocks, actor.loop->schema(), number);
    ASSERT_EQ(rows.size(), 45u);
    std::vector<float> actions = rows[0].observation;
    for (const Row& row : rows) actions.push_back(row.action[0]);
    EXPECT_THAT(first_actions, ::testing::Not(::testing::Contains(actions)));
    first_actions.push_back(actions);
  }
}

TEST(ActorMetrics, CountStepsEpisodesAndThePolicyInUse) {
  FakeClock clock;
  MetricRegistry registry;
  ActorMetrics metrics(registry, clock);
  RecordedActor actor(Options("Pendulum-v1", 2));
  auto policy = std::make_shared<Snapshot>(*RandomPolicy("Pendulum-v1", 9));
  policy->updates = 41;
  actor.policies.newest = policy;
  for (int i = 0; i < 90; ++i) {  // two episodes of 45 steps each
    actor.Run(1);
    metrics.AfterStep(*actor.loop, absl::Milliseconds(3));
  }
  clock.Advance(absl::Seconds(12));
  const std::string text = registry.Text();
  EXPECT_THAT(text, HasSubstr("\nsac_actor_steps_total 180\n"));
  EXPECT_THAT(text, HasSubstr("\nsac_actor_episodes_total 4\n"));
  EXPECT_THAT(text, HasSubstr("\nsac_actor_episode_length 45\n"));
  EXPECT_THAT(text, HasSubstr("\nsac_actor_policy_version 9\n"));
  EXPECT_THAT(text, HasSubstr("\nsac_actor_policy_updates 41\n"));
  EXPECT_THAT(text, HasSubstr("\nsac_actor_policy_age_seconds 12\n"));
  EXPECT_THAT(text, HasSubstr("\nsac_actor_step_seconds_count 90\n"));
  double last_return = 0;
  for (const StepBlock& block : actor.sink.blocks) {
    if (block.end != EpisodeEnd::kNone) last_return = block.episode_return;
  }
  EXPECT_DOUBLE_EQ(
      registry
          .AddGauge({.name = "sac_actor_episode_return",
                     .unit = "1",
                     .help = "Return of the training episode that ended last, "
                             "in the environment's rewards, not discounted."})
          .value(),
      last_return);
}

}  // namespace
}  // namespace softfleet
