// SPDX-License-Identifier: Apache-2.0
#include "run/stop_rules.h"

#include "absl/strings/str_cat.h"

namespace softfleet {
namespace {

double Return(const AuditRecord& record) {
  return record.deterministic.return_mean;
}

// Evaluations since the best return last rose by more than `min_improvement`.
int EvaluationsWithoutImprovement(const std::vector<AuditRecord>& records,
                                  double min_improvement) {
  std::optional<double> best;
  int without = 0;
  for (const AuditRecord& record : records) {
    if (record.panel_hash != records.back().panel_hash) continue;
    const bool improves =
        !best.has_value() || Return(record) > *best + min_improvement;
    without = improves ? 0 : without + 1;
    if (improves) best = Return(record);
  }
  return without;
}

}  // namespace

std::optional<std::string> StopByWallClock(const v1::StopConfig& config,
                                           double wall_seconds) {
  if (!config.has_wall_seconds() || wall_seconds < config.wall_seconds()) {
    return std::nullopt;
  }
  return absl::StrCat("stop.wall_seconds: ", config.wall_seconds(),
                      " seconds have passed");
}

std::optional<std::string> StopByEvaluation(
    const v1::StopConfig& config, const std::vector<AuditRecord>& records) {
  if (records.empty()) return std::nullopt;
  const double last = Return(records.back());
  if (config.has_target_return() && last >= config.target_return()) {
    return absl::StrCat("stop.target_return: the mean deterministic return ",
                        last, " has reached ", config.target_return());
  }
  if (config.has_patience() &&
      EvaluationsWithoutImprovement(records, config.min_improvement()) >=
          config.patience()) {
    return absl::StrCat("stop.patience: ", config.patience(),
                        " evaluations brought no improvement above ",
                        Return(*BestRecord(records)));
  }
  return std::nullopt;
}

const AuditRecord* BestRecord(const std::vector<AuditRecord>& records) {
  const AuditRecord* best = nullptr;
  for (const AuditRecord& record : records) {
    if (record.panel_hash != records.back().panel_hash) continue;
    if (best == nullptr || Return(record) > Return(*best)) best = &record;
  }
  return best;
}

}  // namespace softfleet
