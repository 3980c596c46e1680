// SPDX-License-Identifier: Apache-2.0
// Numbers and evaluations in one line, for people. Thread-safe: free functions
// over values.
#ifndef SOFTFLEET_EVALUATION_SUMMARY_H_
#define SOFTFLEET_EVALUATION_SUMMARY_H_

#include <cstdint>
#include <string>

#include "run/audit_record.h"

namespace softfleet {

// "3:07", "1:02:45".
std::string FormatDuration(double seconds);

// "512 B", "1.5 MB", "2.0 GB" (powers of 1000).
std::string FormatBytes(uint64_t bytes);

// "evaluation at step 5000: deterministic -157.2 +- 80.1 (regret 31.6, ..."
std::string FormatEvaluation(const AuditRecord& record);

}  // namespace softfleet

#endif  // SOFTFLEET_EVALUATION_SUMMARY_H_
