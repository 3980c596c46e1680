// SPDX-License-Identifier: Apache-2.0
// The learner's line to a shard, against real shards.
#include "transport/shard_link.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/replay_server/testing.h"

namespace softfleet {
namespace {

using testing::kPatience;
using testing::OpenProgress;
using testing::RawInsert;
using testing::TestAttach;
using testing::TestBatch;
using testing::TestBlock;
using testing::TestHello;
using testing::TestShard;

// A learner that takes what arrives, when told to.
class Reader {
 public:
  explicit Reader(const TestShard& shard, Position position = {},
                  v1::AttachRequest attach = TestAttach()) {
    ShardLink::Options options;
    options.address = shard.address();
    options.attach = std::move(attach);
    options.schema = testing::TestSchema();
    options.position = position;
    options.on_arrival = [this] {
      MutexLock lock(mutex_);
      ++arrivals_;
      changed_.NotifyAll();
    };
    link_ = std::make_unique<ShardLink>(shard.Connect(), std::move(options));
  }

  ShardLink& link() { return *link_; }

  // Takes until `done`, for as long as patience lasts.
  template <typename Done>
  bool TakeUntil(Done done) {
    uint64_t seen = 0;
    while (true) {
      while (auto delivery = link_->Take()) Keep(*std::move(delivery));
      if (done()) return true;
      MutexLock lock(mutex_);
      if (!changed_.WaitFor(lock, kPatience, [&]() SF_REQUIRES(mutex_) {
            return arrivals_ > seen;
          })) {
        return false;
      }
      seen = arrivals_;
    }
  }
  bool TakeRows(uint64_t rows) {
    return TakeUntil([&] { return this->rows >= rows; });
  }

  std::vector<ShardDelivery::Item> items;
  std::vector<ShardDelivery> deliveries;  // without their items
  uint64_t rows = 0;

 private:
  void Keep(ShardDelivery delivery) {
    for (ShardDelivery::Item& item : delivery.items) {
      rows += static_cast<uint64_t>(item.block.rows);
      items.push_back(std::move(item));
    }
    delivery.items.clear();
    deliveries.push_back(std::move(delivery));
  }

  Mutex mutex_;
  Condition changed_;
  uint64_t arrivals_ SF_GUARDED_BY(mutex_) = 0;
  std::unique_ptr<ShardLink> link_;
};

// Sends blocks of 32 rows of one environment, as batches from 1 on.
void SendBlocks(const TestShard& shard, const std::string& session,
                uint64_t blocks) {
  RawInsert insert(shard.Connect());
  insert.Begin(TestHello(session));
  for (uint64_t seq = 1; seq <= blocks; ++seq) {
    insert.Batch(TestBatch(seq, {TestBlock(1, 32 * (seq - 1), 32)}));
  }
  insert.Bye();
  EXPECT_TRUE(insert.End().ok());
}

TEST(ShardLinkTest, AShardWithoutRowsSaysWhereItIs) {
  TestShard shard;
  Reader reader(shard);
  ASSERT_TRUE(reader.TakeUntil([&] { return !reader.deliveries.empty(); }));
  EXPECT_TRUE(reader.deliveries[0].caught_up);
  EXPECT_EQ(reader.deliveries[0].position, (Position{1, 0}));
  EXPECT_TRUE(reader.link().connected());
  EXPECT_TRUE(reader.link().state().attached);
  EXPECT_EQ(reader.link().state().incarnation, 1u);
  EXPECT_EQ(reader.link().state().problem, "");
}

TEST(ShardLinkTest, RowsArriveOnceAndInOrderAndAreResumedInsideABlock) {
  TestShard shard;
  {
    Reader reader(shard);
    ASSERT_TRUE(
        reader.TakeUntil([&] { return reader.link().state().attached; }));
    SendBlocks(shard, "a", 10);
    ASSERT_TRUE(reader.TakeRows(320));
    EXPECT_EQ(reader.rows, 320u);
    uint64_t step = 0;
    for (const ShardDelivery::Item& item : reader.items) {
      EXPECT_EQ(item.block, TestBlock(1, step, item.block.rows));
      step += static_cast<uint64_t>(item.block.rows);
      EXPECT_EQ(item.after, (Position{1, step}));
    }
  }
  Reader again(shard, Position{1, 40});
  ASSERT_TRUE(again.TakeRows(280));
  EXPECT_EQ(again.rows, 280u);
  EXPECT_EQ(again.items[0].block, TestBlock(1, 40, 24));
}

TEST(ShardLinkTest, AShardThatComesBackIsAttachedAgainAndReadFromItsStart) {
  ReplayService::Options options;
  options.incarnation = 5;
  auto shard = std::make_unique<TestShard>(options);
  const int port = shard->port();
  Reader reader(*shard);
  ASSERT_TRUE(reader.TakeUntil([&] { return reader.link().connected(); }));
  SendBlocks(*shard, "a", 2);
  ASSERT_TRUE(reader.TakeRows(64));
  shard.reset();
  ASSERT_TRUE(reader.TakeUntil([&] { return !reader.link().connected(); }));
  EXPECT_NE(reader.link().state().problem, "");

  options.incarnation = 6;
  shard = std::make_unique<TestShard>(options, port);
  ASSERT_TRUE(reader.TakeUntil([&] { return reader.link().connected(); }));
  SendBlocks(*shard, "b", 3);
  ASSERT_TRUE(reader.TakeRows(64 + 96));
  EXPECT_EQ(reader.items.back().after, (Position{6, 96}));
  EXPECT_EQ(reader.link().state().problem, "");
}

TEST(ShardLinkTest, ProgressMovesTheGate) {
  TestShard shard;
  Reader reader(shard);
  v1::ProgressUpdate update = OpenProgress();
  update.set_slack(64);
  reader.link().SetProgress(update);
  ASSERT_TRUE(reader.TakeUntil([&] { return reader.link().connected(); }));
  RawInsert insert(shard.Connect());
  insert.Begin(TestHello("a"));
  for (uint64_t seq = 1; seq <= 5; ++seq) {
    insert.Batch(TestBatch(seq, {TestBlock(1, 32 * (seq - 1), 32)}));
  }
  // What was taken is held until the learner says so.
  for (const int64_t rows : {64, 128, 160}) {
    ASSERT_TRUE(reader.TakeRows(rows));
    update.set_received(static_cast<uint64_t>(rows));
    reader.link().SetProgress(update);
  }
  insert.AwaitAcknowledged(5);

  update.set_slack(0);
  reader.link().SetProgress(update);
  ASSERT_TRUE(
      testing::AwaitInfo(shard.Connect(), [](const v1::ReplayInfoReply& info) {
        return info.gate_closed_for() == "slack";
      }));
  insert.Batch(TestBatch(6, {TestBlock(1, 160, 32)}));
  v1::InsertReply reply;
  do {
    ASSERT_TRUE(insert.Read(&reply));
  } while (reply.acknowledgement().waiting_for().empty() &&
           reply.acknowledgement().durable() < 6);
  EXPECT_EQ(reply.acknowledgement().waiting_for(), "slack");
  update.set_phase(v1::RUN_PHASE_FINISHED);
  reader.link().SetProgress(update);
  insert.AwaitAcknowledged(6);
  ASSERT_TRUE(reader.TakeRows(192));
}

TEST(ShardLinkTest, AShardOfAnotherRunIsAProblemThatNamesBoth) {
  TestShard shard;
  v1::AttachRequest other = TestAttach();
  other.set_run_id("feedfeedfeedfeed");
  ASSERT_TRUE(testing::Attach(shard.Connect(), other).ok());
  Reader reader(shard);
  ASSERT_TRUE(
      reader.TakeUntil([&] { return !reader.link().state().problem.empty(); }));
  const std::string problem = reader.link().state().problem;
  EXPECT_NE(problem.find("feedfeedfeedfeed"), std::string::npos) << problem;
  EXPECT_NE(problem.find(TestAttach().run_id()), std::string::npos) << problem;
  EXPECT_FALSE(reader.link().connected());
}

TEST(ShardLinkTest, WhatIsNotTakenHoldsTheShardBackAndTheLossIsTold) {
  TestShard shard;
  v1::AttachRequest small = TestAttach(20'000);
  Reader reader(shard, {}, small);
  ASSERT_TRUE(reader.TakeUntil([&] { return reader.link().connected(); }));
  v1::ProgressUpdate finished = OpenProgress();
  finished.set_phase(v1::RUN_PHASE_FINISHED);
  reader.link().SetProgress(finished);
  // 32 MB, more than the sockets hold.
  RawInsert insert(shard.Connect());
  insert.Begin(TestHello("a"));
  constexpr uint64_t kBatches = 400;
  for (uint64_t seq = 1; seq <= kBatches; ++seq) {
    insert.Batch(TestBatch(seq, {TestBlock(1, 4096 * (seq - 1), 4096)}));
    insert.AwaitAcknowledged(seq);
  }
  uint64_t skipped = 0;
  ASSERT_TRUE(reader.TakeUntil([&] {
    return !reader.deliveries.empty() &&
           reader.deliveries.back().position.next_id == 4096 * kBatches;
  }));
  for (const ShardDelivery& delivery : reader.deliveries) {
    skipped += delivery.skipped_rows;
  }
  EXPECT_GT(skipped, 0u);
  EXPECT_EQ(skipped + reader.rows, 4096 * kBatches);
}

}  // namespace
}  // namespace softfleet
