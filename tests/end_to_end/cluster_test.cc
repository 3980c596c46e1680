// SPDX-License-Identifier: Apache-2.0
// softfleet cluster: real processes, real sockets, from the first step to the
// last, left alone, stopped, and killed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/file_system.h"
#include "core/philox.h"
#include "tests/core/test_directory.h"
#include "tests/end_to_end/cluster_program.h"

namespace softfleet {
namespace {

using testing::HasSubstr;

constexpr int64_t kWarmup = 50;  // of the short configuration

class ClusterTest : public testing::Test {
 protected:
  // Each actor takes 500 steps a second, so that a run lasts long enough to be
  // disturbed, however fast the learner is.
  std::vector<std::string> Arguments(int shards, int actors,
                                     int64_t total_steps) {
    return ClusterArguments(
        config_, run_, shards, actors,
        {absl::StrCat("total_steps=", total_steps), "replay.slack=64",
         "actor.block_rows=8", "actor.pending_rows=16",
         "actor.control_period_seconds=0.002"});
  }

  const TestDirectory directory_;
  const std::string config_ = WriteShortConfig(directory_.path());
  const std::string run_ = directory_ / "run";
};

TEST_F(ClusterTest, TrainsToTheEndAndEndsWithTheRun) {
  const Finished cluster = Softfleet(Arguments(2, 3, 4000));
  ASSERT_EQ(cluster.exit_code, 0) << cluster.err << ClusterLogs(run_);
  ExpectFinishedRun(run_, config_, 4000, 1, kWarmup);
  EXPECT_THAT(cluster.out, HasSubstr("evaluation at step 40"));
  EXPECT_THAT(cluster.out, HasSubstr("report: "));
  EXPECT_THAT(cluster.err, HasSubstr(" actors, 2/2 shards"));
  // Again: nothing to do.
  const Finished again = Softfleet(Arguments(2, 3, 4000));
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_THAT(again.out, HasSubstr("nothing to do"));
}

TEST_F(ClusterTest, OneActorOnTwoShardsLeavesOneEmptyAndStillFinishes) {
  const Finished cluster = Softfleet(Arguments(2, 1, 600));
  ASSERT_EQ(cluster.exit_code, 0) << cluster.err << ClusterLogs(run_);
  ExpectFinishedRun(run_, config_, 600, 1, kWarmup);
}

TEST_F(ClusterTest, StoppedItGoesOnWithTheSameCommand) {
  for (const int signal : {SIGTERM, SIGINT}) {
    const auto cluster = Start(Arguments(2, 2, 6000));
    ASSERT_TRUE(cluster->WaitFor("evaluation at step"))
        << cluster->err() << ClusterLogs(run_);
    cluster->Signal(signal);
    ASSERT_EQ(cluster->Wait(), 0) << cluster->err() << ClusterLogs(run_);
    EXPECT_THAT(cluster->out(), HasSubstr("to go on:"));
    EXPECT_THAT(cluster->out(), HasSubstr("softfleet cluster --config"));
  }
  const Finished last = Softfleet(Arguments(2, 2, 6000));
  ASSERT_EQ(last.exit_code, 0) << last.err << ClusterLogs(run_);
  ExpectFinishedRun(run_, config_, 6000, 1, kWarmup, /*restarts=*/2);
}

TEST_F(ClusterTest, KilledItselfItTakesItsProcessesAlongAndGoesOnLater) {
  const auto cluster = Start(Arguments(2, 2, 6000));
  ASSERT_TRUE(cluster->WaitFor("evaluation at step"))
      << cluster->err() << ClusterLogs(run_);
  cluster->Signal(SIGKILL);
  EXPECT_EQ(cluster->Wait(), 128 + SIGKILL);
  // The learner was told to end by that; it holds the lock until it has.
  const absl::Time deadline = absl::Now() + absl::Seconds(30);
  while (!RealFileSystem().Lock(JoinPath(run_, "lock")).ok()) {
    ASSERT_LT(absl::Now(), deadline) << ClusterLogs(run_);
    std::this_thread::yield();
  }
  const Finished last = Softfleet(Arguments(2, 2, 6000));
  ASSERT_EQ(last.exit_code, 0) << last.err << ClusterLogs(run_);
  ExpectFinishedRun(run_, config_, 6000, 1, kWarmup, /*restarts=*/1);
}

// Each kind of process in turn, at moments drawn from a printed seed.
TEST_F(ClusterTest, KillsOfAnyProcessCostNoRun) {
  constexpr uint64_t kSeed = 11;
  std::printf("seed %llu\n", static_cast<unsigned long long>(kSeed));
  Philox random(kSeed, Purpose::kTest);
  const auto cluster = Start(Arguments(2, 3, 10000));
  ASSERT_TRUE(cluster->WaitFor("evaluation at step"))
      << cluster->err() << ClusterLogs(run_);
  int kills = 0;
  for (const char* program : {"softfleet-actor", "softfleet-evaluator",
                              "softfleet-learner", "softfleet-replay-server"}) {
    const auto running = ChildrenRunning(cluster->pid(), program);
    if (running.empty()) break;  // finished sooner than thought
    ::kill(running[random.NextBelow(running.size())], SIGKILL);
    ++kills;
    EXPECT_TRUE(cluster->WaitFor(absl::StrCat("signal 9"))) << cluster->err();
    if (cluster->Ended(absl::Milliseconds(300 + random.NextBelow(700)))) break;
  }
  ASSERT_EQ(cluster->Wait(), 0) << cluster->err() << ClusterLogs(run_);
  EXPECT_GE(kills, 2);
  // The learner and a shard are killed, but rarely both at once.
  ExpectFinishedRun(run_, config_, 10000, 1, kWarmup, /*restarts=*/1);
}

TEST_F(ClusterTest, AWrongConfigurationIsSaidAtOnceAndStartsNothing) {
  std::vector<std::string> arguments = Arguments(2, 2, 1500);
  arguments.insert(arguments.end(), {"--set", "sac.gama=0.9"});
  const Finished cluster = Softfleet(arguments);
  EXPECT_EQ(cluster.exit_code, 2);
  EXPECT_THAT(cluster.err, HasSubstr("did you mean \"sac.gamma\""));
  EXPECT_FALSE(RealFileSystem().Exists(run_));
}

TEST_F(ClusterTest, ADirectoryInUseIsRefusedWithItsHolder) {
  const auto first = Start(Arguments(1, 1, 1000000));
  ASSERT_TRUE(first->WaitFor("evaluation at step"))
      << first->err() << ClusterLogs(run_);
  const Finished second = Softfleet(Arguments(1, 1, 1000000));
  EXPECT_NE(second.exit_code, 0);
  EXPECT_THAT(second.err, HasSubstr("process"));
  first->Signal(SIGTERM);
  EXPECT_EQ(first->Wait(), 0) << first->err();
}

}  // namespace
}  // namespace softfleet
