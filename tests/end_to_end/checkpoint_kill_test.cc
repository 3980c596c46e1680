// SPDX-License-Identifier: Apache-2.0
// kill -9 while a checkpoint is being written beside the run.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/core/test_directory.h"
#include "tests/end_to_end/checkpoint_kills.h"
#include "tests/end_to_end/program.h"

namespace softfleet {
namespace {

TEST(CheckpointKillTest, ALockStepRunEndsBitEqual) {
  const TestDirectory directory;
  const std::string config = WriteShortConfig(directory.path());
  const std::string run = directory / "run";
  KillWhileCheckpointsAreWritten(41, 5, kWritingAllTheTime, config, run);
  const std::string undisturbed = directory / "undisturbed";
  ASSERT_EQ(Softfleet(Train(config, undisturbed, kWritingAllTheTime)).exit_code,
            0);
  ExpectSameResult(run, undisturbed);
}

TEST(CheckpointKillTest, AnOverlappedRunEndsWithAllItsRecords) {
  const TestDirectory directory;
  const std::string config = WriteShortConfig(directory.path());
  const std::string run = directory / "run";
  std::vector<std::string> set = kWritingAllTheTime;
  set.push_back("learner.schedule=overlapped");
  KillWhileCheckpointsAreWritten(42, 5, set, config, run);
  EXPECT_EQ(AuditOf(run).size(), 3);
}

}  // namespace
}  // namespace softfleet
