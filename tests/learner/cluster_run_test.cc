// SPDX-License-Identifier: Apache-2.0
#include "learner/cluster_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "tests/learner/cluster_world.h"

namespace softfleet {
namespace {

using testing::Contains;
using testing::HasSubstr;

int64_t EarnedUpdates(const LearnerLoop& loop, double per_step,
                      int64_t warmup) {
  return static_cast<int64_t>(
      std::floor(per_step * static_cast<double>(loop.received() - warmup -
                                                loop.forgone())));
}

// What holds at the end of every run of ClusterConfig().
void ExpectComplete(ClusterWorld& world) {
  ASSERT_TRUE(world.failure.ok()) << world.failure;
  ASSERT_TRUE(world.run().finished());
  const LearnerLoop& loop = world.run().loop();
  EXPECT_EQ(loop.received(), 600);
  EXPECT_EQ(loop.updates(), EarnedUpdates(loop, 0.5, 50));
  const AuditRecord& last = world.recorder().audit().back();
  EXPECT_EQ(last.step, 600);
  EXPECT_EQ(last.updates, loop.updates());
  EXPECT_TRUE(std::is_sorted(world.versions.begin(), world.versions.end()));
  for (const char* file : {"policy/manifest.json", "policy_best/manifest.json",
                           "metrics.csv", "audit.json", "log.jsonl",
                           "checkpoints/step-000000000600/manifest.json"}) {
    EXPECT_TRUE(RealFileSystem().Exists(JoinPath(world.directory(), file)))
        << file;
  }
}

TEST(ClusterRunTest, ARunEndsWithAllItsRowsUpdatesAndTheFinalEvaluation) {
  ClusterWorld world(ClusterConfig(), 2);
  ASSERT_TRUE(world.Start());
  EXPECT_EQ(world.run().Info().phase(), v1::RUN_PHASE_WAITING);
  ASSERT_TRUE(world.RunToEnd());
  ExpectComplete(world);
  EXPECT_EQ(world.run().Info().phase(), v1::RUN_PHASE_FINISHED);
  EXPECT_EQ(world.run().Info().step(), 600);
  EXPECT_EQ(world.run().orders().state, RunState::kFinished);
  EXPECT_EQ(world.run().waiting_for(), "");
  EXPECT_EQ(world.run().loop().forgone(), 0);
  // Nothing happens afterwards.
  EXPECT_FALSE(*world.run().RunOnce());
}

TEST(ClusterRunTest, EveryRowOfTheShardsIsReceivedOnce) {
  ClusterWorld world(ClusterConfig(), 3);
  ASSERT_TRUE(world.Start());
  ASSERT_TRUE(world.RunToEnd());
  int64_t rows = 0;
  for (const auto& [address, position] : world.saved_positions()) {
    rows += static_cast<int64_t>(position.next_id);
  }
  // All but the rest of the block in which the last row lay.
  EXPECT_GE(rows, 600);
  EXPECT_LT(rows, 600 + 8);
}

// At random moments: between any two rounds, right after a checkpoint, while
// an evaluation is out, while the mirror refills.
TEST(ClusterRunTest, ARunThatIsKilledAtRandomGoesOn) {
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Philox random(seed, Purpose::kTest, 2);
    ClusterWorld world(ClusterConfig(), 2, seed);
    ASSERT_TRUE(world.Start());
    for (int kill = 0; kill < 8 && !world.run().finished(); ++kill) {
      for (uint64_t i = random.NextBelow(60); i > 0; --i) world.Step();
      ASSERT_TRUE(world.failure.ok()) << world.failure;
      world.Kill();
      ASSERT_TRUE(world.Start());
    }
    ASSERT_TRUE(world.RunToEnd());
    ExpectComplete(world);
    int64_t rows = 0;
    for (const auto& [address, position] : world.saved_positions()) {
      rows += static_cast<int64_t>(position.next_id);
    }
    EXPECT_GE(rows, 600);
    EXPECT_LT(rows, 600 + 8);
  }
}

// Learner and shards die at random, shards with all their rows.
TEST(ClusterRunTest, ARunEndsWhateverDies) {
  int64_t forgone = 0;
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Philox random(seed, Purpose::kTest, 3);
    ClusterWorld world(
        ClusterConfig({seed % 2 == 0 ? "replay.slack=1" : "replay.slack=64"}),
        2, seed);
    ASSERT_TRUE(world.Start());
    for (int event = 0; event < 12 && !world.run().finished(); ++event) {
      for (uint64_t i = random.NextBelow(40); i > 0; --i) world.Step();
      ASSERT_TRUE(world.failure.ok()) << world.failure;
      FakeShard& shard = world.shard(static_cast<int>(random.NextBelow(2)));
      switch (random.NextBelow(4)) {
        case 0:
          shard.Restart();
          break;
        case 1:
          shard.is_connected = !shard.is_connected;
          break;
        case 2:
          world.shard(0).Restart();
          world.shard(1).Restart();
          [[fallthrough]];
        default:
          world.Kill();
          ASSERT_TRUE(world.Start());
      }
    }
    world.shard(random.NextBelow(2)).is_connected = true;
    ASSERT_TRUE(world.RunToEnd());
    ExpectComplete(world);
    forgone += world.run().loop().forgone();
  }
  EXPECT_GT(forgone, 0);
}

TEST(ClusterRunTest, AfterAllRowsAreLostTheMirrorIsFilledBeforeUpdatesGoOn) {
  ClusterWorld world(ClusterConfig(), 2);
  ASSERT_TRUE(world.Start());
  while (world.run().step() < 330) world.Step();
  world.Kill();
  world.shard(0).Restart();
  world.shard(1).Restart();
  ASSERT_TRUE(world.Start());
  EXPECT_EQ(world.run().step(), world.recorder().checkpointed_step());
  const int64_t updates = world.run().loop().updates();
  const int64_t resumed = world.run().step();
  while (world.run().step() < resumed + 50) {
    EXPECT_EQ(world.run().loop().updates(), updates);
    EXPECT_EQ(world.run().orders().state,
              world.run().step() == resumed &&
                      world.run().orders().state == RunState::kWaiting
                  ? RunState::kWaiting
                  : RunState::kWarming);
    world.Step();
  }
  EXPECT_THAT(world.notes, Contains(HasSubstr("50 new ones fill")));
  EXPECT_EQ(world.run().loop().forgone(), 50);
  ASSERT_TRUE(world.RunToEnd());
  ExpectComplete(world);
}

TEST(ClusterRunTest, ADeadShardIsNotWaitedForLong) {
  ClusterWorld world(ClusterConfig(), 2);
  ASSERT_TRUE(world.Start());
  while (world.run().step() < 330) world.Step();
  world.Kill();
  world.shard(1).is_connected = false;
  ASSERT_TRUE(world.Start());
  const int64_t updates = world.run().loop().updates();
  for (int i = 0; i < 10; ++i) world.Step();
  EXPECT_EQ(world.run().loop().updates(), updates);
  world.clock().Advance(Refill::kPatience);
  ASSERT_TRUE(world.RunToEnd());
  ExpectComplete(world);
}

TEST(ClusterRunTest, WithoutShardsTheRunWaitsAndSaysSo) {
  ClusterWorld world(ClusterConfig(), 1);
  world.shard(0).is_connected = false;
  ASSERT_TRUE(world.Start());
  for (int i = 0; i < 10; ++i) world.Step();
  EXPECT_EQ(world.run().waiting_for(), "shards");
  EXPECT_EQ(world.run().Info().waiting_for(), "shards");
  EXPECT_EQ(world.run().Info().phase(), v1::RUN_PHASE_WAITING);
  world.shard(0).is_connected = true;
  world.Round();
  EXPECT_EQ(world.run().waiting_for(), "rows");
  EXPECT_EQ(world.run().Info().phase(), v1::RUN_PHASE_WARMING);
}

TEST(ClusterRunTest, TheEndWaitsForTheFinalEvaluation) {
  ClusterWorld world(ClusterConfig(), 1);
  world.evaluator_works = false;
  ASSERT_TRUE(world.Start());
  for (int i = 0; i < 2000; ++i) world.Step();
  EXPECT_FALSE(world.run().finished());
  EXPECT_EQ(world.run().waiting_for(), "evaluation");
  EXPECT_EQ(world.run().step(), 600);
  // Those at 200 and 400 were never fetched.
  EXPECT_EQ(world.metrics().evaluations_skipped.value(), 2);
  world.Evaluate();
  world.Round();
  world.Round();
  ExpectComplete(world);
  EXPECT_EQ(world.recorder().audit().size(), 1);
}

TEST(ClusterRunTest, AnEvaluationIsAboutItsSnapshot) {
  ClusterWorld world(ClusterConfig(), 1);
  world.evaluator_works = false;
  ASSERT_TRUE(world.Start());
  while (world.run().step() < 210) world.Step();
  std::shared_ptr<const Snapshot> snapshot;
  world.board().Ask(0, true, absl::ZeroDuration(),
                    [&](const ParameterBoard::Answer& answer) {
                      snapshot = answer.parameters->snapshot;
                    });
  while (world.run().step() < 280) world.Step();
  const EvaluationReport good = world.Report(*snapshot);

  EvaluationReport report = good;
  report.run_id = "another";
  EXPECT_EQ(world.Post(report).status().code(),
            absl::StatusCode::kFailedPrecondition);
  report = good;
  report.audit_json = "not json";
  EXPECT_FALSE(world.Post(report).ok());
  report.audit_json = "[]";
  EXPECT_EQ(world.Post(report).status().code(),
            absl::StatusCode::kInvalidArgument);
  report = good;
  const size_t hash = report.audit_json.find("\"config_hash\":");
  report.audit_json.replace(
      report.audit_json.find_first_of("0123456789abcdef", hash + 14), 1, "z");
  EXPECT_THAT(world.Post(report).status().message(), HasSubstr("join again"));
  Snapshot other = *snapshot;
  other.version = 5;
  EXPECT_EQ(*world.Post(world.Report(other)), false);
  EXPECT_TRUE(world.recorder().audit().empty());

  EXPECT_EQ(*world.Post(good), true);
  ASSERT_EQ(world.recorder().audit().size(), 1);
  EXPECT_EQ(world.recorder().audit()[0].step, snapshot->step);
  EXPECT_EQ(world.recorder().audit()[0].version, snapshot->version);
  // Twice is once.
  EXPECT_EQ(*world.Post(good), false);
  EXPECT_TRUE(world.failure.ok());
}

TEST(ClusterRunTest, AStopRuleEndsTheRunWithAFinalEvaluation) {
  ClusterWorld world(ClusterConfig({"stop.target_return=150"}), 1);
  ASSERT_TRUE(world.Start());
  ASSERT_TRUE(world.RunToEnd());
  ASSERT_TRUE(world.run().finished());
  EXPECT_LT(world.run().step(), 600);
  const LearnerLoop& loop = world.run().loop();
  EXPECT_EQ(loop.updates(), EarnedUpdates(loop, 0.5, 50));
  EXPECT_EQ(world.recorder().audit().back().step, world.run().step());
  EXPECT_THAT(world.recorder().stopped_by(), HasSubstr("stop.target_return"));
  world.Kill();
  ASSERT_TRUE(world.Start());
  EXPECT_TRUE(world.run().finished());
}

TEST(ClusterRunTest, AStoppedRunGoesOnWhereItStopped) {
  ClusterWorld world(ClusterConfig(), 2);
  ASSERT_TRUE(world.Start());
  while (world.run().step() < 333) world.Step();
  ASSERT_TRUE(world.run().Stop().ok());
  const int64_t step = world.run().step();
  const int64_t updates = world.run().loop().updates();
  world.Kill();
  ASSERT_TRUE(world.Start());
  EXPECT_EQ(world.run().step(), step);
  EXPECT_EQ(world.run().loop().updates(), updates);
  ASSERT_TRUE(world.RunToEnd());
  ExpectComplete(world);
}

TEST(ClusterRunTest, ARunThatIsResumedBeyondItsNewEndIsFinished) {
  ClusterWorld world(ClusterConfig(), 2);
  ASSERT_TRUE(world.Start());
  while (world.run().step() < 333) world.Step();
  ASSERT_TRUE(world.run().Stop().ok());
  const int64_t step = world.run().step();
  world.Kill();
  world.Configure(ClusterConfig({"total_steps=200"}));
  ASSERT_TRUE(world.Start());
  ASSERT_TRUE(world.RunToEnd());
  EXPECT_EQ(world.run().step(), step);
  EXPECT_EQ(world.recorder().checkpointed_step(), step);
  ASSERT_FALSE(world.recorder().audit().empty());
  EXPECT_EQ(world.recorder().audit().back().step, step);
}

TEST(ClusterRunTest, AnEvaluationThatARestartLostIsAskedForAgain) {
  ClusterWorld world(ClusterConfig(), 1);
  world.evaluator_works = false;
  ASSERT_TRUE(world.Start());
  while (world.run().step() < 333) world.Step();
  world.Kill();
  ASSERT_TRUE(world.Start());
  world.Evaluate();
  world.Round();
  ASSERT_EQ(world.recorder().audit().size(), 1);
  EXPECT_EQ(world.recorder().audit()[0].step,
            world.recorder().checkpointed_step());
}

TEST(ClusterRunTest, TrainingThatDivergesFailsAndKeepsItsCheckpoint) {
  ClusterWorld world(ClusterConfig(), 1);
  ASSERT_TRUE(world.Start());
  while (world.run().step() < 200) world.Step();
  const int64_t checkpoint = world.recorder().checkpointed_step();
  world.shard(0).reward = 3e38f;
  EXPECT_TRUE(world.RunToEnd());
  EXPECT_EQ(world.failure.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(world.failure.message(), HasSubstr("the last good checkpoint is"));
  EXPECT_THAT(world.failure.message(), HasSubstr("diagnosis.json"));
  EXPECT_THAT(RealFileSystem()
                  .Read(JoinPath(world.directory(), "diagnosis.json"))
                  .value(),
              HasSubstr("\"batches\""));
  EXPECT_EQ(world.run().Info().phase(), v1::RUN_PHASE_FAILED);
  EXPECT_EQ(world.metrics().nonfinite_updates.value() +
                world.metrics().nonfinite_snapshots.value(),
            1);
  EXPECT_EQ(world.metrics().run_state.at(RunState::kFailed)->value(), 1);
  EXPECT_GE(checkpoint, 150);
  world.Kill();
  ASSERT_TRUE(world.Start());
  EXPECT_EQ(world.run().step() >= 150, true);
}

TEST(ClusterRunTest, ACheckpointThatCouldNotBeGoneOnFromIsNotWritten) {
  ClusterWorld world(ClusterConfig(), 1);
  ASSERT_TRUE(world.Start());
  // Finite losses, but the optimisers' second moments overflow.
  world.shard(0).reward = 1e22f;
  EXPECT_TRUE(world.RunToEnd());
  EXPECT_EQ(world.failure.code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(world.metrics().nonfinite_updates.value() +
                world.metrics().nonfinite_snapshots.value(),
            1);
  world.Kill();
  EXPECT_TRUE(world.Start());
}

TEST(ClusterRunTest, MetricsSayHowFarTheRunIsAndHowOldItsPoliciesAre) {
  ClusterWorld world(ClusterConfig({"learner.publish_seconds=0.5"}), 2);
  ASSERT_TRUE(world.Start());
  ASSERT_TRUE(world.RunToEnd());
  LearnerMetrics& metrics = world.metrics();
  EXPECT_EQ(metrics.received_rows.value(), 600);
  EXPECT_EQ(metrics.updates.value(), 275);
  EXPECT_NEAR(metrics.updates_per_step.value(), 0.5, 1e-9);
  EXPECT_EQ(metrics.updates_per_step_target.value(), 0.5);
  EXPECT_GT(metrics.policy_lag_updates.value(), 0);
  EXPECT_LT(metrics.policy_lag_updates.value(), 275);
  EXPECT_GT(metrics.episodes.value(), 0);
  EXPECT_LT(metrics.episode_return.value(), 0);
  EXPECT_GT(metrics.mirror_rows.value(), 300);
  EXPECT_GE(metrics.checkpoints.value(), 3);
  EXPECT_EQ(metrics.shards.value(), 2);
  EXPECT_GT(metrics.update_seconds.count(), 0);
}

}  // namespace
}  // namespace softfleet
