// SPDX-License-Identifier: Apache-2.0
#include "transport/insert_buffer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/transport/insert_messages.h"

namespace softfleet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// The numbers of the batches that a buffer gives away in a row.
std::vector<uint64_t> SendAll(InsertBuffer& buffer) {
  std::vector<uint64_t> numbers;
  while (const auto request = buffer.NextBatch()) {
    numbers.push_back(request->batch().seq());
  }
  return numbers;
}

// One batch for each block.
InsertBuffer::Options OneByOne() {
  InsertBuffer::Options options;
  options.batch_rows = 1;
  return options;
}

TEST(InsertBuffer, ABlockHasNoNumberBeforeItIsSent) {
  InsertBuffer buffer{InsertBuffer::Options()};
  ASSERT_TRUE(buffer.Open(Welcome(0)));
  for (uint64_t id = 0; id < 3; ++id) buffer.Append(Block(id, 2));
  // What waits together goes together.
  const auto first = buffer.NextBatch();
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(first->batch().blocks_size(), 3);
  EXPECT_EQ(first->batch().seq(), 1u);
  buffer.Append(Block(3, 2));
  EXPECT_THAT(SendAll(buffer), ElementsAre(2));
}

TEST(InsertBuffer, NothingIsSentBeforeAStreamIsOpen) {
  InsertBuffer buffer{InsertBuffer::Options()};
  buffer.Append(Block(0, 1));
  EXPECT_EQ(buffer.NextBatch(), nullptr);
  EXPECT_FALSE(buffer.AllSent());
}

TEST(InsertBuffer, ABatchHasAtMostItsRowsButAlwaysAWholeBlock) {
  InsertBuffer::Options options;
  options.batch_rows = 10;
  InsertBuffer buffer(options);
  ASSERT_TRUE(buffer.Open(Welcome(0)));
  for (const uint32_t rows : {4, 6, 3, 25, 10}) buffer.Append(Block(0, rows));
  std::vector<int> blocks;
  while (const auto request = buffer.NextBatch()) {
    blocks.push_back(request->batch().blocks_size());
  }
  EXPECT_THAT(blocks, ElementsAre(2, 1, 1, 1));
}

TEST(InsertBuffer, IsFullAtItsRowsOrBytes) {
  InsertBuffer::Options options;
  options.pending_rows = 5;
  options.buffer_bytes = 1000;
  InsertBuffer rows(options);
  rows.Append(Block(0, 4));
  EXPECT_FALSE(rows.full());
  rows.Append(Block(1, 4));
  EXPECT_TRUE(rows.full());
  InsertBuffer bytes(options);
  bytes.Append(Block(0, 1, 1000));
  EXPECT_TRUE(bytes.full());
}

TEST(InsertBuffer, ARejectedBatchUsesUpItsNumberAndIsCountedOnce) {
  InsertBuffer buffer(OneByOne());
  ASSERT_TRUE(buffer.Open(Welcome(0)));
  for (uint64_t id = 0; id < 3; ++id) buffer.Append(Block(id, 5));
  SendAll(buffer);
  v1::Acknowledgement acknowledgement = Acknowledge(1);
  v1::Rejection* rejection = acknowledgement.add_rejected();
  rejection->set_seq(2);
  rejection->set_reason("rewards[3] is nan");
  ASSERT_TRUE(buffer.Acknowledge(acknowledgement).ok());
  ASSERT_TRUE(buffer.Acknowledge(acknowledgement).ok());
  EXPECT_EQ(buffer.counts().rejected, 0u);
  acknowledgement.set_applied(3);
  acknowledgement.set_durable(3);
  ASSERT_TRUE(buffer.Acknowledge(acknowledgement).ok());
  EXPECT_EQ(buffer.counts().acknowledged, 10u);
  EXPECT_EQ(buffer.counts().rejected, 5u);
  EXPECT_THAT(buffer.TakeRejections(),
              ElementsAre(HasSubstr("batch 2 of 5 rows: rewards[3] is nan")));
}

TEST(InsertBuffer, AWelcomeTellsWhatWasRefusedBeforeTheConnectionBroke) {
  InsertBuffer buffer(OneByOne());
  ASSERT_TRUE(buffer.Open(Welcome(0)));
  for (uint64_t id = 0; id < 3; ++id) buffer.Append(Block(id, 5));
  SendAll(buffer);
  v1::Welcome welcome = Welcome(2, 5);
  v1::Rejection* rejection = welcome.add_rejected();
  rejection->set_seq(2);
  rejection->set_reason("rewards[3] is nan");
  ASSERT_TRUE(buffer.Open(welcome));
  EXPECT_EQ(buffer.counts().acknowledged, 5u);
  EXPECT_EQ(buffer.counts().rejected, 5u);
  EXPECT_THAT(buffer.TakeRejections(),
              ElementsAre(HasSubstr("batch 2 of 5 rows: rewards[3] is nan")));
}

TEST(InsertBuffer, ABlockThatNoMessageCanCarryIsRejectedHere) {
  InsertBuffer buffer{InsertBuffer::Options()};
  v1::Welcome welcome = Welcome(0);
  welcome.set_max_batch_bytes(500);
  ASSERT_TRUE(buffer.Open(welcome));
  buffer.Append(Block(0, 7, 600));
  buffer.Append(Block(1, 2));
  const auto request = buffer.NextBatch();
  ASSERT_NE(request, nullptr);
  EXPECT_EQ(request->batch().seq(), 1u);
  EXPECT_EQ(request->batch().blocks(0).first_step(), 1u);
  EXPECT_EQ(buffer.counts().rejected, 7u);
  EXPECT_EQ(buffer.counts().pending, 2u);
  EXPECT_THAT(buffer.TakeRejections(),
              ElementsAre(HasSubstr("limit of 500 bytes")));
}

// The client trimmed to 100, the
// shard comes back with 60.
TEST(InsertBuffer, AShardThatComesBackWithLessCostsWhatItHadAcknowledged) {
  InsertBuffer buffer(OneByOne());
  ASSERT_TRUE(buffer.Open(Welcome(0)));
  for (uint64_t id = 1; id <= 103; ++id) buffer.Append(Block(id, 2));
  SendAll(buffer);
  ASSERT_TRUE(buffer.Acknowledge(Acknowledge(100)).ok());
  EXPECT_FALSE(buffer.Open(Welcome(60, 120)));
  EXPECT_EQ(buffer.counts().lost, 80u);
  EXPECT_EQ(buffer.counts().pending, 6u);
  // Counted once; the new session begins with what was kept.
  ASSERT_TRUE(buffer.Open(Welcome(0)));
  EXPECT_EQ(buffer.counts().lost, 80u);
  const auto first = buffer.NextBatch();
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(first->batch().seq(), 1u);
  EXPECT_EQ(first->batch().blocks(0).first_step(), 101u);
  EXPECT_THAT(SendAll(buffer), ElementsAre(2, 3));
}

TEST(InsertBuffer, AnAcknowledgementOfWhatWasNeverSentIsRefused) {
  InsertBuffer buffer(OneByOne());
  ASSERT_TRUE(buffer.Open(Welcome(0)));
  buffer.Append(Block(0, 1));
  SendAll(buffer);
  const absl::Status status = buffer.Acknowledge(Acknowledge(2));
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_THAT(status.message(), HasSubstr("batch 2, the last is 1"));
  EXPECT_EQ(buffer.counts().pending, 1u);
  // A Welcome that knows more than was sent is of no session of ours.
  EXPECT_FALSE(buffer.Open(Welcome(7, 70)));
  EXPECT_EQ(buffer.counts().lost, 0u);
  EXPECT_EQ(buffer.counts().pending, 1u);
}

}  // namespace
}  // namespace softfleet
