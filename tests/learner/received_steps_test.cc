// SPDX-License-Identifier: Apache-2.0
#include "learner/received_steps.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <tuple>

#include "core/philox.h"

namespace softfleet {
namespace {

StepBlock Block(uint64_t environment, uint64_t episode, uint64_t first_step,
                int64_t rows, bool ends) {
  StepBlock block;
  block.environment = environment;
  block.episode = episode;
  block.first_step = first_step;
  block.rows = rows;
  block.end = ends ? EpisodeEnd::kTerminated : EpisodeEnd::kNone;
  return block;
}

// A stream of blocks per environment, parts of which come again, against a set
// of every step.
TEST(ReceivedStepsTest, AStepCountsOnceHoweverOftenItComes) {
  Philox random(3, Purpose::kTest);
  for (int round = 0; round < 200; ++round) {
    ReceivedSteps steps;
    std::set<std::tuple<uint64_t, uint64_t, uint64_t>> twin;
    std::map<uint64_t, std::vector<StepBlock>> sent;  // by environment
    for (int i = 0; i < 60; ++i) {
      const uint64_t environment = random.NextBelow(3);
      std::vector<StepBlock>& stream = sent[environment];
      StepBlock next = Block(environment, 0, 0, 1 + random.NextBelow(5),
                             random.NextBelow(4) == 0);
      if (!stream.empty()) {
        const StepBlock& last = stream.back();
        const bool begins = last.end != EpisodeEnd::kNone;
        next.episode = last.episode + (begins ? 1 : 0);
        next.first_step = begins ? 0 : last.first_step + last.rows;
      }
      // Now and then the stream is sent again from a block on.
      size_t from = stream.size();
      if (random.NextBelow(4) == 0) from = random.NextBelow(stream.size() + 1);
      stream.push_back(next);
      for (size_t b = from; b < stream.size(); ++b) {
        const StepBlock& block = stream[b];
        int64_t fresh = 0;
        for (int64_t row = 0; row < block.rows; ++row) {
          fresh += twin.count({environment, block.episode,
                               block.first_step + row}) == 0;
        }
        ASSERT_EQ(steps.Fresh(block), fresh) << "round " << round;
        if (fresh == 0) continue;
        // Sometimes only a part of it.
        const int64_t rows =
            b + 1 == stream.size() && random.NextBelow(5) == 0
                ? block.rows - static_cast<int64_t>(random.NextBelow(fresh))
                : block.rows;
        steps.Receive(block, rows);
        for (int64_t row = 0; row < rows; ++row) {
          twin.insert({environment, block.episode, block.first_step + row});
        }
        if (rows < block.rows) {  // the rest comes as a block of its own
          StepBlock& cut = stream[b];
          cut.rows = rows;
          cut.end = EpisodeEnd::kNone;
        }
      }
      ReceivedSteps restored;
      ASSERT_TRUE(restored.Restore(steps.Save()).ok());
      ASSERT_EQ(restored.Fresh(next), steps.Fresh(next));
      steps = restored;
    }
  }
}

TEST(ReceivedStepsTest, WhatIsNotMarksIsRefused) {
  ReceivedSteps steps;
  EXPECT_FALSE(
      steps.Restore(Tensor::From(std::vector<uint64_t>{1, 2}, {1, 2})).ok());
  EXPECT_FALSE(
      steps.Restore(Tensor::From(std::vector<int64_t>{1, 2, 3}, {1, 3})).ok());
}

}  // namespace
}  // namespace softfleet
