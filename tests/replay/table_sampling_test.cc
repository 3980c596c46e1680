// SPDX-License-Identifier: Apache-2.0
// What Table::SampleUniform promises.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <vector>

#include "replay/table.h"
#include "tests/replay/twin.h"

namespace softfleet {
namespace {

using testing::RandomActor;
using testing::Twin;

TableOptions SmallOptions() {
  TableOptions options;
  options.schema.observations = {{"state", DType::kF32, {2}}};
  options.schema.action = {ActionSpec::Kind::kContinuous, 1, 0};
  options.schema.frame_stack = 3;
  options.capacity_rows = 300;
  options.expected_run_rows = 4;
  return options;
}

// Full and wrapped around, with blocks of 1 to 7 rows.
void Fill(Table& table, Twin& twin) {
  RandomActor actor(table.schema(), 1, 1);
  RandomActor other(table.schema(), 2, 2);
  for (int i = 0; i < 400; ++i) {
    const StepBlock block = (i % 3 ? actor : other).Next(1 + i % 7);
    ASSERT_TRUE(table.Append(block).ok());
    twin.Append(block);
  }
}

// Above which a chi-square variable with `degrees` degrees of freedom lies
// with probability 0.001 (Wilson and Hilferty 1931; good to 0.1 % here).
double ChiSquareBound(double degrees) {
  const double z = 3.0902;
  const double a = 2 / (9 * degrees);
  return degrees * std::pow(1 - a + z * std::sqrt(a), 3);
}

TEST(TableSampling, IsUniformOverSampleableRows) {
  auto table = Table::Create(SmallOptions()).value();
  Twin twin(SmallOptions());
  Fill(*table, twin);
  const std::vector<uint64_t> ids = twin.SampleableIds();
  ASSERT_GT(ids.size(), 200u);

  std::map<uint64_t, int> counts;
  std::vector<uint64_t> drawn(256);
  constexpr int kBatches = 2000;
  for (int step = 0; step < kBatches; ++step) {
    ASSERT_TRUE(table->SampleUniform(/*seed=*/5, step, drawn).ok());
    for (const uint64_t id : drawn) ++counts[id];
  }
  const double expected = 256.0 * kBatches / ids.size();
  double chi_square = 0;
  for (const uint64_t id : ids) {
    chi_square += std::pow(counts[id] - expected, 2) / expected;
  }
  EXPECT_EQ(counts.size(), ids.size());  // nothing else was drawn
  EXPECT_LT(chi_square, ChiSquareBound(ids.size() - 1.0));
}

TEST(TableSampling, IsAFunctionOfSeedAndStep) {
  auto table = Table::Create(SmallOptions()).value();
  Twin twin(SmallOptions());
  Fill(*table, twin);
  const auto draw = [&](uint64_t seed, uint64_t step) {
    std::vector<uint64_t> ids(64);
    EXPECT_TRUE(table->SampleUniform(seed, step, ids).ok());
    return ids;
  };
  EXPECT_EQ(draw(1, 1), draw(1, 1));
  EXPECT_NE(draw(1, 1), draw(1, 2));
  EXPECT_NE(draw(1, 1), draw(2, 1));
}

TEST(TableSampling, ASmallerBatchIsThePrefixOfALargerOne) {
  auto table = Table::Create(SmallOptions()).value();
  Twin twin(SmallOptions());
  Fill(*table, twin);
  std::vector<uint64_t> few(10), many(100);
  ASSERT_TRUE(table->SampleUniform(1, 1, few).ok());
  ASSERT_TRUE(table->SampleUniform(1, 1, many).ok());
  many.resize(10);
  EXPECT_EQ(few, many);
}

TEST(TableSampling, AnEmptyTableHasNothingToDraw) {
  auto table = Table::Create(SmallOptions()).value();
  std::vector<uint64_t> ids(1);
  EXPECT_EQ(table->SampleUniform(1, 1, ids).code(),
            absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace softfleet
