// SPDX-License-Identifier: Apache-2.0
// The table against its brute-force twin, over random schemas, capacities and
// streams.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/file_system.h"
#include "core/safetensors.h"
#include "replay/table.h"
#include "tests/core/test_directory.h"
#include "tests/replay/random_streams.h"
#include "tests/replay/twin.h"

namespace softfleet {
namespace {

using testing::Between;
using testing::Cutting;
using testing::ExpectEqualTransitions;
using testing::Random;
using testing::RandomStreams;
using testing::RandomTableOptions;
using testing::Twin;

void ExpectEqualBatches(const TransitionBatch& actual,
                        const TransitionBatch& expected) {
  EXPECT_EQ(actual.size, expected.size);
  EXPECT_EQ(actual.ids, expected.ids);
  ExpectEqualTransitions(actual, expected);
}

void ExpectEqualToTwin(const Table& table, const Twin& twin, Random& random,
                       TransitionBatch& batch) {
  const std::vector<uint64_t> ids = twin.SampleableIds();
  EXPECT_EQ(table.rows_appended(), twin.rows_appended());
  EXPECT_EQ(table.sampleable_rows(), static_cast<int64_t>(ids.size()));

  const int n = static_cast<int>(Between(random, 1, 5));
  const double gamma = n == 5 ? 1.0 : 0.97;
  const absl::Status status = table.Gather(ids, n, gamma, &batch);
  ASSERT_TRUE(status.ok()) << status;
  ExpectEqualBatches(batch, twin.Gather(ids, n, gamma));

  const std::set<uint64_t> sampleable(ids.begin(), ids.end());
  const uint64_t oldest = twin.head() - std::min<uint64_t>(twin.head(), 700);
  TransitionBatch none;
  for (uint64_t id = oldest; id < twin.head() + 3; ++id) {
    if (sampleable.contains(id)) continue;
    EXPECT_EQ(table.Gather({&id, 1}, n, gamma, &none).code(),
              absl::StatusCode::kNotFound)
        << id;
  }
  std::vector<uint64_t> drawn(20);
  ASSERT_TRUE(table.SampleUniform(1, twin.rows_appended(), drawn).ok());
  for (const uint64_t id : drawn) EXPECT_TRUE(sampleable.contains(id)) << id;
}

// A second table made from a file of the first.
std::unique_ptr<Table> Reloaded(const Table& table,
                                const TableOptions& options) {
  const TestDirectory directory;
  const std::string path = directory / "table";
  EXPECT_TRUE(table.Save(RealFileSystem(), path).ok());
  auto copy = Table::Create(options).value();
  const absl::Status restored =
      copy->Restore(ReadSafetensors(RealFileSystem(), path).value());
  EXPECT_TRUE(restored.ok()) << restored;
  return copy;
}

void ExpectEqualDraws(const Table& a, const Table& b) {
  std::vector<uint64_t> from_a(50), from_b(50);
  for (uint64_t step = 0; step < 3; ++step) {
    ASSERT_TRUE(a.SampleUniform(7, step, from_a).ok());
    ASSERT_TRUE(b.SampleUniform(7, step, from_b).ok());
    EXPECT_EQ(from_a, from_b);
  }
}

void RunCase(uint64_t seed, Cutting cutting) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  const TableOptions options = RandomTableOptions(random);
  auto table = Table::Create(options).value();
  Twin twin(options);
  RandomStreams streams(options, cutting, random);
  const int blocks = cutting.most_rows == 1 ? 300 : 50;
  const int reload_at = static_cast<int>(Between(random, 0, 5 * blocks));
  std::unique_ptr<Table> before_reload;
  TransitionBatch batch;  // one for all, as a learner has it
  for (int i = 0; i < blocks; ++i) {
    const StepBlock block = streams.Next();
    if (Between(random, 0, 9) == 0) continue;  // lost on the way
    ASSERT_TRUE(table->Append(block).ok());
    if (before_reload) {
      ASSERT_TRUE(before_reload->Append(block).ok());
    }
    twin.Append(block);
    ExpectEqualToTwin(*table, twin, random, batch);
    if (i == reload_at) {
      before_reload = std::move(table);
      table = Reloaded(*before_reload, options);
    }
    if (before_reload) ExpectEqualDraws(*table, *before_reload);
    if (::testing::Test::HasFailure()) return;
  }
}

TEST(TableAndTwin, AgreeOnInterleavedStreamsOfRandomBlocks) {
  for (uint64_t seed = 0; seed < 300; ++seed) RunCase(seed, {40, 1});
}

TEST(TableAndTwin, AgreeOnStreamsThatMostlyTakeTheirClosingSlotOver) {
  for (uint64_t seed = 1000; seed < 1200; ++seed) RunCase(seed, {12, 10});
}

TEST(TableAndTwin, AgreeOnRowsThatAreAppendedOneByOne) {
  for (uint64_t seed = 2000; seed < 2080; ++seed) RunCase(seed, {1, 20});
}

}  // namespace
}  // namespace softfleet
