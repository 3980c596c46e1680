// SPDX-License-Identifier: Apache-2.0
// How closely a cluster's learner keeps to its updates per step.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>

#include "core/philox.h"
#include "learner/cluster_run.h"
#include "tests/learner/cluster_world.h"

namespace softfleet {
namespace {

// The learner is far slower than the actors, who may be 512 rows ahead.
TEST(ClusterPacingTest, UpdatesKeepUpWithRowsAllTheTimeAndAfterARestart) {
  constexpr double kPerStep = 8;
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    ClusterWorld world(
        ClusterConfig({"learner.updates_per_step=8", "replay.slack=512"}), 2,
        seed);
    ASSERT_TRUE(world.Start());
    Philox random(seed, Purpose::kTest, 4);
    double most_owed = 0;
    for (int kill = 0; kill < 4; ++kill) {
      for (uint64_t i = 20 + random.NextBelow(40); i > 0; --i) {
        world.Step();
        const LearnerLoop& loop = world.run().loop();
        const double owed =
            kPerStep * static_cast<double>(std::max<int64_t>(
                           0, loop.received() - 50 - loop.forgone())) -
            static_cast<double>(loop.updates());
        most_owed = std::max(most_owed, owed);
      }
      ASSERT_TRUE(world.failure.ok()) << world.failure;
      world.Kill();
      ASSERT_TRUE(world.Start());
    }
    // Below 1 percent of 10,000 rows: 64 rows, and a block of 16.
    EXPECT_LE(most_owed, kPerStep * 82);
    EXPECT_GT(most_owed, kPerStep * 30);
    ASSERT_TRUE(world.RunToEnd());
    EXPECT_TRUE(world.failure.ok()) << world.failure;
  }
}

}  // namespace
}  // namespace softfleet
