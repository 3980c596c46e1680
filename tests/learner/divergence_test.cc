// SPDX-License-Identifier: Apache-2.0
#include "learner/divergence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/finite.h"
#include "tests/learner/fakes.h"

namespace softfleet {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

TransitionBatch SoundBatch() {
  TransitionBatch batch = RandomBatch(SmallLearner(true), 1);
  batch.ids.resize(batch.size);
  for (int64_t i = 0; i < batch.size; ++i) batch.ids[i] = 1000 + i;
  return batch;
}

TEST(DivergenceTest, ABatchThatIsNotFiniteIsNamedByRowAndElement) {
  EXPECT_TRUE(CheckFinite(SoundBatch(), 7).ok());
  for (const float bad : {kNan, kInfinity, -kInfinity}) {
    TransitionBatch batch = SoundBatch();
    batch.next_observations[3 * 2 + 1] = bad;
    const absl::Status status = CheckFinite(batch, 7);
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
    EXPECT_THAT(
        std::string(status.message()),
        AllOf(HasSubstr("element 1 of the next observation of row 1002"),
              HasSubstr("update 7")));
    batch = SoundBatch();
    batch.returns[4] = bad;
    EXPECT_THAT(std::string(CheckFinite(batch, 7).message()),
                HasSubstr("reward of row 1004"));
  }
}

TEST(DivergenceTest, LargeNumbersAreFinite) {
  const float largest = std::numeric_limits<float>::max();
  EXPECT_TRUE(AllFinite(std::vector<float>{largest, -largest, 0, 1e-45F}));
}

TEST(DivergenceTest, TheRowsOfTheNewestUpdatesAreKept) {
  DrawnRows rows(4);
  for (uint64_t update = 1; update <= 9; ++update) {
    rows.Add(update, std::vector<uint64_t>{update, 10 * update});
  }
  const auto since = rows.Since(7);
  ASSERT_EQ(since.size(), 2u);
  EXPECT_EQ(since[0].update, 8u);
  EXPECT_EQ(since[1].ids, (std::vector<uint64_t>{9, 90}));
  EXPECT_EQ(rows.Since(0).size(), 4u);
}

TEST(DivergenceTest, TheDiagnosisNamesTensorsAndBatches) {
  TensorMap state;
  state["sound"] = Tensor::From(std::vector<float>{1, 2}, {2});
  state["broken"] = Tensor::From(std::vector<float>{1, kNan, kNan}, {3});
  DrawnRows rows(16);
  rows.Add(4, std::vector<uint64_t>{40});
  rows.Add(5, std::vector<uint64_t>{50, 51});
  TransitionBatch batch = SoundBatch();
  batch.returns[0] = -1e20;
  const auto json =
      nlohmann::json::parse(DescribeDivergence(5, 4, state, rows, batch));
  EXPECT_EQ(json["update"], 5);
  ASSERT_EQ(json["tensors"].size(), 1u);
  EXPECT_EQ(json["tensors"][0]["name"], "broken");
  EXPECT_EQ(json["tensors"][0]["not_finite"], 2);
  EXPECT_EQ(json["tensors"][0]["first_index"], 1);
  ASSERT_EQ(json["batches"].size(), 1u);
  EXPECT_EQ(json["batches"][0]["rows"], (std::vector<uint64_t>{50, 51}));
  EXPECT_EQ(json["last_batch"]["largest_reward"], "1e+20");
}

}  // namespace
}  // namespace softfleet
