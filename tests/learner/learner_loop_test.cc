// SPDX-License-Identifier: Apache-2.0
#include "learner/learner_loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

#include "core/philox.h"
#include "tests/learner/fakes.h"

namespace softfleet {
namespace {

int64_t Allowed(const LearnerOptions& options, int64_t received) {
  if (received < options.warmup_steps) return 0;
  return static_cast<int64_t>(
      std::floor(options.updates_per_step *
                 static_cast<double>(received - options.warmup_steps)));
}

// Random rates, warm-ups, arrivals and limits against the formula.
TEST(LearnerLoopTest, UpdatesAreTheFloorOfWhatPacingAllows) {
  Philox random(1, Purpose::kTest);
  for (int trial = 0; trial < 60; ++trial) {
    LearnerOptions options = SmallLearner(trial % 2 == 0);
    options.sac.actor_hidden = options.sac.critic_hidden = {2};
    options.batch_size = 1;
    options.updates_per_step = random.NextBelow(4) == 0
                                   ? static_cast<double>(random.NextBelow(4))
                                   : 2.5 * random.NextUniform();
    options.warmup_steps = static_cast<int64_t>(1 + random.NextBelow(40));
    SCOPED_TRACE(testing::Message()
                 << "trial " << trial << ": " << options.updates_per_step
                 << " updates per step after " << options.warmup_steps);
    FakeLearner learner(options);
    int64_t received = 0, updates = 0;
    for (int round = 0; round < 12; ++round) {
      const auto rows = static_cast<int64_t>(random.NextBelow(9));
      const bool limited = random.NextBelow(3) == 0;
      const int64_t limit =
          limited ? static_cast<int64_t>(random.NextBelow(5)) : 1 << 20;
      received += rows;
      const int64_t wanted =
          std::min(limit, Allowed(options, received) - updates);
      ASSERT_EQ(learner.Receive(rows, limit), wanted);
      updates += wanted;
      ASSERT_EQ(learner.loop->updates(), updates);
      ASSERT_EQ(learner.loop->received(), received);
      ASSERT_EQ(learner.loop->allowed_updates(), Allowed(options, received));
    }
    std::vector<uint64_t> numbers(updates);
    std::iota(numbers.begin(), numbers.end(), 1);
    EXPECT_EQ(learner.sampler.updates, numbers);
  }
}

TEST(LearnerLoopTest, ARestoredLoopDoesNoMoreThanItsShare) {
  LearnerOptions options = SmallLearner(true);
  options.updates_per_step = 0.5;
  FakeLearner first(options);
  EXPECT_EQ(first.Receive(35), 12);
  FakeLearner second(options);
  ASSERT_TRUE(second.loop->Restore(first.loop->Save()).ok());
  EXPECT_EQ(second.Receive(0), 0);
  EXPECT_EQ(second.Receive(1), 1);  // 26 rows beyond the warm-up
  EXPECT_EQ(second.Receive(1), 0);
  EXPECT_EQ(second.sampler.updates, std::vector<uint64_t>{13});
}

// A twin: the agent alone, with batches and noise made here.
class LearnerTwinTest : public testing::TestWithParam<bool> {};

TEST_P(LearnerTwinTest, UpdateNumberULearnsFromBatchUAndNoiseU) {
  LearnerOptions options = SmallLearner(GetParam());
  options.reward_scale = 3;
  options.sac.policy_delay = 2;
  FakeLearner learner(options);
  const auto twin = SacAgent::Create(options.sac, options.seed);
  ASSERT_TRUE(twin.ok()) << twin.status();

  learner.Receive(options.warmup_steps + 9);
  for (uint64_t update = 1; update <= 9; ++update) {
    TransitionBatch batch = RandomBatch(options, update);
    for (double& reward : batch.returns) reward *= 3;
    std::vector<float> noise(batch.actions.size()), next(noise.size());
    FillNormal(options.seed, Purpose::kUpdateNoise, 0, update, noise);
    FillNormal(options.seed, Purpose::kUpdateNextNoise, 0, update, next);
    ASSERT_TRUE((*twin)->Update(AgentBatch(batch), {noise, next, {}}).ok());
  }
  EXPECT_TRUE(learner.loop->agent().Save() == (*twin)->Save());
}

INSTANTIATE_TEST_SUITE_P(Actions, LearnerTwinTest, testing::Bool(),
                         [](const auto& info) {
                           return info.param ? "Continuous" : "Discrete";
                         });

TEST(LearnerLoopTest, VersionsGrowWithinAnIncarnationAndAcrossThem) {
  FakeLearner learner(SmallLearner(true));
  learner.loop->Identify("run", 3);
  for (uint64_t n = 1; n <= 3; ++n) {
    const auto snapshot = learner.loop->MakeSnapshot(RunState::kRunning);
    ASSERT_TRUE(snapshot.ok()) << snapshot.status();
    EXPECT_EQ((*snapshot)->version, (uint64_t{3} << 32) + n);
    EXPECT_EQ((*snapshot)->run_id, "run");
  }
  FakeLearner next(SmallLearner(true));
  next.loop->Identify("run", 4);
  ASSERT_TRUE(next.loop->Restore(learner.loop->Save()).ok());
  EXPECT_EQ((*next.loop->MakeSnapshot(RunState::kRunning))->version,
            (uint64_t{4} << 32) + 1);
}

TEST(LearnerLoopTest, ASnapshotSaysActUniformlyUntilTheWarmUpIsOver) {
  LearnerOptions options = SmallLearner(false);
  options.updates_per_step = 0;
  FakeLearner learner(options);
  EXPECT_TRUE(learner.loop->snapshot_is_due());
  for (int64_t received = 0; received < 14; ++received) {
    const auto snapshot = learner.loop->MakeSnapshot(RunState::kWarming);
    ASSERT_TRUE(snapshot.ok()) << snapshot.status();
    EXPECT_EQ((*snapshot)->act_uniformly, received < options.warmup_steps);
    EXPECT_EQ((*snapshot)->step, received);
    EXPECT_EQ((*snapshot)->state, RunState::kWarming);
    EXPECT_FALSE(learner.loop->snapshot_is_due());
    learner.Receive(1);
    // Without updates only the end of the warm-up is news.
    EXPECT_EQ(learner.loop->snapshot_is_due(),
              received + 1 == options.warmup_steps);
  }
}

TEST(LearnerLoopTest, EveryUpdateMakesASnapshotDue) {
  FakeLearner learner(SmallLearner(true));
  learner.Receive(10);
  ASSERT_TRUE(learner.loop->MakeSnapshot(RunState::kRunning).ok());
  learner.Receive(1);
  EXPECT_TRUE(learner.loop->snapshot_is_due());
  const auto snapshot = learner.loop->MakeSnapshot(RunState::kRunning);
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  EXPECT_EQ((*snapshot)->updates, 1);
  EXPECT_FALSE(learner.loop->snapshot_is_due());
}

TEST(LearnerLoopTest, ASnapshotDescribesTheRun) {
  LearnerOptions options = SmallLearner(true);
  options.reward_scale = 0.25;
  options.sac.log_std_mode = SacOptions::LogStdMode::kBounded;
  options.sac.log_std_min = -4;
  options.sac.log_std_max = 1;
  FakeLearner learner(options);
  const auto made = learner.loop->MakeSnapshot(RunState::kRunning);
  ASSERT_TRUE(made.ok()) << made.status();
  const Snapshot& snapshot = **made;
  EXPECT_EQ(snapshot.schema, options.schema);
  EXPECT_EQ(snapshot.bounds, options.bounds);
  EXPECT_EQ(snapshot.environment, "Fake-v0");
  EXPECT_EQ(snapshot.reward_scale, 0.25);
  EXPECT_EQ(snapshot.target_entropy, -2);
  EXPECT_EQ(snapshot.alpha, options.sac.alpha_init);
  EXPECT_EQ(snapshot.head, (Head{"squashed_gaussian", "bounded", -4, 1}));
  EXPECT_EQ(snapshot.layers, (std::vector<Layer>{{"linear", "actor/l0"},
                                                 {"relu", ""},
                                                 {"linear", "actor/l1"},
                                                 {"relu", ""},
                                                 {"linear", "actor/head"}}));
}

TEST(LearnerLoopTest, AParameterThatIsNotFiniteIsNeverPublished) {
  FakeLearner learner(SmallLearner(true));
  learner.Receive(12);
  ASSERT_TRUE(learner.loop->MakeSnapshot(RunState::kRunning).ok());
  learner.sampler.reward = 1e300;
  learner.Receive(2);
  const auto snapshot = learner.loop->MakeSnapshot(RunState::kRunning);
  EXPECT_EQ(snapshot.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(snapshot.status().message(), testing::HasSubstr("actor/"));
  EXPECT_TRUE(learner.loop->snapshot_is_due());
}

TEST(LearnerLoopTest, OneUpdateInSixteenIsMeasured) {
  for (const int delay : {1, 3, 20}) {
    LearnerOptions options = SmallLearner(true);
    options.sac.policy_delay = delay;
    FakeLearner learner(options);
    learner.Receive(options.warmup_steps + 120);
    // The multiples of 16, of 15 and of 20: all of them move the actor.
    EXPECT_EQ(learner.loop->statistics().count(), delay == 1   ? 7
                                                  : delay == 3 ? 8
                                                               : 6);
    EXPECT_NE(learner.loop->statistics().Mean().entropy, 0);
    EXPECT_NE(learner.loop->statistics().Mean().actor_gradient_norm, 0);
  }
}

}  // namespace
}  // namespace softfleet
