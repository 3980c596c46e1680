// SPDX-License-Identifier: Apache-2.0
// Once every buffer has its size, nothing is allocated from an environment's
// step to the sink.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <tuple>

#include "tests/actor/actor_fixture.h"
#include "tests/testing/allocations.h"

namespace softfleet {
namespace {

using testing::Allocations;

class CountingSink : public StepSink {
 public:
  absl::Status Append(const StepBlock& block) override {
    rows += block.rows;
    return absl::OkStatus();
  }
  int64_t rows = 0;
};

class AllocationTest
    : public ::testing::TestWithParam<std::tuple<std::string, int, bool>> {};

TEST_P(AllocationTest, TheLoopAllocatesNothing) {
  const auto& [environment, threads, lock_step] = GetParam();
  ActorOptions options = Options(environment, 4);
  options.environment.max_episode_steps = 50;
  options.block_rows = 8;
  options.step_threads = threads;
  options.lock_step = lock_step;
  // Cut by time too, after every few rounds.
  options.block_time = absl::Microseconds(1);
  CountingSink sink;
  FakePolicies policies;
  policies.newest = RandomPolicy(environment, 3);
  const auto loop = ActorLoop::Create(options, sink, policies);
  ASSERT_TRUE(loop.ok()) << loop.status();
  const auto run = [&](uint64_t steps) {
    const uint64_t end = (*loop)->counts().steps + steps;
    for (int round = 0; (*loop)->counts().steps < end; ++round) {
      ASSERT_TRUE((*loop)->RunOnce().ok());
      if (round % 5 == 0) {
        ASSERT_TRUE((*loop)->CutBlocks().ok());
      }
    }
  };
  // Buffers grow when more happens at once than ever before, which on threads
  // is a matter of chance: but not for ever.
  int64_t allocations = -1, rows = 0;
  for (int window = 0; window < 20 && allocations != 0; ++window) {
    const int64_t before = Allocations();
    rows = sink.rows;
    run(4000);
    allocations = Allocations() - before;
  }
  EXPECT_EQ(allocations, 0);
  EXPECT_GT(sink.rows - rows, 3500);
}

std::string CaseName(
    const ::testing::TestParamInfo<std::tuple<std::string, int, bool>>& info) {
  const auto& [environment, threads, lock_step] = info.param;
  return environment.substr(0, environment.find('-')) + "On" +
         std::to_string(threads) + "Threads" + (lock_step ? "InLockStep" : "");
}

INSTANTIATE_TEST_SUITE_P(
    Environments, AllocationTest,
    ::testing::Values(std::tuple("Pendulum-v1", 0, true),
                      std::tuple("CartPole-v1", 0, true),
                      std::tuple("HalfCheetah-v5", 0, false),
                      std::tuple("Pendulum-v1", 2, true),
                      std::tuple("CartPole-v1", 2, false),
                      std::tuple("HalfCheetah-v5", 2, false)),
    CaseName);

}  // namespace
}  // namespace softfleet
