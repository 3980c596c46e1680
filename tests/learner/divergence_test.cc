// SPDX-License-Identifier: Apache-2.0
#include "learner/divergence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
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
  const Schema schema = SmallLearner(true).schema;
  EXPECT_TRUE(CheckFinite(schema, SoundBatch(), 7).ok());
  for (const float bad : {kNan, kInfinity, -kInfinity}) {
    TransitionBatch batch = SoundBatch();
    batch.next_observations[3 * 2 + 1] = bad;
    const absl::Status status = CheckFinite(schema, batch, 7);
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
    EXPECT_THAT(
        std::string(status.message()),
        AllOf(HasSubstr("element 1 of state in the next observation of row "
                        "1002 is"),
              HasSubstr("update 7")));
    batch = SoundBatch();
    batch.actions[2 * 3] = bad;
    EXPECT_THAT(std::string(CheckFinite(schema, batch, 7).message()),
                HasSubstr("element 0 of the action of row 1003 is"));
    batch = SoundBatch();
    batch.returns[4] = bad;
    EXPECT_THAT(std::string(CheckFinite(schema, batch, 7).message()),
                HasSubstr("the reward of row 1004 is"));
  }
}

// Every element of two rows, found by an enumeration in the order in which
// frames and groups are laid out.
TEST(DivergenceTest, AnElementIsNamedByGroupAndFrame) {
  Schema schema;
  schema.observations = {{"camera", DType::kU8, {2, 1}},
                         {"state", DType::kF32, {3}}};
  schema.frame_stack = 2;
  size_t at = 0;
  for (const int row : {8, 9}) {
    for (const int frame : {0, 1}) {
      for (const ObservationGroup& group : schema.observations) {
        for (int64_t element = 0; element < group.elements(); ++element) {
          TransitionBatch batch;
          batch.ids = {8, 9};
          batch.observations.resize(20);
          batch.observations[at++] = kNan;
          EXPECT_THAT(std::string(CheckFinite(schema, batch, 7).message()),
                      HasSubstr(absl::StrCat(
                          "element ", element, " of ", group.name, ", frame ",
                          frame, " of 2, in the observation of row ", row)));
        }
      }
    }
  }
  EXPECT_EQ(at, 20);
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
