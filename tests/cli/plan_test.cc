// SPDX-License-Identifier: Apache-2.0
#include "cli/plan.h"

#include <gtest/gtest.h>

#include "cli/progress.h"
#include "replay/table.h"
#include "tests/cli/run_fixture.h"

namespace softfleet {
namespace {

TEST(Plan, CountsWhatTheConfigurationAsksFor) {
  const v1::RunConfig config =
      With(ShortRun("Pendulum-v1"),
           {"total_steps=600", "learner.warmup_steps=50",
            "learner.updates_per_step=0.5", "evaluation.interval=200",
            "checkpoint_interval=150", "learner.keep_checkpoints=2",
            "replay.capacity=1000", "actor.num_environments=1",
            "sac.actor_hidden=16,16", "sac.critic_hidden=8"});
  const Plan plan =
      MakePlan(RealFileSystem(), SystemClock(), config, 0.2).value();
  EXPECT_EQ(plan.updates, 275);    // 0.5 (600 - 50)
  EXPECT_EQ(plan.evaluations, 3);  // at 200, 400 and the end
  // Actor 3-16-16-2; two critics and two targets 4-8-1.
  const uint64_t actor = 3 * 16 + 16 + 16 * 16 + 16 + 16 * 2 + 2;
  const uint64_t critic = 4 * 8 + 8 + 8 + 1;
  EXPECT_EQ(plan.parameters, actor + 4 * critic);
  TableOptions table;
  table.schema.observations = {{"state", DType::kF32, {3}}};
  table.schema.action = {ActionSpec::Kind::kContinuous, 1, 0};
  table.capacity_rows = 1000;
  table.expected_run_rows = TableOptions::kRowByRowRun;
  EXPECT_EQ(plan.table_bytes, Table::BytesFor(table));
  EXPECT_GT(plan.checkpoint_bytes, plan.table_bytes / 2);
  EXPECT_EQ(plan.disk_bytes, 3 * plan.checkpoint_bytes);  // 2 and the best
}

TEST(Plan, TheTimeIsWhatTheRatesLeadTo) {
  const v1::RunConfig config = ShortRun("CartPole-v1");
  const Plan plan =
      MakePlan(RealFileSystem(), SystemClock(), config, 0.2).value();
  EXPECT_GT(plan.steps_per_second, 0);
  EXPECT_GT(plan.evaluation_seconds, 0);
  EXPECT_GE(plan.total_seconds,
            static_cast<double>(plan.evaluations) * plan.evaluation_seconds);
  EXPECT_DOUBLE_EQ(plan.updates_per_second,
                   plan.steps_per_second * config.learner().updates_per_step());
}

TEST(FormatBytes, UsesPowersOfAThousand) {
  EXPECT_EQ(FormatBytes(0), "0 B");
  EXPECT_EQ(FormatBytes(999), "999 B");
  EXPECT_EQ(FormatBytes(1500), "1.5 kB");
  EXPECT_EQ(FormatBytes(2'000'000'000), "2.0 GB");
}

}  // namespace
}  // namespace softfleet
