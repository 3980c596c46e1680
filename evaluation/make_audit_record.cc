// SPDX-License-Identifier: Apache-2.0
#include "evaluation/make_audit_record.h"

#include <string>

#include "core/hash.h"

namespace softfleet {
namespace {

AuditReturns Returns(const ModeResult& mode) {
  return {mode.return_mean, mode.return_std, mode.success_fraction,
          mode.regret_mean};
}

}  // namespace

AuditRecord MakeAuditRecord(const EvaluationResult& result,
                            const Snapshot& snapshot,
                            absl::string_view config_hash) {
  AuditRecord record;
  record.run_id = snapshot.run_id;
  record.step = snapshot.step;
  record.updates = snapshot.updates;
  record.panel_hash = HexHash(result.panel_hash);
  record.config_hash = std::string(config_hash);
  record.panel_starts = result.deterministic.returns.size();
  record.reward_scale = snapshot.reward_scale;
  record.alpha = snapshot.alpha;
  record.target_entropy = snapshot.target_entropy;
  record.entropy = result.entropy + snapshot.entropy_offset;
  record.action_mean = result.action_mean;
  record.action_std = result.action_std;
  record.clipped_fraction = result.clipped_fraction;
  record.saturated_fraction = result.saturated_fraction;
  record.deterministic = Returns(result.deterministic);
  record.stochastic = Returns(result.stochastic);
  record.version = snapshot.version;
  for (size_t i = 0; i < result.reward_components.size(); ++i) {
    record.reward_components.emplace_back(
        result.reward_components[i], result.deterministic.component_means[i]);
  }
  return record;
}

}  // namespace softfleet
