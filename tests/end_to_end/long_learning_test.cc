// SPDX-License-Identifier: Apache-2.0
// Learning over several seeds and in a discrete task; minutes.
#include <gtest/gtest.h>

#include <cstdio>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/core/test_directory.h"
#include "tests/end_to_end/program.h"
#include "tests/sac_cuda/plain_device.h"

namespace softfleet {
namespace {

class LongLearningTest : public testing::TestWithParam<int> {};

TEST_P(LongLearningTest, ThePendulumPresetStaysSolved) {
  const TestDirectory directory;
  const std::string run = directory / "run";
  const auto process =
      Start(Train("configs/pendulum.textproto", run,
                  {absl::StrCat("seed=", GetParam()), "total_steps=20000",
                   "evaluation.interval=5000"}));
  ASSERT_EQ(process->Wait(absl::Minutes(15)), 0) << process->err();
  const auto audit = AuditOf(run);
  ASSERT_FALSE(audit.empty());
  EXPECT_EQ(audit.back().step, 20000);
  EXPECT_LE(audit.back().deterministic.regret_mean.value_or(1e9), 20);
}

INSTANTIATE_TEST_SUITE_P(Seeds, LongLearningTest, testing::Values(1, 2, 3));

// By the plug-in of plain loops: a minute.
TEST(LongDeviceLearningTest, ThePendulumPresetIsSolvedOnADevice) {
  const PlainDevice plain;
  const TestDirectory directory;
  const std::string run = directory / "run";
  const auto process = Start(Train("configs/pendulum.textproto", run,
                                   {"learner.device=cuda", "total_steps=6000",
                                    "evaluation.interval=0"}));
  ASSERT_EQ(process->Wait(absl::Minutes(15)), 0) << process->err();
  const auto audit = AuditOf(run);
  ASSERT_FALSE(audit.empty());
  EXPECT_LE(audit.back().deterministic.regret_mean.value_or(1e9), 40);
}

// One seed in eight does not learn it in time (the preset says which), so one
// in three may fail on a machine that rounds otherwise.
TEST(LongCartPoleTest, ThePresetBalancesThePoleForMostSeeds) {
  const TestDirectory directory;
  int balanced = 0;
  for (int seed = 1; seed <= 3; ++seed) {
    const std::string run = directory / absl::StrCat("run", seed);
    const auto process = Start(Train("configs/cartpole.textproto", run,
                                     {absl::StrCat("seed=", seed)}));
    ASSERT_EQ(process->Wait(absl::Minutes(5)), 0) << process->err();
    const auto audit = AuditOf(run);
    ASSERT_FALSE(audit.empty());
    const double mean = audit.back().deterministic.return_mean;
    std::printf("seed %d: deterministic return %.1f\n", seed, mean);
    if (mean >= 475) ++balanced;
  }
  EXPECT_GE(balanced, 2);
}

}  // namespace
}  // namespace softfleet
