// SPDX-License-Identifier: Apache-2.0
// From an evaluation to its row of the audit. Thread-safe: a free function.
#ifndef SOFTFLEET_EVALUATION_MAKE_AUDIT_RECORD_H_
#define SOFTFLEET_EVALUATION_MAKE_AUDIT_RECORD_H_

#include "absl/strings/string_view.h"
#include "evaluation/evaluator.h"
#include "experience/snapshot.h"
#include "run/audit_record.h"

namespace softfleet {

// What `result` says about `snapshot`, the policy it is of. `config_hash` is
// ConfigHash of the run's configuration.
AuditRecord MakeAuditRecord(const EvaluationResult& result,
                            const Snapshot& snapshot,
                            absl::string_view config_hash);

}  // namespace softfleet

#endif  // SOFTFLEET_EVALUATION_MAKE_AUDIT_RECORD_H_
