// SPDX-License-Identifier: Apache-2.0
#include "learner/table_feed.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "learner/row_sampler.h"
#include "tests/learner/fakes.h"

namespace softfleet {
namespace {

class TableFeedTest : public testing::Test {
 protected:
  TableFeedTest() {
    TableOptions options;
    options.schema = schema_;
    options.capacity_rows = 100;
    table_ = *Table::Create(options);
    feed_ = std::make_unique<TableFeed>(*table_);
  }
  // What one Poll hands out.
  std::vector<StepBlock> Polled() {
    std::vector<StepBlock> blocks;
    const auto rows = feed_->Poll([&](const StepBlock& block) {
      blocks.push_back(block);
      return absl::OkStatus();
    });
    int64_t sum = 0;
    for (const StepBlock& block : blocks) sum += block.rows;
    EXPECT_EQ(*rows, sum);
    return blocks;
  }

  const Schema schema_ = SmallLearner(true).schema;
  std::unique_ptr<Table> table_;
  std::unique_ptr<TableFeed> feed_;
};

TEST_F(TableFeedTest, EveryBlockIsStoredAndAnnouncedOnceInOrder) {
  std::vector<StepBlock> sent;
  for (uint64_t i = 1; i <= 3; ++i) {
    sent.push_back(RandomRows(schema_, static_cast<int64_t>(i), i));
    ASSERT_TRUE(feed_->Append(sent.back()).ok());
  }
  EXPECT_EQ(table_->rows_appended(), 6);
  EXPECT_EQ(Polled(), sent);
  EXPECT_TRUE(Polled().empty());
  ASSERT_TRUE(feed_->Append(sent[0]).ok());
  EXPECT_EQ(Polled(), std::vector<StepBlock>{sent[0]});
}

TEST_F(TableFeedTest, ARefusedBlockIsNotAnnounced) {
  StepBlock block = RandomRows(schema_, 2, 1);
  block.actions[0] = 2;
  EXPECT_FALSE(feed_->Append(block).ok());
  EXPECT_EQ(table_->rows_appended(), 0);
  EXPECT_TRUE(Polled().empty());
}

TEST_F(TableFeedTest, AnErrorOfTheReceiverIsReturned) {
  ASSERT_TRUE(feed_->Append(RandomRows(schema_, 2, 1)).ok());
  const auto polled = feed_->Poll(
      [](const StepBlock&) { return absl::InternalError("broken"); });
  EXPECT_EQ(polled.status().message(), "broken");
}

TEST_F(TableFeedTest, TheSamplersBatchIsAPureFunctionOfTheUpdate) {
  ASSERT_TRUE(feed_->Append(RandomRows(schema_, 32, 1)).ok());
  TableSampler sampler(*table_, {9, 16, 3, 0.9});
  TransitionBatch first, other, again;
  ASSERT_TRUE(sampler.Draw(5, &first).ok());
  ASSERT_TRUE(sampler.Draw(6, &other).ok());
  ASSERT_TRUE(sampler.Draw(5, &again).ok());
  EXPECT_EQ(first.size, 16);
  EXPECT_EQ(first.ids, again.ids);
  EXPECT_EQ(first.observations, again.observations);
  EXPECT_NE(first.ids, other.ids);
  std::vector<uint64_t> ids(16);
  ASSERT_TRUE(table_->SampleUniform(9, 5, ids).ok());
  EXPECT_EQ(first.ids, ids);
  TransitionBatch gathered;
  ASSERT_TRUE(table_->Gather(ids, 3, 0.9, &gathered).ok());
  EXPECT_EQ(first.returns, gathered.returns);
  EXPECT_EQ(first.discounts, gathered.discounts);
}

}  // namespace
}  // namespace softfleet
