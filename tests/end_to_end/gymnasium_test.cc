// SPDX-License-Identifier: Apache-2.0
// Whole runs in environments of Gymnasium: pictures through every program,
// workers that are killed in the middle of an episode, a run that resumes
// although nobody can save them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "core/file_system.h"
#include "policy/bundle.h"
#include "tests/core/test_directory.h"
#include "tests/end_to_end/cluster_metrics.h"
#include "tests/end_to_end/cluster_program.h"
#include "tests/testing/python.h"

namespace softfleet {
namespace {

using ::testing::HasSubstr;

constexpr char kFailures[] = "sac_environment_failures_total{reason=\"crash\"}";

class GymnasiumRunTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const absl::StatusOr<std::string> python = testing::TestPython();
    if (!python.ok()) GTEST_SKIP() << python.status().message();
    ::setenv("SOFTFLEET_PYTHON", python->c_str(), 1);
    ::setenv("PYTHONPATH", SOFTFLEET_SOURCE_DIR "/tests/data/gymnasium", 1);
    ::setenv("PYTHONDONTWRITEBYTECODE", "1", 1);
  }

  // Pictures of 6 x 6 bytes, three of them stacked.
  std::vector<std::string> Frames(const std::string& steps) {
    return {"environment.name=",
            "environment.gymnasium=softfleet/Frames-v0",
            "environment.module=softfleet_test_environments",
            "environment.frame_stack=3",
            "environment.max_episode_steps=",
            "evaluation.episodes=2",
            "total_steps=" + steps};
  }

  // Reads what the process prints until the condition holds.
  template <typename Condition>
  static bool Eventually(ChildProcess& process, Condition condition) {
    const absl::Time end = absl::Now() + absl::Seconds(60);
    while (absl::Now() < end) {
      if (condition()) return true;
      if (process.Ended(absl::Milliseconds(20))) return false;
    }
    return false;
  }

  static double Steps(const std::string& metrics) {
    const auto values = Scrape(metrics);
    return values ? Value(*values, "sac_actor_steps_total") : -1;
  }

  const TestDirectory directory_;
  const std::string config_ = WriteShortConfig(directory_.path());
  const std::string run_ = directory_ / "run";
};

TEST_F(GymnasiumRunTest, PicturesAreLearnedFromInACluster) {
  const Finished cluster =
      Softfleet(ClusterArguments(config_, run_, 1, 1, Frames("400")));
  ASSERT_EQ(cluster.exit_code, 0) << cluster.err << ClusterLogs(run_);
  ExpectFinishedRun(run_, config_, 400, 1, 50);
  const auto policy =
      ReadPolicyBundle(RealFileSystem(), JoinPath(run_, "policy"));
  ASSERT_TRUE(policy.ok()) << policy.status();
  EXPECT_EQ(policy->snapshot.schema.Describe(),
            "pixels:U8[6,6,1] action:continuous[1] stack:3");
  EXPECT_EQ(policy->snapshot.tensors.at("actor/l0.weight").shape,
            (Shape{16, 3 * 36}));
}

// The bar starts anywhere and is to be kept in the middle for 20 steps. Whoever
// does not see it loses 5 on average by leaving it where it is, more by moving.
TEST_F(GymnasiumRunTest, ItLearnsToSee) {
  std::vector<std::string> set = Frames("1200");
  for (const char* const assignment :
       {"sac.gamma=0.9", "sac.actor_learning_rate=3e-3",
        "sac.critic_learning_rate=3e-3", "sac.alpha_learning_rate=3e-3",
        "sac.batch_size=32", "learner.updates_per_step=2",
        "evaluation.episodes=10"}) {
    set.push_back(assignment);
  }
  const Finished trained = Softfleet(Train(config_, run_, set));
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_GT(AuditOf(run_).back().deterministic.return_mean, -1);
}

TEST_F(GymnasiumRunTest, WorkersKilledInMidEpisodeAreCountedAndTheRunGoesOn) {
  std::vector<std::string> set = Frames("1000000");
  set.push_back("actor.num_environments=2");
  const auto cluster = Start(ClusterArguments(config_, run_, 1, 1, set));
  ASSERT_TRUE(cluster->WaitFor("evaluation at")) << cluster->err();
  const auto actors = ChildrenRunning(cluster->pid(), "softfleet-actor");
  ASSERT_EQ(actors.size(), 1u);
  const std::string metrics = MetricsTargets(run_).at("actor-0");
  double steps = 0;
  for (int killed = 2; killed <= 6; killed += 2) {
    // The processes that replace those killed before.
    std::vector<pid_t> workers;
    ASSERT_TRUE(Eventually(*cluster, [&] {
      workers = ChildrenRunning(actors[0], "python");
      return workers.size() == 2 && Steps(metrics) > steps;
    })) << ClusterLogs(run_);
    for (const pid_t worker : workers) ::kill(worker, SIGKILL);
    ASSERT_TRUE(Eventually(*cluster, [&] {
      const auto values = Scrape(metrics);
      return values.has_value() && Value(*values, kFailures) == killed;
    })) << ClusterLogs(run_);
    steps = Steps(metrics);
  }
  EXPECT_TRUE(Eventually(*cluster, [&] { return Steps(metrics) > steps; }));
  cluster->Signal(SIGTERM);
  EXPECT_EQ(cluster->Wait(), 0) << ClusterLogs(run_);
  EXPECT_THAT(ClusterLogs(run_),
              HasSubstr("its process was killed by signal 9 (Killed)"));
}

TEST_F(GymnasiumRunTest, ARunResumesAndSaysThatEpisodesWereCutOff) {
  const auto killed = Start(Train(config_, run_, Frames("1500")));
  ASSERT_TRUE(killed->WaitFor("step 700/1500")) << killed->err();
  const auto workers = ChildrenRunning(killed->pid(), "python");
  EXPECT_FALSE(workers.empty());
  killed->Signal(SIGKILL);
  killed->Wait();
  const Finished resumed = Softfleet(Train(config_, run_, Frames("1500")));
  ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_THAT(resumed.err, HasSubstr("resumed at step"));
  EXPECT_THAT(
      resumed.err,
      HasSubstr("softfleet/Frames-v0 (environment 0) could not be saved "
                "with the checkpoint"));
}

TEST_F(GymnasiumRunTest, WhatIsMissingIsBadInput) {
  std::vector<std::string> set = Frames("100");
  set[1] = "environment.gymnasium=softfleet/Frame-v0";
  const Finished unknown = Softfleet(Train(config_, run_, set));
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("Did you mean: `Frames`?"));
  ::setenv("SOFTFLEET_PYTHON", "/nowhere/python3", 1);
  const Finished without = Softfleet(Train(config_, run_, Frames("100")));
  EXPECT_EQ(without.exit_code, 2);
  EXPECT_THAT(without.err, HasSubstr("cannot start /nowhere/python3"));
}

}  // namespace
}  // namespace softfleet
