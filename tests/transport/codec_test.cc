// SPDX-License-Identifier: Apache-2.0
#include "transport/codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "experience/run_phase.h"
#include "tests/transport/random_values.h"

namespace softfleet {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr int kCases = 500;

// What a peer would receive.
template <typename Message>
Message OverTheWire(const Message& message) {
  Message received;
  EXPECT_TRUE(received.ParseFromString(message.SerializeAsString()));
  return received;
}

absl::StatusOr<Schema> RoundTrip(const Schema& schema) {
  v1::Schema message;
  EncodeSchema(schema, &message);
  return DecodeSchema(OverTheWire(message));
}

absl::StatusOr<StepBlock> RoundTrip(const Schema& schema,
                                    const StepBlock& block) {
  v1::StepBlock message;
  EncodeStepBlock(block, &message);
  return DecodeStepBlock(schema, OverTheWire(message));
}

TEST(Codec, SchemasRoundTrip) {
  for (uint64_t seed = 0; seed < kCases; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    const Schema schema = RandomValues(seed).MakeSchema();
    const auto decoded = RoundTrip(schema);
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    ASSERT_EQ(*decoded, schema);
  }
}

TEST(Codec, BlocksRoundTripBitForBit) {
  for (uint64_t seed = 0; seed < kCases; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    RandomValues random(seed);
    const Schema schema = random.MakeSchema();
    const StepBlock block = random.MakeBlock(schema);
    const auto decoded = RoundTrip(schema, block);
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    ASSERT_TRUE(SameBits(*decoded, block));
  }
}

TEST(Codec, SnapshotsRoundTripBitForBit) {
  for (uint64_t seed = 0; seed < kCases; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    const Snapshot snapshot = RandomValues(seed).MakeSnapshot();
    const auto decoded = DecodeSnapshot(EncodeSnapshot(snapshot));
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    ASSERT_TRUE(SameBits(*decoded, snapshot));
  }
}

TEST(Codec, AMessageIsReplacedAndNotAddedTo) {
  RandomValues random(1);
  const Schema first = random.MakeSchema();
  const Schema second = random.MakeSchema();
  v1::Schema schema;
  v1::StepBlock block;
  EncodeSchema(first, &schema);
  EncodeStepBlock(random.MakeBlock(first), &block);
  const StepBlock expected = random.MakeBlock(second);
  EncodeSchema(second, &schema);
  EncodeStepBlock(expected, &block);
  EXPECT_EQ(*DecodeSchema(schema), second);
  EXPECT_TRUE(SameBits(*DecodeStepBlock(second, block), expected));
}

// One float group of two, a continuous action of one, a stack of two.
Schema SmallSchema() {
  Schema schema;
  schema.observations = {{"state", DType::kF32, {2}}};
  schema.action = {ActionSpec::Kind::kContinuous, 1, 0};
  schema.frame_stack = 2;
  return schema;
}

v1::Schema SmallSchemaMessage() {
  v1::Schema message;
  EncodeSchema(SmallSchema(), &message);
  return message;
}

// Three rows that fit SmallSchema.
v1::StepBlock SmallBlockMessage() {
  v1::StepBlock message;
  message.set_rows(3);
  message.set_context(1);
  message.add_observations(std::string(5 * 2 * 4, '\1'));
  message.set_actions(std::string(3 * 4, '\2'));
  message.set_rewards(std::string(3 * 4, '\3'));
  return message;
}

TEST(Codec, ColumnsAreLittleEndian) {
  v1::StepBlock message = SmallBlockMessage();
  message.set_rewards(
      std::string("\x00\x00\x80\x3f\x00\x00\x00\x40\x00\x00"
                  "\x00\xc0",
                  12));
  const auto block = DecodeStepBlock(SmallSchema(), message);
  ASSERT_TRUE(block.ok()) << block.status();
  EXPECT_EQ(block->rewards, (std::vector<float>{1, 2, -2}));
}

// A newer program may say more about a row.
TEST(Codec, BitsOfRowFlagsThatAreNotKnownAreIgnored) {
  v1::StepBlock message = SmallBlockMessage();
  message.set_row_flags(std::string("\xfd\x02\xfc", 3));
  const auto block = DecodeStepBlock(SmallSchema(), message);
  ASSERT_TRUE(block.ok()) << block.status();
  EXPECT_EQ(block->row_flags,
            (std::vector<uint8_t>{kRowTakenOver, kRowSafeAction, 0}));
}

// The error of a schema message after a change.
template <typename Change>
std::string SchemaError(Change change) {
  v1::Schema message = SmallSchemaMessage();
  change(message);
  const auto decoded = DecodeSchema(message);
  EXPECT_EQ(decoded.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(decoded.status().message());
}

TEST(Codec, ASchemaThatNoTableCouldHoldIsRefused) {
  using M = v1::Schema;
  const auto shape = [](int64_t a, int64_t b) {
    return [a, b](M& m) {
      m.mutable_observations(0)->clear_shape();
      m.mutable_observations(0)->add_shape(a);
      m.mutable_observations(0)->add_shape(b);
    };
  };
  constexpr int64_t kHuge = std::numeric_limits<int64_t>::max();
  // 2^32 x 2^32 wraps to 0, (2^62 + 1) x 4 to 4.
  EXPECT_THAT(SchemaError(shape(int64_t{1} << 32, int64_t{1} << 32)),
              HasSubstr("elements"));
  EXPECT_THAT(SchemaError(shape((int64_t{1} << 62) + 1, 4)),
              HasSubstr("elements"));
  EXPECT_THAT(SchemaError(shape(kHuge, 1)), HasSubstr("elements"));
  EXPECT_THAT(SchemaError(shape(-1, 4)), HasSubstr("below 1: -1"));
  EXPECT_THAT(SchemaError(shape(0, 4)), HasSubstr("below 1: 0"));
  EXPECT_THAT(SchemaError([](M& m) { m.set_action_dimension(-1); }),
              HasSubstr("dimension -1"));
  EXPECT_THAT(SchemaError([](M& m) { m.set_action_dimension(kHuge); }),
              HasSubstr("action"));
  EXPECT_THAT(SchemaError([](M& m) { m.set_num_actions(3); }),
              HasSubstr("num_actions 3"));
  EXPECT_THAT(SchemaError([](M& m) { m.clear_action_dimension(); }),
              HasSubstr("dimension 0"));
  EXPECT_THAT(SchemaError([](M& m) { m.set_frame_stack(-1); }),
              HasSubstr("frame_stack -1"));
  EXPECT_THAT(SchemaError([](M& m) { m.set_frame_stack(1 << 30); }),
              HasSubstr("frame_stack"));
  EXPECT_THAT(SchemaError([](M& m) { m.clear_observations(); }),
              HasSubstr("no observation group"));
}

TEST(Codec, NamesAndListsFromOutsideAreBounded) {
  using M = v1::Schema;
  const auto group = [](M& m) { return m.mutable_observations(0); };
  EXPECT_THAT(SchemaError([&](M& m) { group(m)->set_dtype("F16"); }),
              AllOf(HasSubstr("\"state\""), HasSubstr("\"F16\"")));
  EXPECT_THAT(SchemaError([&](M& m) { group(m)->set_dtype("I32"); }),
              HasSubstr("neither F32 nor U8"));
  const std::string long_name(1 << 20, 'x');
  EXPECT_LT(SchemaError([&](M& m) { group(m)->set_name(long_name); }).size(),
            200u);
  EXPECT_LT(SchemaError([&](M& m) { group(m)->set_dtype(long_name); }).size(),
            200u);
  EXPECT_THAT(SchemaError([&](M& m) {
                for (int i = 0; i < 100'000; ++i) group(m)->add_shape(1);
              }),
              HasSubstr("100001 dimensions"));
  EXPECT_THAT(SchemaError([&](M& m) {
                for (int i = 0; i < 100'000; ++i) *m.add_observations() = {};
              }),
              HasSubstr("100001 observation groups"));
}

// The error of a block message after a change.
template <typename Change>
std::string BlockError(Change change) {
  v1::StepBlock message = SmallBlockMessage();
  change(message);
  const auto decoded = DecodeStepBlock(SmallSchema(), message);
  EXPECT_EQ(decoded.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(decoded.status().message());
}

TEST(Codec, AColumnThatDoesNotFitIsNamedWithBothSizes) {
  using M = v1::StepBlock;
  ASSERT_TRUE(DecodeStepBlock(SmallSchema(), SmallBlockMessage()).ok());
  EXPECT_EQ(BlockError([](M& m) { m.mutable_rewards()->pop_back(); }),
            "rewards has 11 bytes, expected 12 (3 of 4)");
  EXPECT_EQ(BlockError([](M& m) { m.set_row_flags("ab"); }),
            "row_flags has 2 bytes, expected 3 (3 of 1)");
  EXPECT_EQ(BlockError([](M& m) { m.clear_actions(); }),
            "actions has 0 bytes, expected 12 (3 of 4)");
  EXPECT_EQ(BlockError([](M& m) { m.mutable_observations(0)->push_back(1); }),
            "observations.state has 41 bytes, expected 40 (5 of 8)");
  EXPECT_EQ(BlockError([](M& m) { m.add_observations(); }),
            "observations has 2 groups, the schema has 1");
  EXPECT_EQ(BlockError([](M& m) { m.clear_observations(); }),
            "observations has 0 groups, the schema has 1");
  EXPECT_THAT(BlockError([](M& m) { m.set_context(2); }),
              HasSubstr("observations.state"));
}

TEST(Codec, ABlockThatClaimsBillionsOfRowsTakesNoMemory) {
  using M = v1::StepBlock;
  const uint32_t most = std::numeric_limits<uint32_t>::max();
  EXPECT_THAT(BlockError([&](M& m) { m.set_rows(most); }),
              HasSubstr("4294967297 of 8"));
  EXPECT_THAT(BlockError([&](M& m) { m.set_context(most); }),
              HasSubstr("4294967299 of 8"));
  EXPECT_THAT(BlockError([&](M& m) {
                m.set_rows(most);
                m.set_context(most);
              }),
              HasSubstr("8589934591 of 8"));
  // The largest sizes that a schema allows: 2^33 x 2^30 bytes do not wrap.
  Schema schema = SmallSchema();
  schema.observations[0].shape = {Schema::kMaxElements};
  schema.action.dimension = Schema::kMaxElements;
  ASSERT_TRUE(schema.Validate().ok());
  M message = SmallBlockMessage();
  message.set_rows(most);
  message.set_context(most);
  EXPECT_THAT(std::string(DecodeStepBlock(schema, message).status().message()),
              HasSubstr("9223372035781033984"));
}

TEST(Codec, AnEpisodesEndThatThereIsNotIsRefused) {
  EXPECT_EQ(BlockError([](v1::StepBlock& m) {
              m.set_end(static_cast<v1::EpisodeEnd>(3));
            }),
            "end is 3, not in 0 to 2");
}

// A snapshot message with one tensor [2, 3] of F32.
v1::Snapshot SmallSnapshotMessage() {
  v1::Snapshot message;
  *message.mutable_schema() = SmallSchemaMessage();
  v1::NamedTensor* tensor = message.add_tensors();
  tensor->set_name("actor/out.weight");
  tensor->set_dtype("F32");
  tensor->add_shape(2);
  tensor->add_shape(3);
  tensor->set_data(std::string(24, '\1'));
  return message;
}

template <typename Change>
std::string SnapshotError(Change change) {
  v1::Snapshot message = SmallSnapshotMessage();
  change(message);
  const auto decoded = DecodeSnapshot(message.SerializeAsString());
  EXPECT_EQ(decoded.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(decoded.status().message());
}

TEST(Codec, ATensorThatDoesNotFitIsNamed) {
  using M = v1::Snapshot;
  ASSERT_TRUE(DecodeSnapshot(SmallSnapshotMessage().SerializeAsString()).ok());
  const auto tensor = [](M& m) { return m.mutable_tensors(0); };
  EXPECT_THAT(SnapshotError([&](M& m) { tensor(m)->set_shape(0, 3); }),
              AllOf(HasSubstr("actor/out.weight"), HasSubstr("24 bytes"),
                    HasSubstr("F32[3, 3]"), HasSubstr("36")));
  EXPECT_THAT(SnapshotError([&](M& m) { tensor(m)->set_shape(0, -2); }),
              HasSubstr("negative"));
  EXPECT_THAT(
      SnapshotError([&](M& m) { tensor(m)->set_shape(0, int64_t{1} << 62); }),
      HasSubstr("elements"));
  EXPECT_THAT(SnapshotError([&](M& m) {
                tensor(m)->set_shape(0, int64_t{1} << 31);
                tensor(m)->set_shape(1, int64_t{1} << 31);
              }),
              HasSubstr("elements"));
  EXPECT_THAT(SnapshotError([&](M& m) { tensor(m)->set_dtype("BF16"); }),
              AllOf(HasSubstr("actor/out.weight"), HasSubstr("BF16")));
  EXPECT_THAT(SnapshotError([&](M& m) { *m.add_tensors() = *tensor(m); }),
              HasSubstr("appears twice"));
}

TEST(Codec, ASnapshotsListsMustFitEachOther) {
  using M = v1::Snapshot;
  EXPECT_EQ(SnapshotError([](M& m) { m.add_bounds_low(1); }),
            "bounds_low has 1 numbers, bounds_high has 0");
  EXPECT_EQ(
      SnapshotError([](M& m) { m.mutable_normaliser()->add_variance(1); }),
      "normaliser mean has 0 numbers, normaliser variance has 1");
  EXPECT_THAT(SnapshotError([](M& m) { m.clear_schema(); }),
              HasSubstr("no observation group"));
}

TEST(Codec, BytesThatAreNoSnapshotAreDataLoss) {
  for (const std::string bytes : {"garbage", "\xff\xff\xff\xff", "\x0a\x7f"}) {
    EXPECT_EQ(DecodeSnapshot(bytes).status().code(),
              absl::StatusCode::kDataLoss);
  }
}

TEST(Codec, PhasesTravelAndHaveNames) {
  const RunState states[] = {RunState::kWaiting, RunState::kWarming,
                             RunState::kRunning, RunState::kFinished,
                             RunState::kFailed};
  const char* const names[] = {"waiting", "warming", "running", "finished",
                               "failed"};
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(DecodePhase(EncodePhase(states[i])), states[i]);
    EXPECT_EQ(PhaseName(states[i]), names[i]);
    EXPECT_EQ(static_cast<int>(EncodePhase(states[i])), i);
  }
  EXPECT_EQ(DecodePhase(static_cast<v1::RunPhase>(77)), RunState::kRunning);
}

TEST(Codec, PositionsTravel) {
  const Position position = {~uint64_t{0}, 7};
  v1::Position message;
  EncodePosition(position, &message);
  EXPECT_EQ(DecodePosition(OverTheWire(message)), position);
}

}  // namespace
}  // namespace softfleet
