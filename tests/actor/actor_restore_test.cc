// SPDX-License-Identifier: Apache-2.0
// An actor's part of a checkpoint.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/actor/actor_fixture.h"

namespace softfleet {
namespace {

using testing::HasSubstr;

ActorOptions SingleRows(const char* environment) {
  ActorOptions options = Options(environment, 2);
  options.block_rows = 1;
  return options;
}

class ActorRestoreTest : public testing::TestWithParam<const char*> {};

TEST_P(ActorRestoreTest, ARestoredActorGoesOnBitForBit) {
  // Right after a reset, in mid-episode, at and around an episode's end.
  for (const int steps : {0, 1, 17, 44, 45, 46, 100}) {
    for (const bool uniform : {true, false}) {
      const auto policy = RandomPolicy(GetParam(), 4, uniform);
      RecordedActor undisturbed(SingleRows(GetParam()));
      undisturbed.policies.newest = policy;
      undisturbed.Run(steps);
      RecordedActor resumed(SingleRows(GetParam()));
      resumed.policies.newest = policy;
      const TensorMap saved = undisturbed.loop->Save();
      const absl::Status status = resumed.loop->Restore(saved);
      ASSERT_TRUE(status.ok()) << status;
      EXPECT_TRUE(resumed.loop->Save() == saved);
      undisturbed.sink.blocks.clear();
      undisturbed.Run(120);
      resumed.Run(120);
      ASSERT_TRUE(resumed.sink.blocks == undisturbed.sink.blocks)
          << "after " << steps << " steps";
      EXPECT_TRUE(resumed.loop->Save() == undisturbed.loop->Save());
    }
  }
}

TEST_P(ActorRestoreTest, WhatDoesNotFitIsRefusedByName) {
  RecordedActor actor(SingleRows(GetParam()));
  actor.Run(10);
  const TensorMap saved = actor.loop->Save();
  const auto expect_refused = [](const TensorMap& wrong,
                                 const std::string& name) {
    RecordedActor other(SingleRows(GetParam()));
    const absl::Status status = other.loop->Restore(wrong);
    EXPECT_FALSE(status.ok()) << name;
    EXPECT_THAT(status.message(), HasSubstr(name));
  };
  for (const auto& [name, tensor] : saved) {
    TensorMap missing = saved;
    missing.erase(name);
    expect_refused(missing, name);
    TensorMap longer = saved;
    longer[name].bytes.resize(tensor.bytes.size() + DTypeSize(tensor.dtype));
    // The environment's own refusals name it instead of the tensor.
    expect_refused(longer, "environment");
    TensorMap other_type = saved;
    other_type[name].dtype = DType::kI32;
    expect_refused(other_type, name);
  }
  TensorMap surplus = saved;
  surplus["environment2/counters"] = saved.at("environment1/counters");
  expect_refused(surplus, "environment2/counters");
}

INSTANTIATE_TEST_SUITE_P(Environments, ActorRestoreTest,
                         testing::Values("Pendulum-v1", "CartPole-v1"),
                         [](const auto& info) {
                           return std::string(info.param).substr(0, 4);
                         });

}  // namespace
}  // namespace softfleet
