// SPDX-License-Identifier: Apache-2.0
#include "learner/join_desk.h"

#include <gtest/gtest.h>

#include <set>

namespace softfleet {
namespace {

using Shards = std::vector<JoinDesk::ShardState>;

TEST(JoinDeskTest, NobodyIsSentAnywhereWhileNoShardIsAttached) {
  FakeClock clock;
  JoinDesk desk(1, clock);
  EXPECT_FALSE(desk.Assign({}).has_value());
  EXPECT_FALSE(desk.Assign({{"a", false, 0}, {"b", false, 0}}).has_value());
  EXPECT_EQ(desk.Assign({{"a", false, 0}, {"b", true, 9}})->shard, "b");
}

TEST(JoinDeskTest, ManyWhoJoinAtOnceSpreadEvenly) {
  FakeClock clock;
  JoinDesk desk(1, clock);
  const Shards shards = {{"a", true, 0}, {"b", true, 2}, {"c", true, 0}};
  std::map<std::string, int> sent;
  for (int i = 0; i < 10; ++i) ++sent[desk.Assign(shards)->shard];
  const std::map<std::string, int> wanted = {{"a", 4}, {"b", 2}, {"c", 4}};
  EXPECT_EQ(sent, wanted);
}

TEST(JoinDeskTest, AnAssignmentCountsUntilItsSessionHasComeUp) {
  FakeClock clock;
  JoinDesk desk(1, clock);
  EXPECT_EQ(desk.Assign({{"a", true, 0}, {"b", true, 1}})->shard, "a");
  // Its session is there: one each, not two against one.
  EXPECT_EQ(desk.Assign({{"a", true, 1}, {"b", true, 1}})->shard, "a");
  EXPECT_EQ(desk.Assign({{"a", true, 1}, {"b", true, 1}})->shard, "b");
}

TEST(JoinDeskTest, AnActorThatNeverArrivesIsForgotten) {
  FakeClock clock;
  JoinDesk desk(1, clock);
  const Shards shards = {{"a", true, 0}, {"b", true, 1}};
  EXPECT_EQ(desk.Assign(shards)->shard, "a");
  EXPECT_EQ(desk.Assign(shards)->shard, "a");
  EXPECT_EQ(desk.Assign(shards)->shard, "b");
  clock.Advance(JoinDesk::kSettling);
  EXPECT_EQ(desk.Assign(shards)->shard, "a");
}

TEST(JoinDeskTest, EnvironmentNumbersAreNeverGivenTwice) {
  FakeClock clock;
  std::set<uint64_t> given;
  for (uint64_t incarnation = 1; incarnation <= 3; ++incarnation) {
    JoinDesk desk(incarnation, clock);
    for (uint64_t n = 0; n < 100; ++n) {
      const uint64_t first = desk.Assign({{"a", true, 0}})->first_environment;
      EXPECT_EQ(first, (incarnation << 40) + (n << 16));
      EXPECT_TRUE(given.insert(first).second);
    }
  }
}

}  // namespace
}  // namespace softfleet
