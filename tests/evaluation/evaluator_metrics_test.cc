// SPDX-License-Identifier: Apache-2.0
#include "evaluation/evaluator_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace softfleet {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

AuditRecord Record() {
  AuditRecord record;
  record.step = 5000;
  record.version = 77;
  record.entropy = -0.5;
  record.action_std = {0.25, 0.75};
  record.clipped_fraction = 0.125;
  record.saturated_fraction = 0.0625;
  record.deterministic = {-150, 80, 0.5, 12};
  record.stochastic = {-160, 90, 0.25, 22};
  return record;
}

TEST(EvaluatorMetrics, ShowTheNewestEvaluation) {
  MetricRegistry registry;
  EvaluatorMetrics metrics(registry);
  metrics.Show(Record(), absl::Seconds(3));
  const std::string text = registry.Text();
  for (const char* const line :
       {"sac_evaluation_return_mean{mode=\"deterministic\"} -150",
        "sac_evaluation_return_mean{mode=\"stochastic\"} -160",
        "sac_evaluation_return_std{mode=\"deterministic\"} 80",
        "sac_evaluation_return_std{mode=\"stochastic\"} 90",
        "sac_evaluation_success_fraction{mode=\"deterministic\"} 0.5",
        "sac_evaluation_success_fraction{mode=\"stochastic\"} 0.25",
        "sac_evaluation_regret_mean{mode=\"deterministic\"} 12",
        "sac_evaluation_regret_mean{mode=\"stochastic\"} 22",
        "sac_evaluation_entropy -0.5", "sac_evaluation_action_std_mean 0.5",
        "sac_evaluation_clipped_fraction 0.125",
        "sac_evaluation_saturated_fraction 0.0625", "sac_evaluation_step 5000",
        "sac_evaluation_policy_version 77", "sac_evaluation_seconds_sum 3",
        "sac_evaluations_total 1"}) {
    EXPECT_THAT(text, HasSubstr(absl::StrCat("\n", line, "\n")));
  }
}

TEST(EvaluatorMetrics, WhatIsNotKnownIsNoNumber) {
  MetricRegistry registry;
  EvaluatorMetrics metrics(registry);
  EXPECT_THAT(registry.Text(), HasSubstr("\nsac_evaluation_entropy Nan\n"));
  EXPECT_THAT(
      registry.Text(),
      HasSubstr("sac_evaluation_return_mean{mode=\"stochastic\"} Nan\n"));
  AuditRecord record = Record();
  metrics.Show(record, absl::Seconds(3));
  record.deterministic.eval_success.reset();
  record.action_std.clear();
  metrics.Show(record, absl::Seconds(3));
  const std::string text = registry.Text();
  EXPECT_THAT(text,
              HasSubstr("success_fraction{mode=\"deterministic\"} Nan\n"));
  EXPECT_THAT(text,
              Not(HasSubstr("success_fraction{mode=\"stochastic\"} Nan\n")));
  EXPECT_THAT(text, HasSubstr("sac_evaluation_action_std_mean Nan\n"));
}

}  // namespace
}  // namespace softfleet
