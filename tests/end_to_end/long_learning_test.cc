// SPDX-License-Identifier: Apache-2.0
// Learning over several seeds and in a discrete task; minutes.
#include <gtest/gtest.h>

#include <cstdio>
#include <string>

#include "absl/strings/str_cat.h"
#include "core/file_system.h"
#include "tests/core/test_directory.h"
#include "tests/end_to_end/program.h"

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

// Chosen after eight settings without normalised observations, of whose 14
// runs (one to four seeds each) only two ended above a return of 400.
constexpr char kCartPole[] = R"(
total_steps: 15000
environment { name: "CartPole-v1" }
replay { capacity: 15000 }
sac {
  actor_hidden: [64, 64]
  critic_hidden: [64, 64]
  batch_size: 64
  actor_learning_rate: 1e-3
  critic_learning_rate: 1e-3
  alpha_learning_rate: 1e-3
  tau: 0.01
  n_step: 5
  reward_scale: 0.1
  target_entropy_scale: 0.5
  normalize_observations: true
}
learner { warmup_steps: 500 }
evaluation { interval: 0 episodes: 20 }
)";

INSTANTIATE_TEST_SUITE_P(Seeds, LongLearningTest, testing::Values(1, 2, 3));

// Of seeds 1 to 6 all but the fifth end at 500 (the fifth at 249), so one
// seed in three may fail on a machine that rounds otherwise.
TEST(LongCartPoleTest, DiscreteActionsBalanceThePoleForMostSeeds) {
  const TestDirectory directory;
  const std::string config = directory / "cart_pole.textproto";
  ASSERT_TRUE(WriteFileAtomically(RealFileSystem(), config, kCartPole).ok());
  int balanced = 0;
  for (int seed = 1; seed <= 3; ++seed) {
    const std::string run = directory / absl::StrCat("run", seed);
    const auto process =
        Start(Train(config, run, {absl::StrCat("seed=", seed)}));
    ASSERT_EQ(process->Wait(absl::Minutes(5)), 0) << process->err();
    const auto audit = AuditOf(run);
    ASSERT_FALSE(audit.empty());
    const double mean = audit.back().deterministic.return_mean;
    std::printf("seed %d: deterministic return %.1f\n", seed, mean);
    if (mean >= 400) ++balanced;
  }
  EXPECT_GE(balanced, 2);
}

}  // namespace
}  // namespace softfleet
