// SPDX-License-Identifier: Apache-2.0
#include "policy/frame_stack.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <vector>

namespace softfleet {
namespace {

using ::testing::ElementsAre;

// One observation of {"state": F32[2], "pixels": U8[1]}.
class Observation {
 public:
  Observation(float a, float b, uint8_t pixel) : state_{a, b}, pixel_{pixel} {
    groups_ = {std::as_bytes(std::span(state_)),
               std::as_bytes(std::span(pixel_))};
  }
  ObservationGroups groups() const { return groups_; }

 private:
  std::array<float, 2> state_;
  std::array<uint8_t, 1> pixel_;
  std::array<std::span<const std::byte>, 2> groups_;
};

Schema StackOf(int frames) {
  Schema schema;
  schema.observations = {{"state", DType::kF32, {2}},
                         {"pixels", DType::kU8, {1}}};
  schema.action = {ActionSpec::Kind::kContinuous, 1, 0};
  schema.frame_stack = frames;
  return schema;
}

TEST(FrameStack, AnEpisodeBeginsWithItsFirstObservationInEveryFrame) {
  FrameStack stack(StackOf(2));
  stack.Begin(Observation(1, 2, 255).groups());
  EXPECT_THAT(stack.values(), ElementsAre(1, 2, 1, 1, 2, 1));
}

TEST(FrameStack, FramesAreOldestFirstAndTheOldestGoes) {
  FrameStack stack(StackOf(3));
  stack.Begin(Observation(1, 1, 0).groups());
  stack.Push(Observation(2, 2, 51).groups());
  stack.Push(Observation(3, 3, 102).groups());
  stack.Push(Observation(4, 4, 255).groups());
  EXPECT_THAT(stack.values(),
              ElementsAre(2, 2, 51 / 255.0f, 3, 3, 102 / 255.0f, 4, 4, 1));
}

TEST(FrameStack, WithoutAStackItHoldsTheNewestObservation) {
  FrameStack stack(StackOf(1));
  stack.Begin(Observation(1, 2, 0).groups());
  stack.Push(Observation(3, 4, 255).groups());
  EXPECT_THAT(stack.values(), ElementsAre(3, 4, 1));
}

}  // namespace
}  // namespace softfleet
