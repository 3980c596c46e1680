// SPDX-License-Identifier: Apache-2.0
// Table::Save and Table::Restore. That a restored table goes on as the saved
// one is table_property_test.cc's.
#include "replay/table_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/fault_file_system.h"
#include "core/file_system.h"
#include "core/safetensors.h"
#include "replay/table.h"
#include "tests/core/test_directory.h"
#include "tests/replay/twin.h"

namespace softfleet {
namespace {

using ::testing::AllOf;
using testing::Between;
using ::testing::HasSubstr;
using testing::Random;
using testing::RandomActor;

TableOptions SmallOptions() {
  TableOptions options;
  options.schema.observations = {{"state", DType::kF32, {2}},
                                 {"pixels", DType::kU8, {3}}};
  options.schema.action = {ActionSpec::Kind::kDiscrete, 0, 4};
  options.schema.frame_stack = 2;
  options.capacity_rows = 40;
  options.expected_run_rows = 4;
  return options;
}

// A table with links, open streams and ended episodes, wrapped around where
// there are enough blocks.
std::unique_ptr<Table> FilledTable(const TableOptions& options, int blocks) {
  auto table = Table::Create(options).value();
  std::vector<RandomActor> actors;
  for (uint64_t i = 0; i < 3; ++i) {
    actors.emplace_back(options.schema, i, i);
  }
  for (int i = 0; i < blocks; ++i) {
    const auto end = i % 7 == 6    ? EpisodeEnd::kTerminated
                     : i % 11 == 9 ? EpisodeEnd::kTruncated
                                   : EpisodeEnd::kNone;
    EXPECT_TRUE(table->Append(actors[i % 3].Next(1 + i % 5, end)).ok());
  }
  return table;
}

FileDigest Digest(const Table& table) {
  const TestDirectory directory;
  return table.Save(RealFileSystem(), directory / "table").value();
}

std::string SavedBytes(const Table& table) {
  const TestDirectory directory;
  EXPECT_TRUE(table.Save(RealFileSystem(), directory / "table").ok());
  return RealFileSystem().Read(directory / "table").value();
}

SafetensorsContent Saved(const Table& table) {
  return ParseSafetensors(SavedBytes(table), "saved table").value();
}

TEST(TableFile, IsTheSameForTheSameTable) {
  for (const int blocks : {0, 1, 5, 60}) {
    const auto table = FilledTable(SmallOptions(), blocks);
    const FileDigest digest = Digest(*table);
    auto copy = Table::Create(SmallOptions()).value();
    const absl::Status status = copy->Restore(Saved(*table));
    ASSERT_TRUE(status.ok()) << status;
    EXPECT_EQ(Digest(*copy), digest);
    EXPECT_EQ(copy->rows_appended(), table->rows_appended());
    EXPECT_EQ(copy->sampleable_rows(), table->sampleable_rows());
  }
}

TEST(TableFile, HoldsOnlyTheSlotsThatWereUsed) {
  TableOptions options = SmallOptions();
  options.capacity_rows = 1'000'000;
  EXPECT_LT(Digest(*FilledTable(options, 10)).size, 10'000u);
}

TEST(TableFile, AnEarlierContentIsReplaced) {
  const auto saved = Saved(*FilledTable(SmallOptions(), 5));
  auto table = FilledTable(SmallOptions(), 60);
  ASSERT_TRUE(table->Restore(saved).ok());
  EXPECT_EQ(Digest(*table), Digest(*FilledTable(SmallOptions(), 5)));
}

// Restoring into the table of `options` is refused with both values.
void ExpectMisfit(const TableOptions& options, const std::string& there,
                  const std::string& here) {
  const auto saved = Saved(*FilledTable(SmallOptions(), 20));
  auto table = Table::Create(options).value();
  const absl::Status status = table->Restore(saved);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr(there), HasSubstr(here)));
  EXPECT_EQ(table->rows_appended(), 0u);
}

TEST(TableFile, ATableOfAnotherCapacityRefusesIt) {
  TableOptions options = SmallOptions();
  options.capacity_rows = 41;
  ExpectMisfit(options, "capacity_rows is 40", "41 here");
}

TEST(TableFile, ATableOfAnotherSchemaRefusesIt) {
  TableOptions options = SmallOptions();
  options.schema.action.num_actions = 5;
  ExpectMisfit(options, SmallOptions().schema.Describe(),
               options.schema.Describe());
}

TEST(TableFile, ATableDimensionedForOtherBlocksRefusesIt) {
  TableOptions options = SmallOptions();
  options.expected_run_rows = 2;
  ExpectMisfit(options, "slots is 62", "82 here");
}

TEST(TableFile, EveryMissingTensorIsAnErrorThatNamesIt) {
  const auto saved = Saved(*FilledTable(SmallOptions(), 20));
  auto table = Table::Create(SmallOptions()).value();
  for (const auto& [name, tensor] : saved.tensors) {
    SafetensorsContent broken = saved;
    broken.tensors.erase(name);
    const absl::Status status = table->Restore(broken);
    EXPECT_FALSE(status.ok());
    EXPECT_THAT(std::string(status.message()), HasSubstr(name));
  }
  for (const auto& [key, value] : saved.metadata) {
    SafetensorsContent broken = saved;
    broken.metadata.erase(key);
    EXPECT_THAT(std::string(table->Restore(broken).message()), HasSubstr(key));
  }
}

TEST(TableFile, ATruncatedFileIsNotRead) {
  const std::string bytes = SavedBytes(*FilledTable(SmallOptions(), 20));
  for (size_t size = 0; size < bytes.size(); size += 97) {
    EXPECT_FALSE(ParseSafetensors(bytes.substr(0, size), "cut").ok());
  }
}

// Whatever a table accepts, it can be used: nothing is read out of bounds
// (under the sanitizer), no draw hangs.
void Use(Table& table) {
  std::vector<uint64_t> ids(64);
  if (table.sampleable_rows() > 0) {
    ASSERT_TRUE(table.SampleUniform(1, 1, ids).ok());
    TransitionBatch batch;
    ASSERT_TRUE(table.Gather(ids, 5, 0.9, &batch).ok());
  }
  std::vector<RandomActor> actors;
  for (uint64_t i = 0; i < 3; ++i) {
    actors.emplace_back(table.schema(), i, 100 + i);
  }
  for (int i = 0; i < 30; ++i) {
    ASSERT_TRUE(table.Append(actors[i % 3].Next(1 + i % 7)).ok());
    ASSERT_LE(table.sampleable_rows(), 40);
  }
  ASSERT_TRUE(table.SampleUniform(1, 1, ids).ok());
  TransitionBatch batch;
  ASSERT_TRUE(table.Gather(ids, 5, 0.9, &batch).ok());
}

TEST(TableFile, FlippedBitsAreRefusedOrHarmless) {
  Random random(3);
  int refused = 0;
  for (const int blocks : {4, 60}) {
    const auto saved = Saved(*FilledTable(SmallOptions(), blocks));
    auto table = FilledTable(SmallOptions(), 9);
    const FileDigest before = Digest(*table);
    for (int i = 0; i < 4000; ++i) {
      SafetensorsContent broken = saved;
      auto tensor = broken.tensors.begin();
      std::advance(tensor, Between(random, 0, broken.tensors.size() - 1));
      auto& bytes = tensor->second.bytes;
      const int64_t at = Between(random, 0, bytes.size() - 1);
      bytes[at] ^= static_cast<std::byte>(1 << Between(random, 0, 7));
      SCOPED_TRACE(tensor->first + " byte " + std::to_string(at));
      if (!table->Restore(broken).ok()) {
        ++refused;
        continue;
      }
      Use(*table);
      if (HasFatalFailure()) return;
      table = FilledTable(SmallOptions(), 9);
    }
    EXPECT_EQ(Digest(*table), before);
  }
  EXPECT_GT(refused, 1000);
}

// `change` makes of a good file one that no table can have written.
void ExpectRefused(const std::string& what,
                   const std::function<void(SafetensorsContent&)>& change) {
  SafetensorsContent saved = Saved(*FilledTable(SmallOptions(), 60));
  auto table = FilledTable(SmallOptions(), 9);
  const FileDigest before = Digest(*table);
  change(saved);
  EXPECT_EQ(table->Restore(saved).code(), absl::StatusCode::kDataLoss) << what;
  EXPECT_EQ(Digest(*table), before) << what;
}

template <typename T>
T& Value(SafetensorsContent& saved, const std::string& name, size_t i) {
  return saved.tensors.at(name).mutable_values<T>()[i];
}

TEST(TableFile, NumbersThatContradictEachOtherAreRefused) {
  ExpectRefused("a tail beyond the head", [](auto& saved) {
    Value<uint64_t>(saved, "counters", 1) =
        Value<uint64_t>(saved, "counters", 0) + 1;
  });
  // Its continuation would take the last slot over without a stack.
  ExpectRefused("only the last closing slot alive", [](auto& saved) {
    const uint64_t head = Value<uint64_t>(saved, "counters", 0);
    Value<uint64_t>(saved, "counters", 1) = head - 1;
    Value<uint64_t>(saved, "counters", 3) = 0;
    const std::vector<uint64_t> stream = {2, 0, 1, head - 1};
    saved.tensors["streams"] = Tensor::From(stream, {1, 4});
  });
  ExpectRefused("an id that would wrap around", [](auto& saved) {
    Value<uint64_t>(saved, "counters", 0) += uint64_t{60} << 56;
    Value<uint64_t>(saved, "counters", 1) += uint64_t{60} << 56;
  });
  ExpectRefused("one sampleable row too many", [](auto& saved) {
    Value<uint64_t>(saved, "counters", 3) += 1;
  });
  ExpectRefused("two streams at one closing slot", [](auto& saved) {
    Value<uint64_t>(saved, "streams", 7) = Value<uint64_t>(saved, "streams", 3);
  });
  ExpectRefused("one environment twice", [](auto& saved) {
    Value<uint64_t>(saved, "streams", 4) = Value<uint64_t>(saved, "streams", 0);
  });
  ExpectRefused("a stream at a row",
                [](auto& saved) { Value<uint64_t>(saved, "streams", 3) -= 1; });
}

TEST(TableFile, ValuesTheDoorWouldNotLetInAreRefused) {
  for (const char* name : {"observation/state", "reward_or_link"}) {
    ExpectRefused(name, [name](auto& saved) {
      for (auto& byte : saved.tensors.at(name).bytes) byte = std::byte{0xff};
    });
  }
  ExpectRefused("action", [](auto& saved) {
    for (auto& index :
         saved.tensors.at("action").template mutable_values<int32_t>()) {
      index = 4;
    }
  });
}

TEST(TableFile, AFullDiskIsAnError) {
  const auto table = FilledTable(SmallOptions(), 60);
  const TestDirectory directory;
  FaultInjectingFileSystem files(RealFileSystem());
  ASSERT_TRUE(table->Save(files, directory / "table").ok());
  const int64_t operations = files.operations();
  for (int64_t at = 0; at < operations; ++at) {
    FaultPlan plan;
    plan.fault = Fault::kIoError;
    plan.at = at;
    files.SetPlan(plan);
    EXPECT_FALSE(table->Save(files, directory / "table").ok()) << at;
  }
}

}  // namespace
}  // namespace softfleet
