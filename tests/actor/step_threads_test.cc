// SPDX-License-Identifier: Apache-2.0
// Threads change when things happen, and nothing of what happens.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <string>
#include <vector>

#include "core/philox.h"
#include "tests/actor/actor_fixture.h"

namespace softfleet {
namespace {

// A run of this many steps of each environment.
constexpr uint64_t kSteps = 150;

std::unique_ptr<RecordedActor> RunActor(const ActorOptions& options,
                                        bool uniform) {
  auto actor = std::make_unique<RecordedActor>(options);
  actor->policies.newest =
      RandomPolicy(options.environment.name, 4, uniform, options.frame_stack);
  const auto environments = static_cast<uint64_t>(options.num_environments);
  while (actor->loop->counts().steps < kSteps * environments) {
    actor->Run(1);
    if (testing::Test::HasFatalFailure()) break;
  }
  return actor;
}

TEST(StepThreads, InLockStepEveryBlockIsTheSameInTheSameOrder) {
  for (const std::string environment :
       {"Pendulum-v1", "CartPole-v1", "HalfCheetah-v5"}) {
    SCOPED_TRACE(environment);
    for (const bool uniform : {true, false}) {
      ActorOptions options = Options(environment, 7);
      options.block_rows = 3;
      const auto alone = RunActor(options, uniform);
      for (const int threads : {1, 2, 5, 9}) {
        options.step_threads = threads;
        const auto actor = RunActor(options, uniform);
        EXPECT_TRUE(actor->sink.blocks == alone->sink.blocks)
            << threads << " threads";
      }
    }
  }
}

// Ahead of each other by different numbers of steps, but every environment does
// what it would do alone.
TEST(StepThreads, OverlappedEveryEnvironmentDoesTheSame) {
  Philox random(17, Purpose::kTest);
  for (int trial = 0; trial < 30; ++trial) {
    const std::string environment =
        std::vector<std::string>{"Pendulum-v1", "CartPole-v1"}[trial % 2];
    ActorOptions options =
        Options(environment, static_cast<int>(1 + random.NextBelow(9)));
    options.seed = random.NextU64();
    options.block_rows = static_cast<int64_t>(1 + random.NextBelow(40));
    const bool uniform = random.NextBelow(2) == 0;
    const auto alone = RunActor(options, uniform);
    options.step_threads = static_cast<int>(1 + random.NextBelow(4));
    options.lock_step = false;
    std::printf("trial %d: %d of %s, %d threads, seed %llu\n", trial,
                options.num_environments, environment.c_str(),
                options.step_threads,
                static_cast<unsigned long long>(options.seed));
    const auto overlapped = RunActor(options, uniform);
    overlapped->loop->Stop(absl::Seconds(20));
    for (RecordedActor* const actor : {alone.get(), overlapped.get()}) {
      ASSERT_TRUE(actor->loop->CutAllBlocks().ok());
    }
    const Schema& schema = alone->loop->schema();
    uint64_t compared = 0;
    for (int number = 0; number < options.num_environments; ++number) {
      std::vector<Row> wanted = RowsOf(alone->sink.blocks, schema, number);
      std::vector<Row> got = RowsOf(overlapped->sink.blocks, schema, number);
      const size_t both = std::min(wanted.size(), got.size());
      wanted.resize(both);
      got.resize(both);
      EXPECT_EQ(got, wanted) << "environment " << number;
      compared += both;
    }
    EXPECT_GT(compared, kSteps / 2 * options.num_environments);
  }
}

// Frames, too, belong to their environment.
TEST(StepThreads, StackedFramesAreTheirEnvironmentsOwn) {
  ActorOptions options = Options("CartPole-v1", 5);
  options.frame_stack = 3;
  const auto alone = RunActor(options, false);
  options.step_threads = 3;
  EXPECT_TRUE(RunActor(options, false)->sink.blocks == alone->sink.blocks);
}

}  // namespace
}  // namespace softfleet
