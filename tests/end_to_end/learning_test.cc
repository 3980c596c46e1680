// SPDX-License-Identifier: Apache-2.0
// The preset learns: not that some number moves, but that the task is solved.
#include <gtest/gtest.h>

#include <string>

#include "tests/core/test_directory.h"
#include "tests/end_to_end/program.h"

namespace softfleet {
namespace {

TEST(LearningTest, ThePendulumPresetSwingsUpWithinSixThousandSteps) {
  const TestDirectory directory;
  const std::string run = directory / "run";
  const Finished trained =
      Softfleet(Train("configs/pendulum.textproto", run,
                      {"total_steps=6000", "evaluation.interval=0"}));
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  const auto audit = AuditOf(run);
  ASSERT_EQ(audit.size(), 1);
  EXPECT_EQ(audit[0].panel_starts, 100);
  ASSERT_TRUE(audit[0].deterministic.regret_mean.has_value());
  EXPECT_LE(*audit[0].deterministic.regret_mean, 40);
  EXPECT_GE(audit[0].deterministic.eval_success.value_or(0), 0.7);
}

}  // namespace
}  // namespace softfleet
