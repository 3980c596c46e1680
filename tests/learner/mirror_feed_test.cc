// SPDX-License-Identifier: Apache-2.0
#include "learner/mirror_feed.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/philox.h"
#include "tests/learner/fake_shard.h"
#include "tests/learner/fakes.h"

namespace softfleet {
namespace {

constexpr int64_t kAll = std::numeric_limits<int64_t>::max();

std::unique_ptr<Table> MakeMirror(const Schema& schema) {
  TableOptions options;
  options.schema = schema;
  options.capacity_rows = 20000;
  options.expected_run_rows = 1;
  options.max_block_rows = 64;
  auto made = Table::Create(options);
  EXPECT_TRUE(made.ok()) << made.status();
  return *std::move(made);
}

// Shards that live on, and a learner that comes and goes.
class World {
 public:
  explicit World(int shards) : schema_(SmallLearner(true).schema) {
    for (int s = 0; s < shards; ++s) {
      shards_.push_back(
          std::make_unique<FakeShard>(schema_, s + 1, s * 1000000));
    }
    Begin({});
  }

  FakeShard& shard(int s) { return *shards_[s]; }
  MirrorFeed& feed() { return *feed_; }
  Table& mirror() { return *mirror_; }

  int64_t Poll() {
    const auto polled = feed_->Poll([this](const StepBlock& block) {
      EXPECT_TRUE(CheckStepBlock(schema_, block, 1000).ok());
      for (const int64_t tag : Tags(block)) received.push_back(tag);
      return absl::OkStatus();
    });
    EXPECT_TRUE(polled.ok()) << polled.status();
    return polled.value_or(0);
  }

  void Checkpoint() {
    saved_ = feed_->positions();
    saved_received_ = received;
  }
  // The learner dies and continues from its checkpoint.
  void RestartLearner() {
    received = saved_received_;
    for (auto& shard : shards_) shard->Rewind();
    Begin(saved_);
  }

  std::vector<int64_t> received;  // tags

 private:
  void Begin(const std::map<std::string, Position>& positions) {
    mirror_ = MakeMirror(schema_);
    MirrorFeed::Options options;
    for (size_t s = 0; s < shards_.size(); ++s) {
      options.shards.push_back({absl::StrCat("shard", s), shards_[s].get()});
    }
    feed_ = std::make_unique<MirrorFeed>(*mirror_, options);
    feed_->Restore(positions);
    feed_->Want(kAll);
  }

  Schema schema_;
  std::vector<std::unique_ptr<FakeShard>> shards_;
  std::unique_ptr<Table> mirror_;
  std::unique_ptr<MirrorFeed> feed_;
  std::map<std::string, Position> saved_;
  std::vector<int64_t> saved_received_;
};

void Shake(World& world, int shards, Philox& random) {
  FakeShard& shard = world.shard(static_cast<int>(random.NextBelow(shards)));
  switch (random.NextBelow(16)) {
    case 0:
      return shard.Restart();
    case 1:
      return world.RestartLearner();
    case 2:
    case 3:
      return world.Checkpoint();
    case 4:
      shard.is_connected = !shard.is_connected;
      return;
    case 5:
      return shard.EndEpisode(random.NextBelow(2));
    case 6:
    case 7:
    case 8:
      world.Poll();
      return;
    default:
      shard.Append(random.NextBelow(2),
                   static_cast<int64_t>(1 + random.NextBelow(20)));
  }
}

// Every row at most once and in its shard's order; in the end every row that
// a shard still has was received, and is in the mirror exactly once.
TEST(MirrorFeedTest, RowsAreReceivedOnceWhateverIsRestarted) {
  for (uint64_t trial = 0; trial < 150; ++trial) {
    SCOPED_TRACE(testing::Message() << "trial " << trial);
    Philox random(21, Purpose::kTest, 0, trial);
    const int shards = static_cast<int>(1 + random.NextBelow(3));
    World world(shards);
    for (int event = 0; event < 120; ++event) Shake(world, shards, random);
    int64_t there = 0;
    for (int s = 0; s < shards; ++s) world.shard(s).is_connected = true;
    while (world.Poll() > 0) {
    }
    world.Poll();
    const std::set<int64_t> once(world.received.begin(), world.received.end());
    ASSERT_EQ(once.size(), world.received.size());
    for (int s = 0; s < shards; ++s) {
      const std::vector<int64_t> tags = world.shard(s).tags();
      there += std::ssize(tags);
      for (const int64_t tag : tags) ASSERT_TRUE(once.contains(tag)) << tag;
      int64_t last = -1;
      for (const int64_t tag : world.received) {
        if (tag / 1000000 != s) continue;
        ASSERT_GT(tag, last);
        last = tag;
      }
    }
    EXPECT_TRUE(world.feed().refilled());
    EXPECT_TRUE(world.feed().heard_all());
    EXPECT_GE(world.mirror().rows_appended(), there);
    // A mirror that began with the shards' last restart has nothing else.
    world.Checkpoint();
    world.RestartLearner();
    EXPECT_EQ(world.Poll(), 0);
    EXPECT_EQ(world.mirror().rows_appended(), there);
    EXPECT_EQ(world.feed().refill_rows(), there);
    EXPECT_TRUE(world.feed().refilled());
  }
}

TEST(MirrorFeedTest, RowsBelowTheSavedPositionOnlyRefillTheMirror) {
  World world(1);
  world.shard(0).block_rows = 50;
  world.shard(0).Append(0, 37);
  EXPECT_EQ(world.Poll(), 37);
  world.Checkpoint();
  world.shard(0).Append(0, 3);
  EXPECT_EQ(world.Poll(), 3);
  for (int restart = 0; restart < 20; ++restart) {
    world.RestartLearner();
    EXPECT_FALSE(world.feed().refilled());
    // However the shard cuts its 40 rows this time.
    EXPECT_EQ(world.Poll(), 3);
    EXPECT_EQ(world.received.back(), 39);
    EXPECT_EQ(world.feed().refill_rows(), 37);
    EXPECT_EQ(world.mirror().rows_appended(), 40);
    EXPECT_TRUE(world.feed().refilled());
  }
}

TEST(MirrorFeedTest, NeverMoreThanTheWantedRowsAreHandedOut) {
  Philox random(5, Purpose::kTest);
  for (int trial = 0; trial < 50; ++trial) {
    World world(2);
    const auto wanted = static_cast<int64_t>(random.NextBelow(60));
    world.feed().Want(wanted);
    for (int s = 0; s < 2; ++s) {
      world.shard(s).Append(s, static_cast<int64_t>(random.NextBelow(50)));
    }
    const auto there = static_cast<int64_t>(world.shard(0).tags().size() +
                                            world.shard(1).tags().size());
    int64_t polled = 0;
    for (int i = 0; i < 20; ++i) polled += world.Poll();
    EXPECT_EQ(polled, std::min(wanted, there));
    EXPECT_EQ(std::ssize(world.received), polled);
    EXPECT_EQ(world.mirror().rows_appended(), polled);
    world.feed().Want(kAll);
    while (world.Poll() > 0) {
    }
    // All others but the rest of the block that was cut.
    EXPECT_GE(std::ssize(world.received), there - world.shard(0).block_rows);
  }
}

TEST(MirrorFeedTest, APollEndsAfterAFewRowsAndTheNextGoesOn) {
  const Schema schema = SmallLearner(true).schema;
  FakeShard shard(schema, 1, 0);
  const auto mirror = MakeMirror(schema);
  MirrorFeed::Options options;
  options.shards = {{"a", &shard}};
  options.received_per_poll = 20;
  MirrorFeed feed(*mirror, options);
  feed.Want(kAll);
  shard.Append(0, 200);
  int64_t next = 0;
  const auto receive = [&next](const StepBlock& block) {
    for (const int64_t tag : Tags(block)) EXPECT_EQ(tag, next++);
    return absl::OkStatus();
  };
  while (next < 200) {
    const auto polled = feed.Poll(receive);
    ASSERT_TRUE(polled.ok()) << polled.status();
    EXPECT_LT(*polled, 20 + shard.block_rows);
    EXPECT_TRUE(*polled >= 20 || next == 200);
  }
}

TEST(MirrorFeedTest, AMirrorRefillsAlthoughNoRowsAreWanted) {
  World world(1);
  world.shard(0).Append(0, 30);
  world.Poll();
  world.Checkpoint();
  world.shard(0).Append(0, 5);
  world.RestartLearner();
  world.feed().Want(0);
  EXPECT_EQ(world.Poll(), 0);
  EXPECT_EQ(world.Poll(), 0);
  EXPECT_GT(world.feed().refill_rows(), 30 - 8);
}

TEST(MirrorFeedTest, ADeadShardDoesNotHoldUpTheRefill) {
  World world(2);
  world.shard(0).Append(0, 10);
  world.shard(1).Append(1, 10);
  world.Poll();
  world.Checkpoint();
  world.RestartLearner();
  world.shard(1).is_connected = false;
  EXPECT_FALSE(world.feed().refilled());
  world.Poll();
  EXPECT_TRUE(world.feed().refilled());
  EXPECT_FALSE(world.feed().heard_all());
  EXPECT_EQ(world.feed().connected(), 1);
  // It comes back later, with its rows and new ones.
  world.shard(1).is_connected = true;
  world.shard(1).Append(1, 4);
  EXPECT_EQ(world.Poll(), 4);
  EXPECT_TRUE(world.feed().heard_all());
}

TEST(MirrorFeedTest, AnEmptyShardIsHeard) {
  World world(2);
  world.shard(0).Append(0, 10);
  EXPECT_FALSE(world.feed().heard_all());
  world.Poll();
  EXPECT_TRUE(world.feed().heard_all());
  EXPECT_TRUE(world.feed().refilled());
}

TEST(MirrorFeedTest, OverwrittenRowsAreCountedAsLostUnlessTheyWereReceived) {
  World world(1);
  world.shard(0).Append(0, 30);
  world.shard(0).Overwrite(12);
  EXPECT_EQ(world.Poll(), 18);
  EXPECT_EQ(world.feed().overtaken_rows(), 12);
  world.Checkpoint();
  world.RestartLearner();
  world.shard(0).Overwrite(5);
  EXPECT_EQ(world.Poll(), 0);
  EXPECT_EQ(world.feed().overtaken_rows(), 0);
  // While the learner was away.
  world.shard(0).Append(0, 20);
  world.shard(0).Overwrite(13 + 9);
  world.RestartLearner();
  EXPECT_EQ(world.Poll(), 11);
  EXPECT_EQ(world.feed().overtaken_rows(), 9);
}

TEST(MirrorFeedTest, AShardWhoseIncarnationFellIsBelievedOnceItHasCaughtUp) {
  World world(1);
  world.shard(0).Append(0, 30);
  world.Poll();
  world.shard(0).Restart(/*incarnation_grows=*/false);
  world.shard(0).Append(0, 5);
  for (int i = 0; i < 5; ++i) world.Poll();
  world.shard(0).Append(0, 7);
  EXPECT_EQ(world.Poll(), 7);
}

TEST(MirrorFeedTest, ABlockThatFailsTheCheckIsLostAlone) {
  class Broken : public ShardStream {
   public:
    explicit Broken(FakeShard& good) : good_(&good) {}
    std::optional<ShardDelivery> Take() override {
      auto delivery = good_->Take();
      if (delivery.has_value() && !std::exchange(done_, true)) {
        delivery->items[0].block.rewards[0] =
            std::numeric_limits<float>::quiet_NaN();
        rows = delivery->items[0].block.rows;
      }
      return delivery;
    }
    bool connected() override { return true; }
    int64_t rows = 0;

   private:
    FakeShard* good_;
    bool done_ = false;
  };
  const Schema schema = SmallLearner(true).schema;
  FakeShard good(schema, 1, 0);
  Broken broken(good);
  const auto mirror = MakeMirror(schema);
  MirrorFeed::Options options;
  options.shards = {{"a", &broken}};
  MirrorFeed feed(*mirror, options);
  feed.Want(kAll);
  good.Append(0, 40);
  const auto polled =
      feed.Poll([](const StepBlock&) { return absl::OkStatus(); });
  EXPECT_EQ(*polled, 40 - broken.rows);
  EXPECT_EQ(feed.invalid_rows(), broken.rows);
}

// Hands out what it is given.
class ScriptedStream : public ShardStream {
 public:
  std::optional<ShardDelivery> Take() override {
    if (deliveries.empty()) return std::nullopt;
    ShardDelivery next = deliveries.front();
    deliveries.erase(deliveries.begin());
    return next;
  }
  bool connected() override { return true; }

  std::vector<ShardDelivery> deliveries;
};

// The shard died behind sending a block on and before acknowledging it; its
// actor sent it again, and the next incarnation stored it as its first.
TEST(MirrorFeedTest, ABlockThatComesAgainFromTheNextIncarnationCountsOnce) {
  FakeShard source(SmallLearner(true).schema, 1, 0);
  source.Append(0, 5);
  const std::optional<ShardDelivery> sent = source.Take();
  ASSERT_TRUE(sent.has_value() && !sent->items.empty());
  ShardDelivery again = *sent;
  for (ShardDelivery::Item& item : again.items) ++item.after.incarnation;
  ++again.position.incarnation;
  ScriptedStream stream;
  stream.deliveries = {*sent, again};
  const std::unique_ptr<Table> mirror = MakeMirror(SmallLearner(true).schema);
  MirrorFeed feed(*mirror, {.shards = {{"shard", &stream}}, .on_received = {}});
  feed.Want(kAll);
  int64_t received = 0;
  ASSERT_TRUE(feed.Poll([&](const StepBlock& block) {
                    received += block.rows;
                    return absl::OkStatus();
                  })
                  .ok());
  EXPECT_EQ(received, 5);
  EXPECT_EQ(mirror->rows_appended(), 5);
  EXPECT_EQ(feed.repeated_rows(), 5);
  EXPECT_EQ(feed.positions().at("shard"), again.position);
}

TEST(MirrorFeedTest, PositionsOfShardsThatLeftTheListAreKept) {
  World world(1);
  world.feed().Restore({{"shard0", {2, 5}}, {"gone", {7, 9}}});
  const std::map<std::string, Position> wanted = {{"shard0", {2, 5}},
                                                  {"gone", {7, 9}}};
  EXPECT_EQ(world.feed().positions(), wanted);
}

}  // namespace
}  // namespace softfleet
