// SPDX-License-Identifier: Apache-2.0
// Which charts the report shows, and what each says about its numbers.
// Internal to the report. Thread-safe: a free function.
#ifndef SOFTFLEET_EVALUATION_REPORT_CHARTS_H_
#define SOFTFLEET_EVALUATION_REPORT_CHARTS_H_

#include <vector>

#include "evaluation/chart.h"
#include "evaluation/report.h"

namespace softfleet {

// The learning curve first. Curves of evaluations are interrupted where the
// panel changes, for rows of different panels are not comparable. Charts that
// cannot apply (regret without a reference, spread of discrete actions) are
// left out; those that only have no data yet are not.
std::vector<Chart> ReportCharts(const ReportData& data);

}  // namespace softfleet

#endif  // SOFTFLEET_EVALUATION_REPORT_CHARTS_H_
