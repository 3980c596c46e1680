// SPDX-License-Identifier: Apache-2.0
#include "evaluation/make_audit_record.h"

#include <gtest/gtest.h>

#include <optional>

namespace softfleet {
namespace {

TEST(MakeAuditRecordTest, AnEvaluationAndItsSnapshotMakeARecord) {
  EvaluationResult result;
  result.panel_hash = 255;
  result.reward_components = {"forward"};
  result.deterministic.returns = {1, 3};
  result.deterministic.return_mean = 2;
  result.deterministic.return_std = 1;
  result.deterministic.success_fraction = 0.5;
  result.deterministic.component_means = {7};
  result.stochastic.returns = {4, 4};
  result.stochastic.return_mean = 4;
  result.stochastic.regret_mean = 6;
  result.stochastic.component_means = {8};
  result.entropy = -0.5;
  result.action_mean = {0.1};
  result.action_std = {0.2};
  result.clipped_fraction = 0.3;
  result.saturated_fraction = 0.4;
  Snapshot snapshot;
  snapshot.run_id = "0123456789abcdef";
  snapshot.version = 9;
  snapshot.step = 20;
  snapshot.updates = 10;
  snapshot.reward_scale = 5;
  snapshot.alpha = 0.7;
  snapshot.target_entropy = -1;

  AuditRecord expected;
  expected.run_id = "0123456789abcdef";
  expected.step = 20;
  expected.updates = 10;
  expected.panel_hash = "00000000000000ff";
  expected.config_hash = "c0ffee";
  expected.panel_starts = 2;
  expected.reward_scale = 5;
  expected.alpha = 0.7;
  expected.target_entropy = -1;
  expected.entropy = -0.5;
  expected.action_mean = {0.1};
  expected.action_std = {0.2};
  expected.clipped_fraction = 0.3;
  expected.saturated_fraction = 0.4;
  expected.deterministic = {2, 1, 0.5, std::nullopt};
  expected.stochastic = {4, 0, std::nullopt, 6};
  expected.version = 9;
  expected.reward_components = {{"forward", 7}};
  EXPECT_EQ(MakeAuditRecord(result, snapshot, "c0ffee"), expected);
  // Entropy counted in the environment's units is shown beside its target.
  snapshot.entropy_offset = 1.5;
  expected.entropy += 1.5;
  EXPECT_EQ(MakeAuditRecord(result, snapshot, "c0ffee"), expected);
}

}  // namespace
}  // namespace softfleet
