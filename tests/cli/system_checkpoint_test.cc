// SPDX-License-Identifier: Apache-2.0
#include "cli/system_checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <vector>

#include "tests/cli/run_fixture.h"

namespace softfleet {
namespace {

// A row of Pendulum-v1 with this reward.
StepBlock Row(uint64_t step, float reward) {
  StepBlock block;
  block.environment = 7;
  block.first_step = step;
  block.rows = 1;
  block.observations = {std::vector<std::byte>(2 * 3 * sizeof(float))};
  block.actions = {0};
  block.rewards = {reward};
  return block;
}

absl::Status SaveAfterRewards(float reward) {
  auto system =
      EmbeddedSystem::Build(RealFileSystem(), ShortRun("Pendulum-v1")).value();
  EXPECT_TRUE(system->Publish(RunState::kWarming).ok());
  while (system->learner().updates() < 1) {
    EXPECT_TRUE(system->RunOnce().ok());
  }
  for (uint64_t step = 0; step < 32; ++step) {
    EXPECT_EQ(system->table().Append(Row(step, reward)), absl::OkStatus());
  }
  // Divergence may be noticed here already; that is another check's matter.
  for (int round = 0; round < 4; ++round) system->RunOnce().IgnoreError();
  return CaptureSystem(*system).status();
}

TEST(SystemCheckpointTest, OptimisersThatOverflowedAreNotSaved) {
  EXPECT_EQ(SaveAfterRewards(1), absl::OkStatus());
  // Squares of the gradients are beyond float32.
  const absl::Status status = SaveAfterRewards(1e22F);
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(
      std::string(status.message()),
      testing::ContainsRegex("^adam_v/.* holds a number that is not finite"));
}

}  // namespace
}  // namespace softfleet
