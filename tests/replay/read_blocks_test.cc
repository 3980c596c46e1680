// SPDX-License-Identifier: Apache-2.0
// Blocks read back out of the table against a plain list of what was appended.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "core/file_system.h"
#include "core/safetensors.h"
#include "replay/block_directory.h"
#include "replay/table.h"
#include "tests/core/test_directory.h"
#include "tests/replay/random_streams.h"
#include "tests/replay/twin.h"

namespace softfleet {
namespace {

using testing::Between;
using testing::Cutting;
using testing::Random;
using testing::RandomActor;
using testing::RandomStreams;
using testing::RandomTableOptions;
using testing::Twin;

// What was appended, oldest first, and the number of each block's first row.
struct Appended {
  struct Entry {
    uint64_t first_row;
    StepBlock block;
  };
  std::vector<Entry> entries;
  uint64_t rows = 0;

  void Add(const StepBlock& block) {
    entries.push_back({rows, block});
    rows += static_cast<uint64_t>(block.rows);
  }
  const Entry& Of(uint64_t row) const {
    const auto after = std::upper_bound(
        entries.begin(), entries.end(), row,
        [](uint64_t a, const Entry& b) { return a < b.first_row; });
    return *(after - 1);
  }
};

constexpr size_t kNoLimit = 1 << 30;

// A follower that comes by now and then.
class Reader {
 public:
  Reader(uint64_t laziness, size_t max_bytes)
      : laziness_(laziness), max_bytes_(max_bytes) {}

  void MaybeRead(const Table& table, const Appended& all, Random& random) {
    if (random() % laziness_ == 0) Read(table, all);
  }

  void Read(const Table& table, const Appended& all) {
    const uint64_t oldest = table.first_readable_row();
    const BlockRead read = table.ReadBlocks(position_, max_bytes_).value();
    EXPECT_EQ(read.first_row, std::max(position_, oldest));
    EXPECT_EQ(read.skipped_rows, read.first_row - position_);
    uint64_t row = read.first_row;
    for (const StepBlock& block : read.blocks) {
      Check(table.schema(), block, row, oldest, all);
      row += static_cast<uint64_t>(block.rows);
    }
    EXPECT_EQ(read.next_row, row);
    EXPECT_EQ(read.caught_up, row == all.rows);
    if (read.first_row < all.rows) {
      EXPECT_FALSE(read.blocks.empty());
    }
    skipped_ += read.skipped_rows;
    received_ += row - read.first_row;
    position_ = row;
  }

  // Every row was received or counted as skipped.
  void Finish(const Table& table, const Appended& all) {
    while (position_ < all.rows) Read(table, all);
    EXPECT_EQ(received_ + skipped_, all.rows);
  }

 private:
  void Check(const Schema& schema, const StepBlock& block, uint64_t row,
             uint64_t oldest, const Appended& all) const {
    const Appended::Entry& entry = all.Of(row);
    const int64_t first = static_cast<int64_t>(row - entry.first_row);
    EXPECT_EQ(block, SliceBlock(schema, entry.block, first, block.rows));
    if (max_bytes_ != kNoLimit) return;
    // Cut at the front only where rows are gone, and nowhere else.
    EXPECT_TRUE(first == 0 || row == oldest);
    EXPECT_EQ(block.rows, entry.block.rows - first);
  }

  uint64_t laziness_;
  size_t max_bytes_;
  uint64_t position_ = 0;
  uint64_t received_ = 0;
  uint64_t skipped_ = 0;
};

void RunCase(uint64_t seed, Cutting cutting) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  TableOptions options = RandomTableOptions(random);
  options.keep_blocks = true;
  auto table = Table::Create(options).value();
  Twin twin(options);
  Appended all;
  RandomStreams streams(options, cutting, random);
  std::vector<Reader> readers = {
      {1, kNoLimit}, {2, 600}, {7, kNoLimit}, {20, 1}, {30, 3000}};
  for (int i = 0; i < 120; ++i) {
    const StepBlock block = streams.Next();
    if (Between(random, 0, 9) == 0) continue;  // lost on the way
    ASSERT_TRUE(table->Append(block).ok());
    twin.Append(block);
    all.Add(block);
    EXPECT_EQ(table->first_readable_row(),
              all.rows - twin.SampleableIds().size());
    for (Reader& reader : readers) reader.MaybeRead(*table, all, random);
    if (::testing::Test::HasFailure()) return;
  }
  for (Reader& reader : readers) reader.Finish(*table, all);
}

TEST(ReadBlocksTest, EveryRowIsReadOnceAsItCameOrCountedAsSkipped) {
  for (uint64_t seed = 0; seed < 400; ++seed) RunCase(seed, {40, 1});
}

TEST(ReadBlocksTest, ContinuationsThatTakeTheirClosingSlotOverAreNotLost) {
  for (uint64_t seed = 1000; seed < 1300; ++seed) RunCase(seed, {12, 10});
}

TEST(ReadBlocksTest, RowsThatWereAppendedOneByOneAreReadOneByOne) {
  for (uint64_t seed = 2000; seed < 2200; ++seed) RunCase(seed, {1, 20});
}

class SmallTableTest : public ::testing::Test {
 protected:
  SmallTableTest() {
    options_.schema.observations = {{"state", DType::kF32, {3}}};
    options_.schema.action = {ActionSpec::Kind::kContinuous, 1, 0};
    options_.capacity_rows = 64;
    options_.keep_blocks = true;
  }
  std::unique_ptr<Table> Make() { return Table::Create(options_).value(); }

  TableOptions options_;
};

TEST_F(SmallTableTest, APositionBeyondTheNextRowIsRefused) {
  auto table = Make();
  EXPECT_TRUE(table->ReadBlocks(0, kNoLimit)->caught_up);
  const auto read = table->ReadBlocks(1, kNoLimit);
  EXPECT_EQ(read.status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(read.status().message(), "row 1 is beyond the next one, 0");
}

TEST_F(SmallTableTest, AMessageIsNeverLargerThanAskedForWhenARowFits) {
  auto table = Make();
  RandomActor actor(options_.schema, 1, 2);
  ASSERT_TRUE(table->Append(actor.Next(64)).ok());
  // A row is 21 bytes with its flags.
  const BlockRead read = table->ReadBlocks(0, 500).value();
  ASSERT_EQ(read.blocks.size(), 1u);
  EXPECT_LE(read.blocks[0].rows, 24);
  EXPECT_GE(read.blocks[0].rows, 16);
  EXPECT_FALSE(read.caught_up);
}

TEST_F(SmallTableTest, WithoutKeepBlocksNothingIsPaidAndNothingRead) {
  const uint64_t kept = Table::BytesFor(options_);
  options_.keep_blocks = false;
  // 64 rows in blocks of 32 may lie in three.
  EXPECT_EQ(kept - Table::BytesFor(options_), 3 * sizeof(BlockHeader));
  auto table = Make();
  RandomActor actor(options_.schema, 1, 2);
  const uint64_t before = table->bytes();
  ASSERT_TRUE(table->Append(actor.Next(10)).ok());
  EXPECT_EQ(table->bytes(), before);
  EXPECT_EQ(table->ReadBlocks(0, kNoLimit).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_F(SmallTableTest, HeadersOfShortBlocksStayWithinTheBudget) {
  options_.byte_budget = Table::BytesFor(options_);
  auto table = Make();
  RandomActor actor(options_.schema, 1, 2);
  for (int i = 0; i < 40; ++i) {
    ASSERT_TRUE(table->Append(actor.Next(1)).ok());
    EXPECT_LE(table->bytes(), options_.byte_budget);
  }
  EXPECT_EQ(table->sampleable_rows(), 40);
  const BlockRead read = table->ReadBlocks(0, kNoLimit).value();
  EXPECT_EQ(read.blocks.size(), 3u);
  EXPECT_EQ(read.skipped_rows, 37u);
}

TEST_F(SmallTableTest, ARestoredTableReadsTheBlocksThatComeAfterwards) {
  const TestDirectory directory;
  auto table = Make();
  RandomActor actor(options_.schema, 1, 2);
  ASSERT_TRUE(table->Append(actor.Next(10)).ok());
  ASSERT_TRUE(table->Save(RealFileSystem(), directory / "table").ok());
  auto copy = Make();
  ASSERT_TRUE(
      copy->Restore(
              ReadSafetensors(RealFileSystem(), directory / "table").value())
          .ok());
  EXPECT_EQ(copy->first_readable_row(), 10u);
  const StepBlock next = actor.Next(5);
  ASSERT_TRUE(copy->Append(next).ok());
  const BlockRead read = copy->ReadBlocks(4, kNoLimit).value();
  EXPECT_EQ(read.skipped_rows, 6u);
  EXPECT_EQ(read.first_row, 10u);
  ASSERT_EQ(read.blocks.size(), 1u);
  EXPECT_EQ(read.blocks[0], next);
}

}  // namespace
}  // namespace softfleet
