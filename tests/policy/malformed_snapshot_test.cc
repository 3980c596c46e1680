// SPDX-License-Identifier: Apache-2.0
// Every way in which a snapshot can be wrong is an error that names what is.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "policy/policy.h"
#include "tests/policy/snapshots.h"

namespace softfleet {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using Damage = std::function<void(Snapshot*)>;

// The error for a good snapshot of 3 observations and 2 action dimensions
// after `damage`; empty if there is none.
std::string ErrorAfter(const Damage& damage) {
  auto snapshot = std::make_shared<Snapshot>(
      testing::SmallSnapshot(testing::ContinuousSchema(3, 2)));
  snapshot->normaliser = NormaliserState{1, {0, 0, 0}, {1, 1, 1}};
  damage(snapshot.get());
  const absl::Status status = Policy::Create(snapshot).status();
  if (!status.ok()) {
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  }
  return std::string(status.message());
}

// Replaces a tensor by zeros of another shape.
Damage Reshaped(const std::string& name, const Shape& shape) {
  return [=](Snapshot* snapshot) {
    snapshot->tensors[name] =
        Tensor::From(std::vector<float>(NumElements(shape), 0), shape);
  };
}

TEST(MalformedSnapshotTest, TheUndamagedOneIsAccepted) {
  EXPECT_EQ(ErrorAfter([](Snapshot*) {}), "");
  EXPECT_FALSE(Policy::Create(nullptr).ok());
}

TEST(MalformedSnapshotTest, AMissingTensorIsNamedWithItsLayer) {
  for (const std::string name : {"actor/l0.weight", "actor/l0.bias",
                                 "actor/out.weight", "actor/out.bias"}) {
    EXPECT_THAT(ErrorAfter([&](Snapshot* s) { s->tensors.erase(name); }),
                AllOf(HasSubstr("layer "),
                      HasSubstr("tensor " + name + " is missing")));
  }
}

TEST(MalformedSnapshotTest, AWrongShapeIsNamedWithBothShapes) {
  EXPECT_EQ(ErrorAfter(Reshaped("actor/l0.weight", {8, 4})),
            "layer 0 (linear actor/l0): tensor actor/l0.weight is [8, 4], "
            "needs [outputs, 3]");
  EXPECT_EQ(ErrorAfter(Reshaped("actor/l0.bias", {7})),
            "layer 0 (linear actor/l0): tensor actor/l0.bias is [7] with 7 "
            "numbers, needs [8]");
  // A first layer that fits by itself leaves the next one wrong.
  EXPECT_THAT(ErrorAfter([](Snapshot* s) {
                Reshaped("actor/l0.weight", {9, 3})(s);
                Reshaped("actor/l0.bias", {9})(s);
              }),
              HasSubstr("actor/out.weight is [4, 8], needs [outputs, 9]"));
  EXPECT_THAT(ErrorAfter(Reshaped("actor/l0.weight", {24})),
              HasSubstr("actor/l0.weight is [24]"));
  EXPECT_THAT(ErrorAfter(Reshaped("actor/l0.weight", {0, 3})),
              HasSubstr("actor/l0.weight is [0, 3]"));
}

TEST(MalformedSnapshotTest, AShapeThatItsBytesDoNotFillIsRefused) {
  for (const int64_t rows : {int64_t{9}, int64_t{7}, int64_t{1} << 62}) {
    EXPECT_THAT(ErrorAfter([&](Snapshot* s) {
                  s->tensors["actor/l0.weight"].shape = {rows, 3};
                }),
                HasSubstr("with 24 numbers"))
        << rows;
  }
  EXPECT_THAT(ErrorAfter([](Snapshot* s) {
                s->tensors["actor/l0.bias"].bytes.resize(28);
              }),
              HasSubstr("actor/l0.bias is [8] with 7 numbers"));
}

TEST(MalformedSnapshotTest, AnotherDtypeIsRefused) {
  EXPECT_THAT(ErrorAfter([](Snapshot* s) {
                s->tensors["actor/l0.bias"] =
                    Tensor::From(std::vector<double>(8, 0), {8});
              }),
              HasSubstr("tensor actor/l0.bias is F64, needs F32"));
}

TEST(MalformedSnapshotTest, ANumberThatIsNotFiniteIsRefused) {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(),
                          std::numeric_limits<float>::infinity()}) {
    EXPECT_THAT(ErrorAfter([&](Snapshot* s) {
                  s->tensors["actor/out.weight"].mutable_values<float>()[5] =
                      bad;
                }),
                HasSubstr("tensor actor/out.weight has a number that is not "
                          "finite"));
  }
}

TEST(MalformedSnapshotTest, AnUnknownLayerIsNamed) {
  EXPECT_EQ(ErrorAfter([](Snapshot* s) { s->layers[1].kind = "gelu"; }),
            "layer 1 (gelu): unknown layer (linear, relu and layer_norm are "
            "known)");
}

TEST(MalformedSnapshotTest, TheLastLayerMustBeLinearAndFitTheHead) {
  EXPECT_EQ(ErrorAfter([](Snapshot* s) { s->layers.pop_back(); }),
            "the last of 2 layers is relu, needs linear");
  EXPECT_EQ(ErrorAfter([](Snapshot* s) { s->layers.clear(); }),
            "the last of 0 layers is missing, needs linear");
  EXPECT_EQ(ErrorAfter([](Snapshot* s) {
              Reshaped("actor/out.weight", {5, 8})(s);
              Reshaped("actor/out.bias", {5})(s);
            }),
            "layer 2 (linear actor/out) has 5 outputs, head "
            "squashed_gaussian needs 4");
}

TEST(MalformedSnapshotTest, AnUnknownHeadOrModeIsNamed) {
  EXPECT_THAT(ErrorAfter([](Snapshot* s) { s->head.kind = "mixture"; }),
              HasSubstr("unknown head mixture"));
  EXPECT_EQ(ErrorAfter([](Snapshot* s) { s->head.log_std_mode = "soft"; }),
            "log_std_mode \"soft\" is neither clamp nor bounded");
}

TEST(MalformedSnapshotTest, TheHeadMustFitTheActions) {
  EXPECT_THAT(ErrorAfter([](Snapshot* s) { s->head.kind = "categorical"; }),
              HasSubstr("head categorical needs discrete actions"));
  EXPECT_THAT(ErrorAfter([](Snapshot* s) {
                s->schema.action = {ActionSpec::Kind::kDiscrete, 0, 4};
              }),
              HasSubstr("head squashed_gaussian needs continuous actions"));
}

TEST(MalformedSnapshotTest, LogStdLimitsMustBeAnInterval) {
  EXPECT_EQ(ErrorAfter([](Snapshot* s) { s->head.log_std_min = 3; }),
            "log_std_min 3 and log_std_max 2 are not an interval");
  for (const double bad : {std::nan(""), HUGE_VAL}) {
    EXPECT_NE(ErrorAfter([&](Snapshot* s) { s->head.log_std_max = bad; }), "");
  }
}

TEST(MalformedSnapshotTest, SchemaAndNormaliserAreChecked) {
  EXPECT_NE(ErrorAfter([](Snapshot* s) { s->schema.observations.clear(); }),
            "");
  EXPECT_EQ(ErrorAfter([](Snapshot* s) { s->normaliser->mean.pop_back(); }),
            "normaliser mean has 2 numbers, the schema 3 elements");
  EXPECT_EQ(ErrorAfter([](Snapshot* s) { s->normaliser->variance[2] = -1; }),
            "normaliser variance[2] is -1");
}

TEST(MalformedSnapshotTest, LayerNormIsCheckedLikeTheRest) {
  const Damage add_norm = [](Snapshot* s) {
    s->layers.insert(s->layers.begin() + 1, {"layer_norm", "actor/ln0"});
  };
  EXPECT_THAT(ErrorAfter(add_norm),
              HasSubstr("layer 1 (layer_norm actor/ln0): tensor "
                        "actor/ln0.weight is missing"));
  EXPECT_THAT(ErrorAfter([&](Snapshot* s) {
                add_norm(s);
                Reshaped("actor/ln0.weight", {8})(s);
                Reshaped("actor/ln0.bias", {4, 2})(s);
              }),
              HasSubstr("actor/ln0.bias is [4, 2] with 8 numbers, needs [8]"));
}

}  // namespace
}  // namespace softfleet
