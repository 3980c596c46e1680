// SPDX-License-Identifier: Apache-2.0
#include "learner/progress_rule.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/philox.h"

namespace softfleet {
namespace {

TEST(ProgressRuleTest, AllowsSlackRowsBeyondThoseThatUpdatesUsed) {
  LearnerProgress progress;
  progress.warmup_steps = 1000;
  progress.slack = 100;
  progress.total_steps = 20000;
  EXPECT_EQ(AllowedRows(progress), 1100);
  progress.updates_per_step = 0.5;
  progress.updates = 300;
  EXPECT_EQ(AllowedRows(progress), 1700);
  progress.forgone = 50;
  EXPECT_EQ(AllowedRows(progress), 1750);
  progress.received = 1740;
  progress.missing = 400;
  EXPECT_EQ(AllowedRows(progress), 2140);
  progress.updates = 100000;
  EXPECT_EQ(AllowedRows(progress), 20000);
}

TEST(ProgressRuleTest, WithoutUpdatesEverythingIsAllowed) {
  LearnerProgress progress;
  progress.updates_per_step = 0;
  progress.total_steps = 500;
  EXPECT_EQ(AllowedRows(progress), 500);
}

TEST(ProgressRuleTest, HugeQuotientsDoNotOverflow) {
  LearnerProgress progress;
  progress.updates_per_step = 1e-300;
  progress.updates = 5;
  progress.total_steps = 1000000000000000;
  EXPECT_EQ(AllowedRows(progress), 1000000000000000);
}

// The learner receives what ReceivableRows admits, and the rest of a block, and
// then updates: never stuck, and the ratio is even over every window of rows.
TEST(ProgressRuleTest, ALearnerThatTakesWhatItMayIsNeverStuckNorFarBehind) {
  for (uint32_t trial = 0; trial < 300; ++trial) {
    Philox random(29, Purpose::kTest, trial);
    const double ratio = std::exp(8 * random.NextUniform() - 4);
    const auto block = static_cast<int64_t>(1 + random.NextBelow(40));
    LearnerProgress progress;
    progress.updates_per_step = ratio;
    progress.warmup_steps = static_cast<int64_t>(1 + random.NextBelow(500));
    progress.forgone = static_cast<int64_t>(random.NextBelow(100));
    const auto earned = [&] {
      const int64_t rows =
          progress.received - progress.warmup_steps - progress.forgone;
      return rows <= 0 ? 0.0 : ratio * static_cast<double>(rows);
    };
    const double most_owed = std::max(1.0, ratio * kMostOwedRows) +
                             ratio * static_cast<double>(block + 2);
    while (progress.received < 5000) {
      const int64_t before = progress.received + progress.updates;
      while (ReceivableRows(progress) > 0) progress.received += block;
      ASSERT_LE(earned() - static_cast<double>(progress.updates), most_owed)
          << "trial " << trial << ", ratio " << ratio << ", block " << block;
      // A round does a few of the updates that are owed.
      const auto owed =
          static_cast<int64_t>(std::floor(earned())) - progress.updates;
      progress.updates += std::min<int64_t>(
          owed, static_cast<int64_t>(1 + random.NextBelow(64)));
      ASSERT_GT(progress.received + progress.updates, before)
          << "stuck in trial " << trial << ", ratio " << ratio;
    }
  }
}

// Shards that admit by the rule of replay.proto, actors that push whenever
// they may, a learner that updates whenever it may. `sessions[a]` is the shard
// of actor a; `dead_from[s]` is when shard s stops answering.
struct Simulation {
  LearnerProgress progress;
  std::vector<int> sessions;
  std::vector<int> dead_from;
  int64_t batch = 32;
  uint64_t seed = 0;

  int64_t AllowedUpdates() const {
    const int64_t earning =
        progress.received - progress.warmup_steps - progress.forgone;
    return earning < 0
               ? 0
               : static_cast<int64_t>(std::floor(progress.updates_per_step *
                                                 static_cast<double>(earning)));
  }

  bool done() const {
    return progress.received == progress.total_steps &&
           progress.updates == AllowedUpdates();
  }

  // Whether the run comes to its end.
  bool Run() {
    Philox random(seed, Purpose::kTest, 3);
    std::vector<int64_t> held(dead_from.size(), 0);
    for (int round = 0; round < 200000 && !done(); ++round) {
      const int64_t allowed = AllowedRows(progress);
      EXPECT_LE(progress.received, progress.total_steps);
      for (const int s : sessions) {
        if (round >= dead_from[s]) continue;
        const int64_t room =
            std::min(progress.slack, allowed - progress.received);
        if (held[s] < room) {
          held[s] += 1 + static_cast<int64_t>(random.NextBelow(batch));
        }
      }
      for (size_t s = 0; s < held.size(); ++s) {
        if (round >= dead_from[s]) continue;
        const int64_t taken =
            std::min({held[s], static_cast<int64_t>(random.NextBelow(64)),
                      progress.total_steps - progress.received});
        held[s] -= taken;
        progress.received += taken;
      }
      progress.updates = std::min(
          progress.updates + static_cast<int64_t>(random.NextBelow(40)),
          AllowedUpdates());
    }
    return done();
  }
};

Simulation Some(std::vector<int> sessions, std::vector<int> dead_from,
                uint64_t seed) {
  Philox random(seed, Purpose::kTest, 4);
  Simulation simulation;
  simulation.sessions = std::move(sessions);
  simulation.dead_from = std::move(dead_from);
  simulation.seed = seed;
  LearnerProgress& progress = simulation.progress;
  progress.updates_per_step =
      std::vector<double>{0.01, 0.3, 1, 2.5, 20}[random.NextBelow(5)];
  progress.warmup_steps = static_cast<int64_t>(1 + random.NextBelow(500));
  progress.slack = std::vector<int64_t>{1, 7, 1024}[random.NextBelow(3)];
  progress.total_steps =
      progress.warmup_steps + static_cast<int64_t>(random.NextBelow(1500));
  progress.forgone = static_cast<int64_t>(random.NextBelow(2) * 100);
  simulation.batch = static_cast<int64_t>(1 + random.NextBelow(200));
  return simulation;
}

constexpr int kNever = 1 << 30;

TEST(ProgressRuleTest, TwoActorsOnTwoShardsNeverDeadlock) {
  for (uint64_t seed = 0; seed < 60; ++seed) {
    EXPECT_TRUE(Some({0, 1}, {kNever, kNever}, seed).Run()) << seed;
  }
}

TEST(ProgressRuleTest, AllSessionsOnOneShardNeverDeadlock) {
  for (uint64_t seed = 0; seed < 60; ++seed) {
    EXPECT_TRUE(Some({1, 1, 1}, {kNever, kNever}, seed).Run()) << seed;
  }
}

// It dies with rows in it that will never come.
TEST(ProgressRuleTest, ADeadShardNeverBlocksTheOther) {
  for (uint64_t seed = 0; seed < 60; ++seed) {
    EXPECT_TRUE(
        Some({0, 1}, {static_cast<int>(seed % 7 * 5), kNever}, seed).Run())
        << seed;
  }
}

}  // namespace
}  // namespace softfleet
