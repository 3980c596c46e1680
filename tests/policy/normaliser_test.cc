// SPDX-License-Identifier: Apache-2.0
#include "policy/normaliser.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "core/philox.h"
#include "tests/policy/snapshots.h"

namespace softfleet {
namespace {

// `rows` x `elements` normals; element i around 100 i, spread by i + 1.
std::vector<float> SomeObservations(int64_t rows, int64_t elements,
                                    Philox* random) {
  std::vector<float> block = testing::RandomNormals(rows * elements, random);
  for (size_t i = 0; i < block.size(); ++i) {
    const auto element = static_cast<float>(i % elements);
    block[i] = 100 * element + (element + 1) * block[i];
  }
  return block;
}

// Mean and population variance by two passes over everything.
NormaliserState TwoPasses(const std::vector<float>& observations,
                          int64_t elements) {
  NormaliserState state = EmptyNormaliser(elements);
  const auto rows =
      static_cast<double>(observations.size()) / static_cast<double>(elements);
  state.count = rows;
  for (int64_t i = 0; i < elements; ++i) {
    double sum = 0;
    for (size_t j = i; j < observations.size(); j += elements) {
      sum += observations[j];
    }
    state.mean[i] = sum / rows;
    double squares = 0;
    for (size_t j = i; j < observations.size(); j += elements) {
      squares += std::pow(observations[j] - state.mean[i], 2);
    }
    state.variance[i] = squares / rows;
  }
  return state;
}

TEST(NormaliserTest, AnySplitGivesTheStatisticsOfTheWhole) {
  Philox random(1, Purpose::kTest);
  for (int trial = 0; trial < 200; ++trial) {
    const auto elements = static_cast<int64_t>(1 + random.NextBelow(6));
    const auto rows = static_cast<int64_t>(1 + random.NextBelow(300));
    const std::vector<float> all = SomeObservations(rows, elements, &random);
    NormaliserState state = EmptyNormaliser(elements);
    for (int64_t row = 0; row < rows;) {
      const int64_t block = std::min<int64_t>(
          rows - row, static_cast<int64_t>(random.NextBelow(40)));
      UpdateNormaliser(
          std::span<const float>(all).subspan(row * elements, block * elements),
          block, &state);
      row += block;
    }
    const NormaliserState expected = TwoPasses(all, elements);
    EXPECT_EQ(state.count, expected.count);
    for (int64_t i = 0; i < elements; ++i) {
      ASSERT_NEAR(state.mean[i], expected.mean[i], 1e-10) << "trial " << trial;
      ASSERT_NEAR(state.variance[i], expected.variance[i], 1e-9)
          << "trial " << trial;
    }
  }
}

TEST(NormaliserTest, KeepsASmallVarianceBesideALargeMean) {
  // 1e4 +- 1e-2: the sum of squares alone would have lost the variance.
  std::vector<float> observations(1000);
  for (size_t i = 0; i < observations.size(); ++i) {
    observations[i] = 1e4F + (i % 2 == 0 ? 0.0078125F : -0.0078125F);
  }
  NormaliserState state = EmptyNormaliser(1);
  for (const float& observation : observations) {
    UpdateNormaliser({&observation, 1}, 1, &state);
  }
  EXPECT_NEAR(state.variance[0], 0.0078125 * 0.0078125, 1e-12);
}

TEST(NormaliserTest, TheEmptyStateHasNoWeight) {
  NormaliserState state = EmptyNormaliser(1);
  UpdateNormaliser({}, 0, &state);
  EXPECT_EQ(state, EmptyNormaliser(1));
  const std::vector<float> two = {4, 6};
  UpdateNormaliser(two, 2, &state);
  EXPECT_EQ(state, (NormaliserState{2, {5}, {1}}));
}

TEST(NormaliserTest, AppliesMeanDeviationAndClip) {
  const NormaliserState state = {1, {1, -2}, {4, 0}};
  std::vector<float> observations = {2, -2, -99, -1.9999F};
  ApplyNormaliser(state, observations);
  EXPECT_FLOAT_EQ(observations[0], 0.5F);
  EXPECT_EQ(observations[1], 0);
  EXPECT_EQ(observations[2], -10);
  // Variance 0: 1e-4 / sqrt(1e-8).
  EXPECT_NEAR(observations[3], 1, 1e-3);
  observations = {1e30F, 5, 0, 0};
  ApplyNormaliser(state, observations);
  EXPECT_EQ(observations[0], 10);
  EXPECT_EQ(observations[1], 10);
}

TEST(NormaliserTest, FramesOfAStackShareTheStatistics) {
  const NormaliserState state = {1, {1, 10}, {1, 4}};
  std::vector<float> stack = {2, 12, 2, 12, 2, 12};
  ApplyNormaliser(state, stack);
  for (const float number : stack) EXPECT_FLOAT_EQ(number, 1);
}

TEST(NormaliserTest, ByteGroupsAreNotNormalised) {
  Schema schema = testing::ContinuousSchema(1, 1);
  schema.observations.insert(schema.observations.begin(),
                             {"pixels", DType::kU8, {2, 2}});
  NormaliserState state = EmptyNormaliser(5);
  const std::vector<float> row = {.1F, .2F, .3F, .4F, 7};
  UpdateNormaliser(row, 1, &state);
  ExemptByteGroups(schema, &state);
  EXPECT_EQ(state.mean, (std::vector<double>{0, 0, 0, 0, 7}));
  EXPECT_EQ(state.variance, (std::vector<double>{1, 1, 1, 1, 0}));
  for (int value = 0; value < 256; ++value) {
    const float scaled = static_cast<float>(value) / 255;
    std::vector<float> observation(5, scaled);
    ApplyNormaliser(state, observation);
    EXPECT_EQ(observation[0], scaled);
  }
}

TEST(NormaliserTest, CheckNamesTheWrongNumber) {
  const double nan = std::nan("");
  const auto message = [](const NormaliserState& state) {
    return std::string(CheckNormaliser(state, 2).message());
  };
  EXPECT_EQ(message({3, {0, 0}, {1, 1}}), "");
  EXPECT_EQ(message({3, {0}, {1, 1}}),
            "normaliser mean has 1 numbers, the schema 2 elements");
  EXPECT_EQ(message({3, {0, nan}, {1, 1}}), "normaliser mean[1] is nan");
  EXPECT_EQ(message({3, {0, 0}, {1, -1}}), "normaliser variance[1] is -1");
  EXPECT_EQ(message({-3, {0, 0}, {1, 1}}), "normaliser count is -3");
}

}  // namespace
}  // namespace softfleet
