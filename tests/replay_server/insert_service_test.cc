// SPDX-License-Identifier: Apache-2.0
// Inserting and following over real sockets.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/replay_server/testing.h"

namespace softfleet {
namespace {

using testing::Attach;
using testing::History;
using testing::RawInsert;
using testing::TestBatch;
using testing::TestBlock;
using testing::TestHello;
using testing::TestShard;

TEST(InsertServiceTest, WhatIsSentAndAcknowledgedIsFollowedAsItWasSent) {
  TestShard shard;
  const auto channel = shard.Connect();
  ASSERT_TRUE(Attach(channel).ok());
  RawInsert insert(channel);
  const v1::Welcome welcome = insert.Begin(TestHello("a"));
  EXPECT_EQ(welcome.last_seq(), 0u);
  EXPECT_EQ(welcome.credit_bytes(), 4u << 20);
  std::vector<StepBlock> sent;
  for (uint64_t seq = 1; seq <= 20; ++seq) {
    sent.push_back(TestBlock(7, 32 * (seq - 1), 32));
    insert.Batch(TestBatch(seq, {sent.back()}));
  }
  EXPECT_TRUE(insert.AwaitAcknowledged(20).empty());
  insert.Bye();
  EXPECT_TRUE(insert.End().ok());

  History history(channel);
  ASSERT_TRUE(history.AwaitRows(20 * 32));
  EXPECT_EQ(history.blocks(), sent);
  EXPECT_EQ(shard.Metric("sac_replay_inserted_rows_total"), 640);
}

}  // namespace
}  // namespace softfleet
