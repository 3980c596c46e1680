// SPDX-License-Identifier: Apache-2.0
#include "replay_server/sequencer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

#include "tests/replay_server/sequencer_fixture.h"

namespace softfleet {
namespace {

using absl::StatusCode;
using ::testing::HasSubstr;
using testing::ScriptedPeer;
using testing::SequencerFixture;
using testing::TestBatch;
using testing::TestBlock;
using testing::TestHello;

// Batch `seq` of a session that uses one environment: 8 rows.
v1::Batch NextBatch(uint64_t environment, uint64_t seq) {
  return TestBatch(seq, {TestBlock(environment, 8 * (seq - 1), 8)});
}

// Batch `seq` of a session all of whose batches have so many rows.
v1::Batch BatchOfRows(uint64_t environment, uint64_t seq, int64_t rows) {
  return TestBatch(seq, {TestBlock(environment, rows * (seq - 1), rows)});
}

v1::Batch BadBatch(uint64_t environment, uint64_t seq) {
  StepBlock block = TestBlock(environment, 8 * (seq - 1), 8);
  block.rewards[3] = std::nanf("");
  return TestBatch(seq, {block});
}

class SequencerTest : public SequencerFixture {
 protected:
  void SetUp() override { Attach(); }

  ScriptedPeer peer_;
};

TEST_F(SequencerTest, BatchesAreStoredInOrderAndAcknowledgedTogether) {
  const uint64_t stream = Begin(peer_, "a");
  for (uint64_t seq = 1; seq <= 3; ++seq)
    Send(stream, peer_, NextBatch(1, seq));
  EXPECT_EQ(sequencer_->queued_bytes(), peer_.credit->used());
  Settle(stream, peer_);
  EXPECT_EQ(stored(),
            (std::vector<StepBlock>{TestBlock(1, 0, 8), TestBlock(1, 8, 8),
                                    TestBlock(1, 16, 8)}));
  EXPECT_EQ(peer_.last().applied(), 3u);
  EXPECT_EQ(peer_.last().durable(), 3u);
  EXPECT_EQ(peer_.last().level(), v1::DURABILITY_LEVEL_MEMORY);
  EXPECT_EQ(peer_.last().credit_bytes(), options_.credit_bytes);
  EXPECT_EQ(sequencer_->queued_bytes(), 0u);
  EXPECT_EQ(peer_.credit->used(), 0u);
  EXPECT_EQ(metrics_.inserted_rows.value(), 24);
}

TEST_F(SequencerTest, AnOlderBatchIsAcknowledgedAgainAndNotStored) {
  const uint64_t stream = Begin(peer_, "a");
  Send(stream, peer_, NextBatch(1, 1));
  Send(stream, peer_, NextBatch(1, 2));
  Settle(stream, peer_);
  const size_t replies = peer_.replies.size();
  Send(stream, peer_, NextBatch(1, 1));
  Settle(stream, peer_);
  EXPECT_EQ(rows(), 16u);
  ASSERT_EQ(peer_.replies.size(), replies + 1);
  EXPECT_EQ(peer_.last().durable(), 2u);
  EXPECT_EQ(metrics_.duplicate_rows.value(), 8);
  EXPECT_EQ(peer_.credit->used(), 0u);
}

TEST_F(SequencerTest, AGapEndsTheStreamAndTheSessionGoesOnWhereItWas) {
  const uint64_t stream = Begin(peer_, "a");
  Send(stream, peer_, NextBatch(1, 1));
  Settle(stream, peer_);
  Send(stream, peer_, NextBatch(1, 3));
  ASSERT_TRUE(peer_.end.has_value());
  EXPECT_EQ(peer_.end->code(), StatusCode::kAborted);
  EXPECT_EQ(peer_.end->message(),
            "batch 3 came after 1: some are missing; connect again");
  ScriptedPeer again;
  const uint64_t next = Begin(again, "a");
  EXPECT_EQ(again.replies[0].welcome().last_seq(), 1u);
  EXPECT_EQ(again.replies[0].welcome().session_rows(), 8u);
  Send(next, again, NextBatch(1, 2));
  Settle(next, again);
  EXPECT_EQ(rows(), 16u);
}

TEST_F(SequencerTest, ARefusedBatchUsesItsNumberUpAndIsNamed) {
  const uint64_t stream = Begin(peer_, "a");
  Send(stream, peer_, NextBatch(1, 1));
  Settle(stream, peer_);
  Send(stream, peer_, BadBatch(1, 2));
  Settle(stream, peer_);
  ASSERT_EQ(peer_.last().rejected_size(), 1);
  EXPECT_EQ(peer_.last().rejected(0).seq(), 2u);
  EXPECT_EQ(peer_.last().rejected(0).rows(), 8u);
  EXPECT_EQ(peer_.last().rejected(0).reason(),
            "block 0 (environment 1, episode 0): rewards row 3 element 0 is "
            "nan, not finite");
  EXPECT_EQ(peer_.last().durable(), 2u);
  Send(stream, peer_, NextBatch(1, 3));
  Settle(stream, peer_);
  EXPECT_EQ(peer_.last().rejected_size(), 0);
  EXPECT_EQ(peer_.last().durable(), 3u);
  EXPECT_EQ(rows(), 16u);
  EXPECT_EQ(metrics_.RejectedRows("invalid").value(), 8);

  ScriptedPeer again;
  Begin(again, "a");
  ASSERT_EQ(again.replies[0].welcome().rejected_size(), 1);
  EXPECT_EQ(again.replies[0].welcome().rejected(0).seq(), 2u);
}

TEST_F(SequencerTest, ABatchWithOneBadBlockIsRefusedWhole) {
  const uint64_t stream = Begin(peer_, "a");
  v1::Batch batch = NextBatch(1, 1);
  batch.MergeFrom(BadBatch(2, 1));
  Send(stream, peer_, batch);
  Settle(stream, peer_);
  EXPECT_EQ(rows(), 0u);
  EXPECT_EQ(peer_.last().rejected(0).rows(), 16u);
}

TEST_F(SequencerTest, AnEmptyAndAnOversizedBatchAreRefused) {
  const uint64_t stream = Begin(peer_, "a");
  Send(stream, peer_, TestBatch(1, {}));
  v1::Batch large = TestBatch(2, {});
  while (large.ByteSizeLong() <= options_.max_batch_bytes) {
    large.MergeFrom(TestBatch(2, {TestBlock(1, 0, 4096)}));
  }
  Send(stream, peer_, large);
  Settle(stream, peer_);
  EXPECT_EQ(rows(), 0u);
  EXPECT_EQ(peer_.last().durable(), 2u);
  EXPECT_GT(metrics_.RejectedRows("too_large").value(), 0);
}

TEST_F(SequencerTest, ANewerHelloEndsTheOlderStreamAndDropsItsQueue) {
  const uint64_t older = Begin(peer_, "a");
  SetSlack(0);
  Send(older, peer_, NextBatch(1, 1));
  EXPECT_FALSE(sequencer_->ApplyOne());
  EndWrite(older, peer_);
  ScriptedPeer newer;
  const uint64_t stream = Begin(newer, "a");
  ASSERT_TRUE(peer_.end.has_value());
  EXPECT_EQ(peer_.end->code(), StatusCode::kAborted);
  EXPECT_THAT(peer_.end->message(), HasSubstr("superseded"));
  EXPECT_EQ(newer.replies[0].welcome().last_seq(), 0u);
  EXPECT_EQ(sequencer_->live_sessions(), 1u);
  EXPECT_EQ(sequencer_->queued_bytes(), 0u);
  SetSlack(100);
  sequencer_->Arrived(older, {});  // decoded before, arriving late
  Send(stream, newer, NextBatch(1, 1));
  Settle(stream, newer);
  EXPECT_EQ(stored(), std::vector<StepBlock>{TestBlock(1, 0, 8)});
}

TEST_F(SequencerTest, SessionsTakeTurns) {
  ScriptedPeer peers[3];
  uint64_t streams[3];
  for (int i = 0; i < 3; ++i) streams[i] = Begin(peers[i], std::to_string(i));
  for (uint64_t seq = 1; seq <= 50; ++seq) {
    Send(streams[0], peers[0], NextBatch(0, seq));
  }
  for (uint64_t seq = 1; seq <= 2; ++seq) {
    Send(streams[1], peers[1], NextBatch(1, seq));
    Send(streams[2], peers[2], NextBatch(2, seq));
  }
  for (int i = 0; i < 6; ++i) EXPECT_TRUE(sequencer_->ApplyOne());
  std::vector<uint64_t> environments;
  for (const StepBlock& block : stored()) {
    environments.push_back(block.environment);
  }
  EXPECT_EQ(environments, (std::vector<uint64_t>{0, 1, 2, 0, 1, 2}));
}

// One sends large batches, one small ones, both as fast as they may.
TEST_F(SequencerTest, LargeBatchesGetNoLargerShareOfRows) {
  ScriptedPeer large, small;
  const uint64_t of_large = Begin(large, "large");
  const uint64_t of_small = Begin(small, "small");
  for (uint64_t seq = 1; seq <= 10; ++seq) {
    Send(of_large, large, BatchOfRows(0, seq, 32));
  }
  for (uint64_t seq = 1; seq <= 80; ++seq) {
    Send(of_small, small, BatchOfRows(1, seq, 4));
  }
  int64_t rows[2] = {0, 0};
  size_t seen = 0;
  while (rows[0] + rows[1] < 500) {
    ASSERT_TRUE(sequencer_->ApplyOne());
    const std::vector<StepBlock> blocks = stored();
    for (; seen < blocks.size(); ++seen) {
      rows[blocks[seen].environment] += blocks[seen].rows;
    }
    EXPECT_LE(std::abs(rows[0] - rows[1]), 32);
  }
}

TEST_F(SequencerTest, TheGateHoldsBatchesAndSaysWhyAndWhenThatChanges) {
  const uint64_t stream = Begin(peer_, "a");
  SetSlack(16);
  for (uint64_t seq = 1; seq <= 4; ++seq)
    Send(stream, peer_, NextBatch(1, seq));
  Settle(stream, peer_);
  EXPECT_EQ(rows(), 16u);
  EXPECT_EQ(peer_.last().durable(), 2u);
  EXPECT_EQ(peer_.last().waiting_for(), "slack");
  const size_t replies = peer_.replies.size();
  Settle(stream, peer_);
  EXPECT_EQ(peer_.replies.size(), replies) << "told twice";

  shard_->gate().SetPacing({.received = 5, .allowed = 5, .slack = 16});
  Settle(stream, peer_);
  EXPECT_EQ(peer_.last().waiting_for(), "pacing");
  shard_->gate().LearnerLeft();
  Settle(stream, peer_);
  EXPECT_EQ(peer_.last().waiting_for(), "no_learner");
  shard_->gate().SetPacing({.finished = true});
  Settle(stream, peer_);
  EXPECT_EQ(peer_.last().waiting_for(), "");
  EXPECT_EQ(peer_.last().durable(), 4u);
}

TEST_F(SequencerTest, RefusalsAndDuplicatesPassAClosedGate) {
  const uint64_t stream = Begin(peer_, "a");
  Send(stream, peer_, NextBatch(1, 1));
  Settle(stream, peer_);
  SetSlack(0);
  Send(stream, peer_, BadBatch(1, 2));
  Send(stream, peer_, NextBatch(1, 1));
  Settle(stream, peer_);
  EXPECT_EQ(peer_.last().durable(), 2u);
}

TEST_F(SequencerTest, BatchesThatWaitForLongAreNoticedOnce) {
  const uint64_t stream = Begin(peer_, "a");
  const auto after = [this](absl::Duration time) {
    clock_.Advance(time);
    sequencer_->ApplyOne();
    sequencer_->Tick();
    return sequencer_->notices();
  };
  EXPECT_EQ(after(absl::Hours(1)), 0u) << "nobody waits";
  SetSlack(0);
  Send(stream, peer_, NextBatch(1, 1));
  EXPECT_EQ(after(absl::Seconds(9)), 0u);
  EXPECT_EQ(after(absl::Seconds(1)), 1u);
  EXPECT_EQ(after(absl::Hours(1)), 1u);
  SetSlack(8);
  Send(stream, peer_, NextBatch(1, 2));
  EXPECT_EQ(after(absl::Seconds(1)), 1u) << "one was stored";
  EXPECT_EQ(after(absl::Seconds(10)), 2u);
}

TEST_F(SequencerTest, ByeEndsTheStreamWhenEverythingIsStored) {
  const uint64_t stream = Begin(peer_, "a");
  SetSlack(0);
  Send(stream, peer_, NextBatch(1, 1));
  sequencer_->SaidBye(stream);
  Settle(stream, peer_);
  EXPECT_FALSE(peer_.end.has_value());
  SetSlack(100);
  Settle(stream, peer_);
  EXPECT_EQ(peer_.last().durable(), 1u);
  ASSERT_TRUE(peer_.end.has_value());
  EXPECT_TRUE(peer_.end->ok());
  EXPECT_EQ(sequencer_->live_sessions(), 0u);
}

TEST_F(SequencerTest, ReadingGoesOnWhenAFullQueueHasRoomAgain) {
  const uint64_t stream = Begin(peer_, "a");
  SetSlack(0);
  const v1::Batch batch = NextBatch(1, 1);
  const uint64_t rest = peer_.credit->limit() - batch.ByteSizeLong();
  ASSERT_EQ(peer_.credit->Take(rest), StreamCredit::Taken::kReadOn);
  Send(stream, peer_, batch);
  SetSlack(100);
  Settle(stream, peer_);
  EXPECT_EQ(peer_.read_on, 1);
}

TEST_F(SequencerTest, AnAcknowledgementIsDueUntilItsWriteEnds) {
  const uint64_t stream = Begin(peer_, "a");
  for (uint64_t seq = 1; seq <= 9; ++seq)
    Send(stream, peer_, NextBatch(1, seq));
  while (sequencer_->ApplyOne()) {
  }
  EXPECT_EQ(peer_.replies.size(), 2u);  // the welcome, and one more
  EndWrite(stream, peer_);
  EXPECT_EQ(peer_.replies.size(), 3u);
  EXPECT_EQ(peer_.last().durable(), 9u);
}

TEST_F(SequencerTest, DrainAcknowledgesWhatIsStoredAndTurnsOthersAway) {
  const uint64_t stream = Begin(peer_, "a");
  Send(stream, peer_, NextBatch(1, 1));
  Send(stream, peer_, NextBatch(1, 2));
  while (sequencer_->ApplyOne()) {
  }
  SetSlack(0);
  Send(stream, peer_, NextBatch(1, 3));
  sequencer_->Drain();
  EXPECT_FALSE(peer_.end.has_value()) << "two acknowledgements are due";
  EndWrite(stream, peer_);
  EndWrite(stream, peer_);
  EXPECT_EQ(peer_.last().durable(), 2u);
  ASSERT_TRUE(peer_.end.has_value());
  EXPECT_EQ(peer_.end->code(), StatusCode::kUnavailable);
  ScriptedPeer late;
  Open(late);
  ASSERT_TRUE(late.end.has_value());
  EXPECT_EQ(late.end->code(), StatusCode::kUnavailable);
}

TEST_F(SequencerTest, AStreamThatTakesNoWriteIsCancelledWhenItMustEnd) {
  const uint64_t older = Begin(peer_, "a");
  Send(older, peer_, NextBatch(1, 1));
  sequencer_->ApplyOne();
  ASSERT_TRUE(peer_.writing);
  ScriptedPeer newer;
  Begin(newer, "a");
  EXPECT_FALSE(peer_.end.has_value());
  clock_.Advance(options_.close_timeout);
  sequencer_->Tick();
  EXPECT_TRUE(peer_.cancelled);
  EndWrite(older, peer_, false);
  EXPECT_TRUE(peer_.end.has_value());
  EXPECT_EQ(sequencer_->live_sessions(), 1u);
}

}  // namespace
}  // namespace softfleet
