// SPDX-License-Identifier: Apache-2.0
#include "experience/schema.h"

#include <functional>

#include "core/philox.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace softfleet {
namespace {

using ::testing::HasSubstr;

Schema TwoGroups() {
  return {{{"state", DType::kF32, {3}}, {"pixels", DType::kU8, {4, 5}}},
          {ActionSpec::Kind::kContinuous, 2, 0},
          3};
}

TEST(Schema, DescribesEveryPart) {
  EXPECT_EQ(TwoGroups().Describe(),
            "state:F32[3] pixels:U8[4,5] action:continuous[2] stack:3");
  const Schema discrete = {
      {{"state", DType::kF32, {}}}, {ActionSpec::Kind::kDiscrete, 0, 4}, 1};
  EXPECT_EQ(discrete.Describe(), "state:F32[] action:discrete[4] stack:1");
}

TEST(Schema, CountsTheElementsOfAllGroups) {
  EXPECT_EQ(TwoGroups().ObservationElements(), 3 + 4 * 5);
  EXPECT_EQ(TwoGroups().observations[1].elements(), 20);
  EXPECT_EQ(TwoGroups().observations[0].bytes(), 12u);
}

Schema RandomSchema(Philox& random) {
  Schema schema;
  const char* const names[] = {"a", "b", "a.b"};
  for (uint64_t g = 0; g <= random.NextBelow(2); ++g) {
    ObservationGroup group{names[random.NextBelow(3)], DType::kF32, {}};
    if (random.NextBelow(2) == 0) group.dtype = DType::kU8;
    group.shape.resize(random.NextBelow(3));
    for (int64_t& size : group.shape) size = 1 + random.NextBelow(2);
    schema.observations.push_back(group);
  }
  const auto size = static_cast<int64_t>(1 + random.NextBelow(2));
  schema.action = {ActionSpec::Kind::kContinuous, size, 0};
  if (random.NextBelow(2) == 0) {
    schema.action = {ActionSpec::Kind::kDiscrete, 0, size};
  }
  schema.frame_stack = static_cast<int>(1 + random.NextBelow(2));
  return schema;
}

TEST(Schema, DescriptionsAreEqualExactlyWhereValidSchemasAre) {
  Philox random(2, Purpose::kTest);
  int equal = 0;
  for (int i = 0; i < 100000; ++i) {
    const Schema a = RandomSchema(random);
    const Schema b = RandomSchema(random);
    if (!a.Validate().ok() || !b.Validate().ok()) continue;
    ASSERT_EQ(a == b, a.Describe() == b.Describe()) << a.Describe();
    equal += a == b;
  }
  EXPECT_GT(equal, 100);  // or the test has tested nothing
}

struct BadSchema {
  const char* words;  // in the message
  std::function<void(Schema&)> spoil;
};

TEST(Schema, AnInvalidPartIsNamed) {
  ASSERT_TRUE(TwoGroups().Validate().ok());
  const BadSchema cases[] = {
      {"no observation group", [](Schema& s) { s.observations.clear(); }},
      {"\"\"", [](Schema& s) { s.observations[0].name = ""; }},
      {"\"a b\"", [](Schema& s) { s.observations[0].name = "a b"; }},
      {"\"state\" appears twice",
       [](Schema& s) { s.observations[1].name = "state"; }},
      {"\"pixels\": dtype I32",
       [](Schema& s) { s.observations[1].dtype = DType::kI32; }},
      {"\"pixels\": shape [4, 0]",
       [](Schema& s) { s.observations[1].shape[1] = 0; }},
      {"\"pixels\": shape [4611686018427387904, 5]",
       [](Schema& s) { s.observations[1].shape[0] = int64_t{1} << 62; }},
      {"dimension 0", [](Schema& s) { s.action.dimension = 0; }},
      {"num_actions 7", [](Schema& s) { s.action.num_actions = 7; }},
      {"discrete",
       [](Schema& s) { s.action.kind = ActionSpec::Kind::kDiscrete; }},
      {"frame_stack 0", [](Schema& s) { s.frame_stack = 0; }},
      {"frame_stack 1025", [](Schema& s) { s.frame_stack = 1025; }},
  };
  for (const BadSchema& bad : cases) {
    Schema schema = TwoGroups();
    bad.spoil(schema);
    const absl::Status status = schema.Validate();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << bad.words;
    EXPECT_THAT(std::string(status.message()), HasSubstr(bad.words));
  }
}

}  // namespace
}  // namespace softfleet
