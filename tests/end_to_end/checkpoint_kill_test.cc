// SPDX-License-Identifier: Apache-2.0
// kill -9 while a checkpoint is being written beside the run.
#include <gtest/gtest.h>

#include <string>

#include "tests/core/test_directory.h"
#include "tests/end_to_end/checkpoint_kills.h"
#include "tests/end_to_end/program.h"

namespace softfleet {
namespace {

// So that a run is not over before it is killed.
constexpr char kSlow[] = "learner.updates_per_step=128";

TEST(CheckpointKillTest, ALockStepRunEndsBitEqual) {
  const TestDirectory directory;
  const std::string config = WriteShortConfig(directory.path());
  const std::vector<std::string> set = {"checkpoint_interval=20", kSlow};
  const std::string run = directory / "run";
  KillWhileCheckpointsAreWritten(41, 5, set, config, run);
  const std::string undisturbed = directory / "undisturbed";
  ASSERT_EQ(Softfleet(Train(config, undisturbed, set)).exit_code, 0);
  ExpectSameResult(run, undisturbed);
}

TEST(CheckpointKillTest, AnOverlappedRunEndsWithAllItsRecords) {
  const TestDirectory directory;
  const std::string config = WriteShortConfig(directory.path());
  const std::string run = directory / "run";
  KillWhileCheckpointsAreWritten(
      42, 5, {"checkpoint_interval=20", kSlow, "learner.schedule=overlapped"},
      config, run);
  EXPECT_EQ(AuditOf(run).size(), 3);
}

}  // namespace
}  // namespace softfleet
