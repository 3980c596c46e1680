// SPDX-License-Identifier: Apache-2.0
// The device's ring against replay's table, over random schemas, capacities
// and streams: the same rows can be drawn, the same are drawn, and the same
// bits are gathered; by one thread and by teams of threads.
#include "sac/ring/row_ring.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "core/file_system.h"
#include "core/safetensors.h"
#include "replay/table_file.h"
#include "tests/core/test_directory.h"
#include "tests/replay/random_streams.h"
#include "tests/replay/twin.h"
#include "tests/sac_ring/host_ring.h"

namespace softfleet {
namespace {

using testing::Between;
using testing::Cutting;
using testing::ExpectEqualTransitions;
using testing::HostRing;
using testing::Random;
using testing::RandomActor;
using testing::RandomEnd;
using testing::RandomStreams;
using testing::RandomTableOptions;

// Draws and gathers the same from both.
void ExpectEqual(const HostRing& ring, const Table& table, uint64_t step,
                 Random& random) {
  EXPECT_EQ(ring.ring().counters->sampleable_rows,
            static_cast<uint64_t>(table.sampleable_rows()));
  std::vector<uint64_t> ids(30);
  ASSERT_TRUE(table.SampleUniform(9, step, ids).ok());
  EXPECT_EQ(ring.SampleUniform(9, step, 30), ids);
  const int n = static_cast<int>(Between(random, 1, 5));
  const double gamma = n == 5 ? 1.0 : 0.97;
  TransitionBatch expected;
  ASSERT_TRUE(table.Gather(ids, n, gamma, &expected).ok());
  ExpectEqualTransitions(ring.Gather(ids, n, gamma), expected);
}

void RunCase(uint64_t seed, Cutting cutting, uint32_t team, int blocks) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  const TableOptions options = RandomTableOptions(random);
  auto table = Table::Create(options).value();
  HostRing ring(options, /*prioritized=*/false, team);
  RandomStreams streams(options, cutting, random);
  for (int i = 0; i < blocks && !::testing::Test::HasFailure(); ++i) {
    const StepBlock block = streams.Next();
    if (Between(random, 0, 9) == 0) continue;  // lost on the way
    ASSERT_TRUE(table->Append(block).ok());
    ring.Append(block);
    ExpectEqual(ring, *table, i, random);
  }
}

TEST(RowRingAndTable, AgreeOnInterleavedStreamsOfRandomBlocks) {
  for (uint64_t seed = 0; seed < 200; ++seed) RunCase(seed, {40, 1}, 1, 50);
}

TEST(RowRingAndTable, AgreeOnStreamsThatMostlyTakeTheirClosingSlotOver) {
  for (uint64_t seed = 1000; seed < 1200; ++seed) {
    RunCase(seed, {12, 10}, 1, 60);
  }
}

TEST(RowRingAndTable, AgreeOnRowsThatAreAppendedOneByOne) {
  for (uint64_t seed = 2000; seed < 2080; ++seed)
    RunCase(seed, {1, 20}, 1, 300);
}

TEST(RowRingAndTable, AgreeWhereThreadsWorkTogether) {
  for (uint64_t seed = 3000; seed < 3006; ++seed) {
    RunCase(seed, {40, 3}, static_cast<uint32_t>(2 + seed % 3), 20);
  }
}

TEST(RowRingAndTable, GoOnAlikeAfterTheTableWasRestored) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    const TableOptions options = RandomTableOptions(random);
    auto table = Table::Create(options).value();
    RandomActor actor(options.schema, 1, random());
    RandomActor other(options.schema, 2, random());
    const auto next = [&](int i) {
      const int64_t rows =
          Between(random, 1, std::min<int64_t>(9, options.capacity_rows));
      return (i % 3 == 0 ? other : actor).Next(rows, RandomEnd(random));
    };
    for (int i = 0; i < 30; ++i) ASSERT_TRUE(table->Append(next(i)).ok());

    const TestDirectory directory;
    ASSERT_TRUE(table->Save(RealFileSystem(), directory / "table").ok());
    const SafetensorsContent saved =
        ReadSafetensors(RealFileSystem(), directory / "table").value();
    HostRing ring(options, /*prioritized=*/false, 1);
    Ring restored = Ring::Create(options.schema, options.capacity_rows,
                                 ring.ring().shape.slots)
                        .value();
    Streams streams;
    const absl::Status status =
        RestoreTable(saved, options.schema, &restored, &streams);
    ASSERT_TRUE(status.ok()) << status;
    ring.Load(restored, streams);
    for (int i = 0; i < 30; ++i) {
      ExpectEqual(ring, *table, i, random);
      const StepBlock block = next(i);
      ASSERT_TRUE(table->Append(block).ok());
      ring.Append(block);
    }
  }
}

TEST(RowRing, AppliesTheNormaliserAndTheRewardScaleWhenGathering) {
  TableOptions options;
  options.schema.observations = {{"state", DType::kF32, {2}}};
  options.schema.action = {ActionSpec::Kind::kContinuous, 1, 0};
  options.capacity_rows = 10;
  HostRing ring(options, /*prioritized=*/false, 1);
  StepBlock block;
  block.rows = 1;
  const float observations[] = {1, 2, 3, 400};
  const auto* bytes = reinterpret_cast<const std::byte*>(observations);
  block.observations = {{bytes, bytes + sizeof(observations)}};
  block.actions = {0.5f};
  block.rewards = {3};
  ring.Append(block);

  const double mean[] = {0.5, 1}, scale[] = {2, 0.25};
  GatherOptions gather;
  gather.reward_scale = 10;
  gather.mean = mean;
  gather.scale = scale;
  uint64_t id = 0;
  float at[2], next[2], action;
  double returns, discount;
  uint8_t terminated;
  int32_t steps;
  const RowBatch<float> batch = {&id,       at,          next,    2,
                                 &action,   1,           nullptr, &returns,
                                 &discount, &terminated, &steps};
  GatherRow(SoloTeam(), ring.ring(), gather, 0, batch);
  EXPECT_EQ(at[0], 1.0f);
  EXPECT_EQ(at[1], 0.25f);
  EXPECT_EQ(next[0], 5.0f);
  EXPECT_EQ(next[1], 10.0f) << "clipped";
  EXPECT_EQ(returns, 30);
}

TEST(RingFeed, RefusesASchemaWithMoreGroupsThanARingTakes) {
  TableOptions options;
  options.schema.action = {ActionSpec::Kind::kContinuous, 1, 0};
  for (int i = 0; i < 17; ++i) {
    options.schema.observations.push_back(
        {"group" + std::to_string(i), DType::kF32, {1}});
  }
  const auto feed = RingFeed::Create(options, false);
  EXPECT_EQ(feed.status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace softfleet
