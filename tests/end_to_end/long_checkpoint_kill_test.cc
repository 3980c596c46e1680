// SPDX-License-Identifier: Apache-2.0
// checkpoint_kill_test.cc with more moments.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/core/test_directory.h"
#include "tests/end_to_end/checkpoint_kills.h"
#include "tests/end_to_end/program.h"

namespace softfleet {
namespace {

TEST(LongCheckpointKillTest, RunsKilledManyTimesEndBitEqual) {
  const TestDirectory directory;
  const std::string config = WriteShortConfig(directory.path());
  std::vector<std::string> set = kWritingAllTheTime;
  set.push_back("total_steps=6000");
  const std::string undisturbed = directory / "undisturbed";
  ASSERT_EQ(Softfleet(Train(config, undisturbed, set)).exit_code, 0);
  for (const uint64_t seed : {51, 52, 53, 54, 55, 56}) {
    const std::string run = directory / ("run" + std::to_string(seed));
    KillWhileCheckpointsAreWritten(seed, 25, set, config, run);
    ExpectSameResult(run, undisturbed);
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace softfleet
