// SPDX-License-Identifier: Apache-2.0
// Whatever arrives, decoding ends with a status or with values that fit.
#include <google/protobuf/stubs/logging.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/transport/mutate_message.h"
#include "tests/transport/random_values.h"
#include "transport/codec.h"

namespace softfleet {
namespace {

constexpr uint64_t kCases = 10'000;

class CodecCorruption : public testing::Test {
 private:
  google::protobuf::LogSilencer silencer_;  // it reports every bad string
};

// How often something was still decoded, and how often it was refused: a test
// that only ever sees one of them proves nothing.
struct Tally {
  int accepted = 0;
  int refused = 0;
  void Add(bool ok) { ++(ok ? accepted : refused); }
  ~Tally() {
    EXPECT_GT(accepted, static_cast<int>(kCases / 20));
    EXPECT_GT(refused, static_cast<int>(kCases / 20));
  }
};

void ExpectFits(const Schema& schema, const StepBlock& block,
                size_t wire_bytes) {
  ASSERT_EQ(block.observations.size(), schema.observations.size());
  size_t bytes = 0;
  for (size_t g = 0; g < block.observations.size(); ++g) {
    ASSERT_EQ(block.observations[g].size(), (block.context + block.rows + 1) *
                                                schema.observations[g].bytes());
    bytes += block.observations[g].size();
  }
  const size_t rows = static_cast<size_t>(block.rows);
  ASSERT_EQ(block.rewards.size(), rows);
  ASSERT_EQ(block.actions.size(), rows * schema.action.columns());
  ASSERT_EQ(block.discrete_actions.size(),
            schema.action.continuous() ? 0 : rows);
  ASSERT_TRUE(block.row_flags.empty() || block.row_flags.size() == rows);
  ASSERT_LE(bytes + 8 * rows, wire_bytes);
  // What follows at every door; any status, no crash.
  CheckStepBlock(schema, block, 1000).IgnoreError();
}

void ExpectFits(const Snapshot& snapshot, size_t wire_bytes) {
  ASSERT_TRUE(snapshot.schema.Validate().ok());
  ASSERT_EQ(snapshot.bounds.low.size(), snapshot.bounds.high.size());
  size_t bytes = 0;
  for (const auto& [name, tensor] : snapshot.tensors) {
    ASSERT_EQ(tensor.bytes.size(),
              NumElements(tensor.shape) * DTypeSize(tensor.dtype));
    bytes += tensor.bytes.size();
  }
  ASSERT_LE(bytes, wire_bytes);
}

TEST_F(CodecCorruption, ChangedFieldsOfASchemaNeverCrash) {
  Tally tally;
  for (uint64_t seed = 0; seed < kCases; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    RandomValues random(seed);
    v1::Schema message;
    EncodeSchema(random.MakeSchema(), &message);
    MutateField(random, &message);
    const auto schema = DecodeSchema(message);
    tally.Add(schema.ok());
    if (!schema.ok()) continue;
    ASSERT_TRUE(schema->Validate().ok());
  }
}

TEST_F(CodecCorruption, ChangedFieldsOfABlockNeverCrash) {
  Tally tally;
  for (uint64_t seed = 0; seed < kCases; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    RandomValues random(seed);
    const Schema schema = random.MakeSchema();
    v1::StepBlock message;
    EncodeStepBlock(random.MakeBlock(schema), &message);
    MutateField(random, &message);
    const auto block = DecodeStepBlock(schema, message);
    tally.Add(block.ok());
    if (block.ok()) ExpectFits(schema, *block, message.ByteSizeLong());
    if (HasFatalFailure()) return;
  }
}

TEST_F(CodecCorruption, ABlockOfAnotherSchemaNeverCrashes) {
  for (uint64_t seed = 0; seed < kCases; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    RandomValues random(seed);
    const Schema schema = random.MakeSchema();
    v1::StepBlock message;
    EncodeStepBlock(random.MakeBlock(random.MakeSchema()), &message);
    const auto block = DecodeStepBlock(schema, message);
    if (block.ok()) ExpectFits(schema, *block, message.ByteSizeLong());
    if (HasFatalFailure()) return;
  }
}

TEST_F(CodecCorruption, ChangedBytesOfABlockNeverCrash) {
  Tally tally;
  for (uint64_t seed = 0; seed < kCases; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    RandomValues random(seed);
    const Schema schema = random.MakeSchema();
    v1::StepBlock message;
    EncodeStepBlock(random.MakeBlock(schema), &message);
    const std::string bytes = MutateBytes(random, message.SerializeAsString());
    v1::StepBlock received;
    if (!received.ParseFromString(bytes)) {
      tally.Add(false);
      continue;
    }
    const auto block = DecodeStepBlock(schema, received);
    tally.Add(block.ok());
    if (block.ok()) ExpectFits(schema, *block, bytes.size());
    if (HasFatalFailure()) return;
  }
}

TEST_F(CodecCorruption, ChangedFieldsOfASnapshotNeverCrash) {
  Tally tally;
  for (uint64_t seed = 0; seed < kCases; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    RandomValues random(seed);
    v1::Snapshot message;
    ASSERT_TRUE(message.ParseFromString(EncodeSnapshot(random.MakeSnapshot())));
    MutateField(random, &message);
    const std::string bytes = message.SerializeAsString();
    const auto snapshot = DecodeSnapshot(bytes);
    tally.Add(snapshot.ok());
    if (snapshot.ok()) ExpectFits(*snapshot, bytes.size());
    if (HasFatalFailure()) return;
  }
}

TEST_F(CodecCorruption, ChangedBytesOfASnapshotNeverCrash) {
  Tally tally;
  for (uint64_t seed = 0; seed < kCases; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    RandomValues random(seed);
    const std::string bytes =
        MutateBytes(random, EncodeSnapshot(random.MakeSnapshot()));
    const auto snapshot = DecodeSnapshot(bytes);
    tally.Add(snapshot.ok());
    if (snapshot.ok()) ExpectFits(*snapshot, bytes.size());
    if (HasFatalFailure()) return;
  }
}

TEST_F(CodecCorruption, RandomBytesNeverCrash) {
  for (uint64_t seed = 0; seed < kCases; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    RandomValues random(seed);
    const std::string bytes = random.Bytes(random.Integer(0, 300));
    const auto snapshot = DecodeSnapshot(bytes);
    if (snapshot.ok()) ExpectFits(*snapshot, bytes.size());
    v1::StepBlock block;
    const Schema schema = random.MakeSchema();
    if (block.ParseFromString(bytes)) {
      DecodeStepBlock(schema, block).IgnoreError();
    }
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace softfleet
