// SPDX-License-Identifier: Apache-2.0
// A policy that sees the newest observations and those before them, through
// every program.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <string>
#include <vector>

#include "core/file_system.h"
#include "policy/bundle.h"
#include "tests/core/test_directory.h"
#include "tests/end_to_end/cluster_program.h"

namespace softfleet {
namespace {

using testing::HasSubstr;

constexpr char kStack[] = "environment.frame_stack=3";

// Pendulum shows three numbers.
void ExpectAPolicyOfThreeFrames(const std::string& run_dir) {
  const auto policy =
      ReadPolicyBundle(RealFileSystem(), JoinPath(run_dir, "policy"));
  ASSERT_TRUE(policy.ok()) << policy.status();
  EXPECT_EQ(policy->snapshot.schema.frame_stack, 3);
  EXPECT_EQ(policy->snapshot.tensors.at("actor/l0.weight").shape,
            (Shape{16, 9}));
}

TEST(FrameStackTest, TrainsResumesBitEqualAndEvaluates) {
  const TestDirectory directory;
  const std::string config = WriteShortConfig(directory.path());
  const std::string run = directory / "run", whole = directory / "whole";
  const auto killed = Start(Train(config, run, {kStack}));
  ASSERT_TRUE(killed->WaitFor("step 700/1500")) << killed->err();
  killed->Signal(SIGKILL);
  killed->Wait();
  const Finished resumed = Softfleet(Train(config, run, {kStack}));
  ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_THAT(resumed.err, HasSubstr("resumed at step"));
  ASSERT_EQ(Softfleet(Train(config, whole, {kStack})).exit_code, 0);
  ExpectSameResult(run, whole);
  ExpectAPolicyOfThreeFrames(run);

  const Finished evaluated = Softfleet({"evaluate", "--run_dir", run});
  EXPECT_EQ(evaluated.exit_code, 0) << evaluated.err;
}

TEST(FrameStackTest, TrainsInACluster) {
  const TestDirectory directory;
  const std::string config = WriteShortConfig(directory.path());
  const std::string run = directory / "run";
  const Finished cluster = Softfleet(ClusterArguments(
      config, run, 2, 2,
      {kStack, "actor.num_environments=2", "actor.pending_rows=16"}));
  ASSERT_EQ(cluster.exit_code, 0) << cluster.err << ClusterLogs(run);
  ExpectFinishedRun(run, config, 1500, 1, 50);
  ExpectAPolicyOfThreeFrames(run);
}

}  // namespace
}  // namespace softfleet
