// SPDX-License-Identifier: Apache-2.0
// An InsertClient and the real replay server, over a real socket.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "tests/replay_server/testing.h"
#include "transport/channel.h"
#include "transport/insert_client.h"

namespace softfleet {
namespace {

using testing::Attach;
using testing::AwaitInfo;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::History;
using testing::kPatience;
using testing::OpenProgress;
using testing::RawProgress;
using testing::TestAttach;
using testing::TestBlock;
using testing::TestShard;

struct Actor {
  explicit Actor(const std::string& address, int64_t pending_rows = 1024,
                 Schema schema = testing::TestSchema()) {
    InsertClient::Options options;
    options.run_id = TestAttach().run_id();
    options.schema = std::move(schema);
    options.client = "test";
    options.pending_rows = pending_rows;
    auto made =
        InsertClient::Create(*MakeChannel(address, {}), options, metrics);
    EXPECT_TRUE(made.ok()) << made.status();
    client = *std::move(made);
  }

  void Append(const StepBlock& block) {
    ASSERT_TRUE(client->WaitForRoom(kPatience)) << client->waiting_for();
    const absl::Status status = client->Append(block);
    ASSERT_TRUE(status.ok()) << status;
  }
  // Blocks of 10 rows: steps [from, to).
  void AppendSteps(uint64_t from, uint64_t to) {
    for (uint64_t step = from; step < to; step += 10) {
      Append(TestBlock(3, step, 10));
    }
  }
  void AwaitAcknowledged(uint64_t rows) {
    const absl::Time end = absl::Now() + kPatience;
    while (client->counts().acknowledged < rows && absl::Now() < end) {
      std::this_thread::yield();
    }
    ASSERT_EQ(client->counts().acknowledged, rows);
  }

  MetricRegistry registry;
  InsertMetrics metrics{registry};
  std::unique_ptr<InsertClient> client;
};

// Waits for a client's end.
absl::Status EndOf(InsertClient& client) {
  const absl::Time end = absl::Now() + kPatience;
  while (client.status().ok() && absl::Now() < end) {
    client.Finish(absl::Milliseconds(10)).IgnoreError();
  }
  return client.status();
}

TEST(InsertShardTest, WhatIsAppendedIsFollowedBlockByBlock) {
  TestShard shard;
  const auto channel = shard.Connect();
  ASSERT_TRUE(Attach(channel).ok());
  Actor actor(shard.address());
  std::vector<StepBlock> sent;
  for (uint64_t i = 0; i < 100; ++i) {
    sent.push_back(TestBlock(3, 32 * i, 32));
    actor.Append(sent.back());
  }
  ASSERT_TRUE(actor.client->Finish(kPatience).ok());
  EXPECT_EQ(actor.client->counts().acknowledged, 3200u);
  History history(channel);
  ASSERT_TRUE(history.AwaitRows(3200));
  EXPECT_EQ(history.blocks(), sent);
  EXPECT_TRUE(AwaitInfo(channel, [](const v1::ReplayInfoReply& info) {
    return info.live_sessions() == 0;
  }));
}

TEST(InsertShardTest, AClosedGateHoldsTheActorAtItsBufferAndSaysWhy) {
  TestShard shard;
  const auto channel = shard.Connect();
  v1::AttachRequest attach = TestAttach();
  attach.mutable_config()->mutable_replay()->set_slack(100);
  ASSERT_TRUE(Attach(channel, attach).ok());
  Actor actor(shard.address(), /*pending_rows=*/50);
  uint64_t step = 0;
  while (actor.client->WaitForRoom(absl::Milliseconds(200))) {
    actor.Append(TestBlock(3, step, 10));
    step += 10;
  }
  // 100 rows or a little more are at the shard, 50 or a little more here.
  const InsertCounts held = actor.client->counts();
  EXPECT_GE(held.acknowledged, 100u);
  EXPECT_LE(held.acknowledged, 150u);
  EXPECT_EQ(held.pending, 50u);
  EXPECT_EQ(actor.client->waiting_for(), "no_learner");
  RawProgress progress(channel);
  ASSERT_TRUE(progress.Write(OpenProgress()));
  actor.AppendSteps(step, step + 500);
  ASSERT_TRUE(actor.client->Finish(kPatience).ok());
  EXPECT_EQ(actor.client->counts().acknowledged, step + 500);
  EXPECT_TRUE(progress.Finish().ok());
}

TEST(InsertShardTest, AWrongBlockIsRefusedAndHurtsNoOther) {
  TestShard shard;
  const auto channel = shard.Connect();
  ASSERT_TRUE(Attach(channel).ok());
  Actor actor(shard.address());
  actor.Append(TestBlock(3, 0, 10));
  actor.AwaitAcknowledged(10);
  StepBlock wrong = TestBlock(3, 10, 10);
  wrong.rewards[4] = std::numeric_limits<float>::quiet_NaN();
  ::testing::internal::CaptureStderr();
  actor.Append(wrong);
  while (actor.client->counts().rejected == 0) {
    ASSERT_TRUE(actor.client->status().ok());
  }
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), HasSubstr("reward"));
  actor.Append(TestBlock(4, 0, 10));
  ASSERT_TRUE(actor.client->Finish(kPatience).ok());
  EXPECT_EQ(actor.client->counts().rejected, 10u);
  EXPECT_EQ(actor.client->counts().acknowledged, 20u);
  History history(channel);
  ASSERT_TRUE(history.AwaitRows(20));
  EXPECT_THAT(history.blocks(),
              ElementsAre(TestBlock(3, 0, 10), TestBlock(4, 0, 10)));
}

TEST(InsertShardTest, AShardThatRestartsCostsWhatWasInItsMemory) {
  auto shard = std::make_unique<TestShard>();
  const int port = shard->port();
  ASSERT_TRUE(Attach(shard->Connect()).ok());
  Actor actor(shard->address());
  actor.AppendSteps(0, 200);
  actor.AwaitAcknowledged(200);
  shard.reset();
  actor.AppendSteps(200, 300);
  ReplayService::Options options;
  options.incarnation = 2;
  shard = std::make_unique<TestShard>(options, port);
  // Not attached yet: the rows wait.
  EXPECT_EQ(actor.client->Finish(absl::Milliseconds(300)).code(),
            absl::StatusCode::kDeadlineExceeded);
  const auto channel = shard->Connect();
  ASSERT_TRUE(Attach(channel).ok());
  const absl::Status finished = actor.client->Finish(kPatience);
  ASSERT_TRUE(finished.ok()) << finished;
  const InsertCounts counts = actor.client->counts();
  EXPECT_EQ(counts.acknowledged, 300u);
  EXPECT_EQ(counts.lost, 200u);
  History history(channel);
  ASSERT_TRUE(history.AwaitRows(100));
  EXPECT_EQ(history.blocks().front().first_step, 200u);
  EXPECT_EQ(history.rows(), 100u);
}

TEST(InsertShardTest, AnotherRunsShardEndsTheClient) {
  TestShard shard;
  v1::AttachRequest attach = TestAttach();
  attach.set_run_id("another-run");
  ASSERT_TRUE(Attach(shard.Connect(), attach).ok());
  Actor actor(shard.address());
  const absl::Status end = EndOf(*actor.client);
  EXPECT_EQ(end.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(end.message(), HasSubstr("another-run"));
  EXPECT_THAT(end.message(), HasSubstr(TestAttach().run_id()));
}

TEST(InsertShardTest, AnotherSchemaEndsTheClient) {
  TestShard shard;
  ASSERT_TRUE(Attach(shard.Connect()).ok());
  Schema schema = testing::TestSchema();
  schema.observations[0].shape = {4};
  Actor actor(shard.address(), 1024, schema);
  const absl::Status end = EndOf(*actor.client);
  EXPECT_EQ(end.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(end.message(), HasSubstr("F32[4]"));
}

// Batches as large as the shard allows, with a buffer beyond its credit.
TEST(InsertShardTest, ALongBacklogIsSentWithinTheCredit) {
  TestShard shard;
  const std::string address = shard.address();
  Actor actor(address, /*pending_rows=*/400'000);
  for (uint64_t i = 0; i < 100; ++i) actor.Append(TestBlock(3, 4096 * i, 4000));
  ASSERT_GT(actor.metrics.buffer_bytes.value(), 4 << 20);  // the credit
  const auto channel = shard.Connect();
  ASSERT_TRUE(Attach(channel, TestAttach(1'000'000)).ok());
  const absl::Status finished = actor.client->Finish(kPatience);
  ASSERT_TRUE(finished.ok()) << finished;
  EXPECT_EQ(actor.client->counts().acknowledged, 400'000u);
  EXPECT_EQ(shard.Metric("sac_replay_inserted_rows_total"), 400'000);
}

}  // namespace
}  // namespace softfleet
