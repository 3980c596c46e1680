// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "core/philox.h"
#include "experience/step_block_builder.h"

namespace softfleet {
namespace {

// Steps of one episode whose observations and actions say their place.
class Episode {
 public:
  Episode(bool continuous, int frame_stack) {
    schema_.observations = {{"state", DType::kF32, {2}},
                            {"pixels", DType::kU8, {3}}};
    schema_.frame_stack = frame_stack;
    schema_.action.kind = continuous ? ActionSpec::Kind::kContinuous
                                     : ActionSpec::Kind::kDiscrete;
    (continuous ? schema_.action.dimension : schema_.action.num_actions) = 2;
  }
  const Schema& schema() const { return schema_; }

  // `rows` steps after `before` earlier ones of the same episode.
  StepBlock Block(int64_t before, int64_t rows, bool ends) const {
    StepBlockBuilder builder(schema_, 7, 1000);
    StepBlock block;
    Show(0, builder);
    EXPECT_TRUE(builder.Begin(3).ok());
    for (int64_t t = 0; t < before + rows; ++t) {
      if (t == before) builder.Cut(&block);
      const float x = static_cast<float>(t) / 1000;
      const std::vector<float> action = {x, -x};
      Show(t + 1, builder);
      const absl::Status status = builder.Append(
          {.action = action,
           .discrete_action = static_cast<int32_t>(t % 2),
           .reward = x,
           .truncated = ends && t + 1 == before + rows,
           .policy_version = 5,
           .flags = static_cast<uint8_t>(t % 5 == 4 ? kRowSafeAction : 0)});
      EXPECT_TRUE(status.ok()) << status;
    }
    EXPECT_TRUE(builder.Cut(&block));
    return block;
  }

 private:
  static void Show(int64_t t, StepBlockBuilder& builder) {
    const float state[2] = {static_cast<float>(t), -static_cast<float>(t)};
    const std::byte pixels[3] = {std::byte(t), std::byte(t + 1),
                                 std::byte(t + 2)};
    std::ranges::copy(std::as_bytes(std::span(state)),
                      builder.room()[0].begin());
    std::ranges::copy(pixels, builder.room()[1].begin());
  }

  Schema schema_;
};

TEST(SliceBlockTest, ASliceIsTheBlockThatTheBuilderWouldHaveCutThere) {
  Philox random(11, Purpose::kTest);
  for (int trial = 0; trial < 300; ++trial) {
    const Episode episode(trial % 2 == 0,
                          1 + static_cast<int>(random.NextBelow(4)));
    const auto rows = static_cast<int64_t>(1 + random.NextBelow(9));
    const auto before = static_cast<int64_t>(random.NextBelow(6));
    const bool ends = random.NextBelow(2) == 0;
    const auto first = static_cast<int64_t>(random.NextBelow(rows));
    const auto taken = static_cast<int64_t>(1 + random.NextBelow(rows - first));
    SCOPED_TRACE(testing::Message() << "trial " << trial);
    const StepBlock slice = SliceBlock(
        episode.schema(), episode.Block(before, rows, ends), first, taken);
    const bool last = first + taken == rows;
    EXPECT_EQ(slice, episode.Block(before + first, taken, ends && last));
    EXPECT_TRUE(CheckStepBlock(episode.schema(), slice, 100).ok());
  }
}

}  // namespace
}  // namespace softfleet
