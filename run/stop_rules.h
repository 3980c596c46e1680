// SPDX-License-Identifier: Apache-2.0
// When a run has seen enough before its last step (RunConfig.stop). Pure
// functions of what the run has recorded. Thread-safe.
#ifndef SOFTFLEET_RUN_STOP_RULES_H_
#define SOFTFLEET_RUN_STOP_RULES_H_

#include <optional>
#include <string>
#include <vector>

#include "run/audit_record.h"
#include "softfleet/v1/run.pb.h"

namespace softfleet {

// Why the wall-clock limit ends the run, or nullopt.
std::optional<std::string> StopByWallClock(const v1::StopConfig& config,
                                           double wall_seconds);

// Why the last of `records` (oldest first) ends the run, or nullopt: the
// target return is reached, or `patience` evaluations brought no improvement.
// Only rows of the last one's panel count.
std::optional<std::string> StopByEvaluation(
    const v1::StopConfig& config, const std::vector<AuditRecord>& records);

// The record with the highest mean deterministic return among those of the
// last one's panel, the earliest on ties; nullptr without records. This is
// the rule by which a run keeps its best policy.
const AuditRecord* BestRecord(const std::vector<AuditRecord>& records);

}  // namespace softfleet

#endif  // SOFTFLEET_RUN_STOP_RULES_H_
