// SPDX-License-Identifier: Apache-2.0
// The table's rules one by one, on cases small enough to follow by hand.
#include "replay/table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "core/file_system.h"
#include "tests/core/test_directory.h"
#include "tests/replay/twin.h"

// An allocation that cannot succeed shall return nullptr under the sanitizer,
// too.
extern "C" const char* __asan_default_options() {
  return "allocator_may_return_null=1";
}

namespace softfleet {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::RandomActor;

// Two observations, an action, a reward and a flag, four bytes each value.
constexpr double kHalfCheetahRowBytes = 4 * (2 * 17 + 6 + 1 + 1);

Schema StateSchema(int64_t observation, int64_t action, int frame_stack = 1) {
  Schema schema;
  schema.observations = {{"state", DType::kF32, {observation}}};
  schema.action = {ActionSpec::Kind::kContinuous, action, 0};
  schema.frame_stack = frame_stack;
  return schema;
}

TableOptions Options(int64_t capacity, int64_t expected_run_rows,
                     int frame_stack = 1) {
  TableOptions options;
  options.schema = StateSchema(2, 1, frame_stack);
  options.capacity_rows = capacity;
  options.expected_run_rows = expected_run_rows;
  return options;
}

std::vector<uint64_t> SampleableIds(const Table& table) {
  std::vector<uint64_t> ids;
  TransitionBatch batch;
  for (uint64_t id = 0; id < 3 * table.rows_appended() + 10; ++id) {
    if (table.Gather({&id, 1}, 1, 1, &batch).ok()) ids.push_back(id);
  }
  return ids;
}

int32_t StepsFrom(const Table& table, uint64_t id, int n) {
  TransitionBatch batch;
  EXPECT_TRUE(table.Gather({&id, 1}, n, 0.9, &batch).ok());
  return batch.steps.at(0);
}

absl::StatusCode CreateCode(const TableOptions& options) {
  return Table::Create(options).status().code();
}

TEST(Table, AContinuationTakesTheNewestClosingSlotOver) {
  auto table = Table::Create(Options(100, 4)).value();
  RandomActor actor(table->schema(), 1, 1);
  ASSERT_TRUE(table->Append(actor.Next(2)).ok());  // ids 0 1, closing 2
  ASSERT_TRUE(table->Append(actor.Next(2)).ok());  // ids 2 3, closing 4
  EXPECT_THAT(SampleableIds(*table), ElementsAre(0, 1, 2, 3));
  EXPECT_EQ(StepsFrom(*table, 0, 10), 4);
}

TEST(Table, AnInterleavedContinuationIsLinked) {
  auto table = Table::Create(Options(100, 4)).value();
  RandomActor actor(table->schema(), 1, 1);
  RandomActor other(table->schema(), 2, 2);
  ASSERT_TRUE(table->Append(actor.Next(2)).ok());  // ids 0 1, closing 2
  ASSERT_TRUE(table->Append(other.Next(1)).ok());  // id 3, closing 4
  EXPECT_EQ(StepsFrom(*table, 0, 10), 2);          // not there yet
  ASSERT_TRUE(table->Append(actor.Next(2)).ok());  // ids 5 6, closing 7
  EXPECT_THAT(SampleableIds(*table), ElementsAre(0, 1, 3, 5, 6));
  EXPECT_EQ(StepsFrom(*table, 0, 10), 4);
  EXPECT_EQ(StepsFrom(*table, 3, 10), 1);
}

TEST(Table, AMissingBlockBreaksTheWalk) {
  auto table = Table::Create(Options(100, 4)).value();
  RandomActor actor(table->schema(), 1, 1);
  ASSERT_TRUE(table->Append(actor.Next(2)).ok());
  actor.Next(3);  // lost
  ASSERT_TRUE(table->Append(actor.Next(2)).ok());
  EXPECT_EQ(StepsFrom(*table, 0, 10), 2);
}

TEST(Table, ContextIsStoredOnceAndNeverDrawn) {
  auto table = Table::Create(Options(100, 4, /*frame_stack=*/3)).value();
  RandomActor actor(table->schema(), 1, 1);
  ASSERT_TRUE(table->Append(actor.Next(2)).ok());  // context 0 1, rows 2 3
  ASSERT_TRUE(table->Append(actor.Next(1)).ok());  // row 4: took over
  EXPECT_THAT(SampleableIds(*table), ElementsAre(2, 3, 4));
}

TEST(Table, HoldsItsCapacityInBlocksOfTheExpectedLength) {
  for (const int64_t rows : {1, 2, 5, 32}) {
    for (const int stack : {1, 4}) {
      auto table = Table::Create(Options(1000, rows, stack)).value();
      RandomActor actor(table->schema(), 1, 1);
      RandomActor other(table->schema(), 2, 2);
      for (int i = 0; i < 2000; ++i) {
        ASSERT_TRUE(table->Append((i % 2 ? actor : other).Next(rows)).ok());
      }
      EXPECT_EQ(table->sampleable_rows(), 1000);
      EXPECT_EQ(table->rows_appended(), 2000u * rows);
    }
  }
}

TEST(Table, HoldsItsCapacityRowByRowInLongEpisodes) {
  auto table = Table::Create(Options(1000, TableOptions::kRowByRowRun)).value();
  RandomActor actor(table->schema(), 1, 1);
  for (int i = 1; i <= 5000; ++i) {
    const auto end = i % 300 ? EpisodeEnd::kNone : EpisodeEnd::kTruncated;
    ASSERT_TRUE(table->Append(actor.Next(1, end)).ok());
    ASSERT_EQ(table->sampleable_rows(), std::min(i, 1000));
  }
}

TEST(Table, NeverHoldsMoreRowsThanItsCapacity) {
  auto table = Table::Create(Options(50, 2)).value();
  RandomActor actor(table->schema(), 1, 1);
  for (int i = 0; i < 40; ++i) {
    ASSERT_TRUE(table->Append(actor.Next(10)).ok());
    EXPECT_LE(table->sampleable_rows(), 50);
  }
  EXPECT_EQ(table->sampleable_rows(), 50);
}

TEST(Table, ARejectedBlockChangesNothing) {
  auto table = Table::Create(Options(20, 4, /*frame_stack=*/2)).value();
  RandomActor actor(table->schema(), 1, 1);
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(table->Append(actor.Next(3)).ok());
  const TestDirectory directory;
  const std::string path = directory / "table";
  const auto before = table->Save(RealFileSystem(), path).value();

  const StepBlock good = actor.Next(4);
  std::vector<StepBlock> bad(5, good);
  bad[0].rewards[2] = std::numeric_limits<float>::quiet_NaN();
  bad[1].actions[3] = 1.5f;
  bad[2].observations[0].pop_back();
  bad[3].context = 0;
  bad[4] = RandomActor(table->schema(), 2, 2).Next(21);  // above capacity
  for (const StepBlock& block : bad) {
    EXPECT_EQ(table->Append(block).code(), absl::StatusCode::kInvalidArgument);
  }
  EXPECT_EQ(table->Save(RealFileSystem(), path).value(), before);
  EXPECT_TRUE(table->Append(good).ok());
}

TEST(Table, GatherNamesTheIdThatIsNotThere) {
  auto table = Table::Create(Options(20, 4)).value();
  RandomActor actor(table->schema(), 1, 1);
  ASSERT_TRUE(table->Append(actor.Next(3)).ok());
  TransitionBatch batch;
  const std::vector<uint64_t> ids = {0, 77};
  const absl::Status status = table->Gather(ids, 1, 0.9, &batch);
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("77"));
}

TEST(Table, GatherRefusesImpossibleHorizonsAndDiscounts) {
  auto table = Table::Create(Options(20, 4)).value();
  TransitionBatch batch;
  for (const auto& [n, gamma] : std::vector<std::pair<int, double>>{
           {0, 0.9}, {1, -0.1}, {1, 1.1}, {1, std::nan("")}}) {
    EXPECT_EQ(table->Gather({}, n, gamma, &batch).code(),
              absl::StatusCode::kInvalidArgument);
  }
}

TEST(Table, AReusedBatchShrinks) {
  auto table = Table::Create(Options(20, 4)).value();
  RandomActor actor(table->schema(), 1, 1);
  ASSERT_TRUE(table->Append(actor.Next(3)).ok());
  TransitionBatch batch;
  const std::vector<uint64_t> ids = {0, 1, 2, 1};
  ASSERT_TRUE(table->Gather(ids, 1, 0.9, &batch).ok());
  ASSERT_TRUE(table->Gather(std::span(ids).first(1), 1, 0.9, &batch).ok());
  EXPECT_EQ(batch.size, 1);
  EXPECT_EQ(batch.observations.size(), 2u);
  EXPECT_EQ(batch.returns.size(), 1u);
}

TEST(Table, BytesScaleTo255thsOfFloats) {
  TableOptions options = Options(20, 4);
  options.schema.observations = {{"pixels", DType::kU8, {1}}};
  auto table = Table::Create(options).value();
  StepBlock block = RandomActor(table->schema(), 1, 1).Next(2);
  block.observations[0] = {std::byte{0}, std::byte{255}, std::byte{51}};
  ASSERT_TRUE(table->Append(block).ok());
  TransitionBatch batch;
  const std::vector<uint64_t> ids = {0, 1};
  ASSERT_TRUE(table->Gather(ids, 1, 0.9, &batch).ok());
  EXPECT_THAT(batch.observations, ElementsAre(0.0f, 1.0f));
  EXPECT_THAT(batch.next_observations, ElementsAre(1.0f, 0.2f));
}

// The target is 0.65 with prioritization, which takes about 0.03 more, in
// blocks of 32 rows, and 0.58 row by row.
TEST(Table, ARowOfHalfCheetahStaysWithinItsShareOfMemory) {
  TableOptions options;
  options.schema = StateSchema(17, 6);
  options.capacity_rows = 1'000'000;
  const auto share = [&](int64_t block_rows) {
    options.expected_run_rows = block_rows;
    return Table::BytesFor(options) / 1e6 / kHalfCheetahRowBytes;
  };
  EXPECT_LE(share(32), 0.62);
  EXPECT_LE(share(TableOptions::kRowByRowRun), 0.58);
  EXPECT_EQ(Table::Create(options).value()->bytes(), Table::BytesFor(options));
}

TEST(Table, ABudgetThatIsTooSmallIsRefusedWithFigures) {
  TableOptions options = Options(1000, 10);
  const uint64_t bytes = Table::BytesFor(options);
  EXPECT_EQ(bytes, 1101u * (8 + 4 + 4 + 1));
  options.byte_budget = bytes;
  EXPECT_TRUE(Table::Create(options).ok());

  options.byte_budget = bytes - 1;
  const absl::Status status = Table::Create(options).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("1000 rows"), HasSubstr("18717 bytes"),
                    HasSubstr("18716 bytes"), HasSubstr("999 rows")));
  options.capacity_rows = 999;
  EXPECT_TRUE(Table::Create(options).ok());
}

TEST(Table, AbsurdSizesAreErrors) {
  TableOptions options = Options(std::numeric_limits<int64_t>::max(), 1);
  EXPECT_EQ(CreateCode(options), absl::StatusCode::kInvalidArgument);
  options.expected_run_rows = 2;
  EXPECT_EQ(CreateCode(options), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Table::BytesFor(options), std::numeric_limits<uint64_t>::max());
  options.byte_budget = 1'000'000;
  EXPECT_EQ(CreateCode(options), absl::StatusCode::kResourceExhausted);
  for (const int64_t none : {0, -1}) {
    EXPECT_EQ(CreateCode(Options(none, 1)), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(CreateCode(Options(1, none)), absl::StatusCode::kInvalidArgument);
  }
}

TEST(Table, MemoryThatIsNotThereIsAnError) {
  TableOptions options = Options(4'000'000'000, 1'000);
  options.schema.observations[0].shape = {1'000'000};
  const absl::Status status = Table::Create(options).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(status.message()), HasSubstr("observation/state"));
}

}  // namespace
}  // namespace softfleet
