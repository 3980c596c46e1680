// SPDX-License-Identifier: Apache-2.0
// The audit for people: an aligned table for a terminal, and Markdown. Rows
// with different panel hashes are not comparable and stand in tables of their
// own, each under a line that names its panel. Thread-safe: free functions.
#ifndef SOFTFLEET_EVALUATION_AUDIT_TABLE_H_
#define SOFTFLEET_EVALUATION_AUDIT_TABLE_H_

#include <string>
#include <vector>

#include "run/audit_record.h"

namespace softfleet {

// "-125.7 ± 75.6"; deterministic / stochastic: "0.1 / 0.4", "97% / 95%", and
// "no reference" or "no criterion".
std::string ReturnText(const AuditReturns& returns);
std::string RegretText(const AuditRecord& record);
std::string SuccessText(const AuditRecord& record);

// Columns: step, alpha, entropy (target), deterministic and stochastic return
// (mean ± std over starts), then regret and success as deterministic /
// stochastic, and the saturated fraction. Rows keep their order within a
// panel; panels come in the order of their first row. "no criterion" and "no
// reference" stand where there is none.
std::string FormatAuditTable(const std::vector<AuditRecord>& records);
std::string FormatAuditMarkdown(const std::vector<AuditRecord>& records);

}  // namespace softfleet

#endif  // SOFTFLEET_EVALUATION_AUDIT_TABLE_H_
