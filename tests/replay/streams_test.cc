// SPDX-License-Identifier: Apache-2.0
#include "replay/streams.h"

#include <gtest/gtest.h>

namespace softfleet {
namespace {

StepBlock Block(uint64_t environment, uint64_t episode, uint64_t first_step,
                EpisodeEnd end = EpisodeEnd::kNone) {
  StepBlock block;
  block.environment = environment;
  block.episode = episode;
  block.first_step = first_step;
  block.rows = 4;
  block.end = end;
  return block;
}

TEST(Streams, ABlockContinuesWhereTheLastOneOfItsEpisodeStopped) {
  Streams streams;
  streams.Record(Block(7, 2, 0), 40, 0);
  EXPECT_EQ(streams.Continued(Block(7, 2, 4)), 40u);
  EXPECT_FALSE(streams.Continued(Block(7, 2, 8)).has_value());  // a gap
  EXPECT_FALSE(streams.Continued(Block(7, 3, 4)).has_value());  // episode
  EXPECT_FALSE(streams.Continued(Block(8, 2, 4)).has_value());  // environment
}

TEST(Streams, AnEndedEpisodeIsNotContinued) {
  Streams streams;
  streams.Record(Block(7, 2, 0), 40, 0);
  streams.Record(Block(7, 2, 4, EpisodeEnd::kTruncated), 45, 0);
  EXPECT_FALSE(streams.Continued(Block(7, 2, 8)).has_value());
  EXPECT_TRUE(streams.open().empty());
}

// Environments that come and never return must not fill the memory.
TEST(Streams, ThoseThatCanNoLongerContinueAreForgotten) {
  Streams streams;
  constexpr uint64_t kAlive = 500;  // ids, so 100 streams of 5 slots
  for (uint64_t i = 0; i < 100'000; ++i) {
    const uint64_t closing = 5 * i + 4;
    const uint64_t tail = closing < kAlive ? 0 : closing - kAlive;
    streams.Record(Block(i, 0, 0), closing, tail);
    ASSERT_LE(streams.open().size(), 250u);
    ASSERT_TRUE(streams.Continued(Block(i - (i < 90 ? 0 : 90), 0, 4)));
  }
}

}  // namespace
}  // namespace softfleet
