// SPDX-License-Identifier: Apache-2.0
// Readers over real sockets: positions, slow ones, and the shard's end.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/replay_server/testing.h"
#include "transport/channel.h"
#include "transport/status.h"

namespace softfleet {
namespace {

using absl::StatusCode;
using testing::Attach;
using testing::History;
using testing::RawInsert;
using testing::RawProgress;
using testing::TestAttach;
using testing::TestBatch;
using testing::TestBlock;
using testing::TestHello;
using testing::TestShard;

// The shard admits everything while this lives.
class FinishedLearner {
 public:
  explicit FinishedLearner(const TestShard& shard)
      : progress_(shard.Connect()) {
    v1::ProgressUpdate finished = testing::OpenProgress();
    finished.set_phase(v1::RUN_PHASE_FINISHED);
    progress_.Write(finished);
  }

 private:
  RawProgress progress_;
};

// Blocks of `rows` rows of environment 1 from step 0 on.
void Send(const TestShard& shard, uint64_t blocks, int64_t rows) {
  RawInsert insert(shard.Connect());
  insert.Begin(TestHello("sender"));
  for (uint64_t seq = 1; seq <= blocks; ++seq) {
    const uint64_t step = (seq - 1) * static_cast<uint64_t>(rows);
    insert.Batch(TestBatch(seq, {TestBlock(1, step, rows)}));
    insert.AwaitAcknowledged(seq);
  }
  insert.Bye();
  EXPECT_TRUE(insert.End().ok());
}

TEST(FollowServiceTest, AnUnattachedShardAsksReadersAndWritersToComeBack) {
  TestShard shard;
  EXPECT_EQ(History(shard.Connect()).End().code(), StatusCode::kUnavailable);
  RawInsert insert(shard.Connect());
  insert.Hello(TestHello("a"));
  EXPECT_EQ(insert.End().code(), StatusCode::kUnavailable);
  const v1::ReplayInfoReply info = testing::Info(shard.Connect());
  EXPECT_EQ(info.gate_closed_for(), "unattached");
  EXPECT_EQ(info.run_id(), "");
}

TEST(FollowServiceTest, EveryPositionResumesWhereItSays) {
  ReplayService::Options options;
  options.incarnation = 7;
  TestShard shard(options);
  ASSERT_TRUE(Attach(shard.Connect()).ok());
  Send(shard, 4, 10);
  struct Case {
    Position position;
    uint64_t first_step;
  };
  for (const Case& test :
       {Case{{0, 0}, 0}, Case{{7, 0}, 0}, Case{{7, 10}, 10}, Case{{7, 23}, 23},
        Case{{7, 40}, 40}, Case{{6, 23}, 0}, Case{{8, 23}, 0}}) {
    History history(shard.Connect(), History::Request(test.position));
    ASSERT_TRUE(history.AwaitRows(40 - test.first_step));
    EXPECT_EQ(history.rows(), 40 - test.first_step);
    if (history.rows() > 0) {
      EXPECT_EQ(history.blocks()[0].first_step, test.first_step);
    }
  }
  EXPECT_EQ(History(shard.Connect(), History::Request({7, 41})).End().code(),
            StatusCode::kOutOfRange);
}

TEST(FollowServiceTest, AReaderSeesRowsAsTheyComeInMessagesOfOneMegabyte) {
  TestShard shard;
  ASSERT_TRUE(Attach(shard.Connect(), TestAttach(200'000)).ok());
  const FinishedLearner learner(shard);
  History early(shard.Connect());
  ASSERT_TRUE(early.AwaitReply());
  Send(shard, 30, 4000);
  History late(shard.Connect());
  for (History* history : {&early, &late}) {
    uint64_t next = 0;
    ASSERT_TRUE(history->AwaitRows(120'000));
    EXPECT_EQ(history->skipped(), 0u);
    for (const v1::FollowReply& reply : history->replies()) {
      EXPECT_LE(reply.ByteSizeLong(), kChunkBytes);
      EXPECT_EQ(reply.incarnation(), 1u);
      for (const v1::FollowedBlock& block : reply.blocks()) {
        next += block.block().rows();
        EXPECT_EQ(block.next_id(), next);
      }
      EXPECT_EQ(reply.position().next_id(), next);
      EXPECT_LE(reply.position().next_id(), reply.head());
    }
  }
}

// Reads one message, then nothing for a while.
TEST(FollowServiceTest, ASlowReaderHoldsNobodyUpAndIsToldWhatItMissed) {
  TestShard shard;
  v1::AttachRequest attach = TestAttach(50'000);
  ASSERT_TRUE(Attach(shard.Connect(), attach).ok());
  const FinishedLearner learner(shard);
  grpc::ClientContext context;
  const auto stub = v1::ReplayService::NewStub(shard.Connect());
  const auto slow = stub->Follow(&context, History::Request({}));
  v1::FollowReply reply;
  ASSERT_TRUE(slow->Read(&reply));
  History quick(shard.Connect());
  ASSERT_TRUE(quick.AwaitReply());
  constexpr uint64_t kRows = 500 * 4000;
  Send(shard, 500, 4000);
  ASSERT_TRUE(quick.AwaitRows(kRows));
  EXPECT_EQ(shard.Metric("sac_replay_inserted_rows_total"), kRows);

  uint64_t rows = 0;
  uint64_t skipped = 0;
  while (reply.position().next_id() < kRows && slow->Read(&reply)) {
    skipped += reply.skipped_rows();
    for (const auto& block : reply.blocks()) rows += block.block().rows();
  }
  EXPECT_GT(skipped, 0u);
  EXPECT_EQ(rows + skipped, kRows);
  context.TryCancel();
  slow->Finish();
}

TEST(FollowServiceTest, ReadersComeAndGo) {
  TestShard shard;
  ASSERT_TRUE(Attach(shard.Connect()).ok());
  Send(shard, 3, 10);
  for (int i = 0; i < 20; ++i) {
    History history(shard.Connect());
    ASSERT_TRUE(history.AwaitRows(30));
  }
  EXPECT_TRUE(testing::AwaitInfo(
      shard.Connect(),
      [](const v1::ReplayInfoReply& info) { return info.followers() == 0; }));
}

TEST(FollowServiceTest, ADrainingShardAcknowledgesAndEndsEveryStream) {
  auto shard = std::make_unique<TestShard>();
  ASSERT_TRUE(Attach(shard->Connect()).ok());
  RawInsert insert(shard->Connect());
  insert.Begin(TestHello("a"));
  insert.Batch(TestBatch(1, {TestBlock(1, 0, 8)}));
  insert.AwaitAcknowledged(1);
  History history(shard->Connect());
  ASSERT_TRUE(history.AwaitRows(8));
  RawProgress progress(shard->Connect());
  progress.Write(testing::OpenProgress());
  ASSERT_TRUE(testing::AwaitInfo(
      shard->Connect(),
      [](const v1::ReplayInfoReply& info) { return info.followers() == 1; }));
  EXPECT_TRUE(shard->service().Drain(testing::kPatience));
  EXPECT_EQ(insert.End().code(), StatusCode::kUnavailable);
  EXPECT_EQ(history.End().code(), StatusCode::kUnavailable);
  EXPECT_EQ(progress.End().code(), StatusCode::kUnavailable);
  shard.reset();
}

TEST(FollowServiceTest, AReaderGetsEveryRowBeforeItsShardIsGone) {
  auto shard = std::make_unique<TestShard>();
  ASSERT_TRUE(Attach(shard->Connect(), TestAttach(200'000)).ok());
  const FinishedLearner learner(*shard);
  Send(*shard, 25, 4000);
  History history(shard->Connect());
  ASSERT_TRUE(history.AwaitRows(1));
  shard.reset();
  EXPECT_EQ(history.End().code(), StatusCode::kUnavailable);
  EXPECT_EQ(history.rows(), 100'000u);
}

TEST(FollowServiceTest, HealthFollowsAttachment) {
  ServerHost* host = nullptr;
  ReplayService::Options options;
  options.on_attached = [&host] {
    host->SetServing(ReplayService::kName, true);
  };
  TestShard shard(options);
  host = &shard.host();
  host->SetServing("", true);
  host->SetServing(ReplayService::kName, false);
  const auto healthy = [&](const std::string& service) {
    return ProbeHealth(shard.address(), {}, service, absl::Seconds(5)).ok();
  };
  EXPECT_TRUE(healthy(""));
  EXPECT_FALSE(healthy(ReplayService::kName));
  ASSERT_TRUE(Attach(shard.Connect()).ok());
  EXPECT_TRUE(healthy(ReplayService::kName));
}

}  // namespace
}  // namespace softfleet
