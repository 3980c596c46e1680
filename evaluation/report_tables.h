// SPDX-License-Identifier: Apache-2.0
// The tables of the report. Internal to it. Thread-safe: free functions.
#ifndef SOFTFLEET_EVALUATION_REPORT_TABLES_H_
#define SOFTFLEET_EVALUATION_REPORT_TABLES_H_

#include <string>

#include "evaluation/report.h"

namespace softfleet {

// Every evaluation, oldest first, one table per panel; a sentence where there
// is none.
std::string RenderAudit(const ReportData& data);

// What differs from the defaults, the whole configuration, and what is known
// of program, machine and times.
std::string RenderConfiguration(const ReportData& data);
std::string RenderFacts(const ReportData& data);

}  // namespace softfleet

#endif  // SOFTFLEET_EVALUATION_REPORT_TABLES_H_
