// SPDX-License-Identifier: Apache-2.0
// Learning over several seeds and in a discrete task; minutes.
#include <gtest/gtest.h>

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

constexpr char kCartPole[] = R"(
total_steps: 15000
environment { name: "CartPole-v1" }
replay { capacity: 15000 }
sac {
  actor_hidden: [64, 64]
  critic_hidden: [64, 64]
  batch_size: 128
  actor_learning_rate: 1e-3
  critic_learning_rate: 1e-3
  alpha_learning_rate: 1e-3
  tau: 0.01
  target_entropy_scale: 0.3
}
learner { warmup_steps: 500 }
evaluation { interval: 5000 episodes: 20 }
)";

TEST_P(LongLearningTest, DiscreteActionsBalanceThePole) {
  const TestDirectory directory;
  const std::string run = directory / "run";
  const std::string config = directory / "cart_pole.textproto";
  ASSERT_TRUE(WriteFileAtomically(RealFileSystem(), config, kCartPole).ok());
  const auto process =
      Start(Train(config, run, {absl::StrCat("seed=", GetParam())}));
  ASSERT_EQ(process->Wait(absl::Minutes(15)), 0) << process->err();
  const auto audit = AuditOf(run);
  ASSERT_FALSE(audit.empty());
  EXPECT_GE(audit.back().deterministic.return_mean, 400);
}

INSTANTIATE_TEST_SUITE_P(Seeds, LongLearningTest, testing::Values(1, 2, 3));

}  // namespace
}  // namespace softfleet
