// SPDX-License-Identifier: Apache-2.0
// Runs whose reports the tests look at: an ordinary one, and those that a page
// gets wrong easily.
#ifndef SOFTFLEET_TESTS_EVALUATION_REPORT_EXAMPLES_H_
#define SOFTFLEET_TESTS_EVALUATION_REPORT_EXAMPLES_H_

#include <string>
#include <utility>
#include <vector>

#include "evaluation/report.h"

namespace softfleet::testing {

// 20 rows, 20 evaluations on 100 starts; finished.
ReportData OrdinaryReport();
// Tags, quotes and broken UTF-8 wherever a text can come from outside.
inline constexpr char kHostile[] = "<img src=x>&\"'</script>\x01\xff<!--";
ReportData HostileReport();

// Names and data: the two above; nothing known; begun, without a row; one
// point; discrete actions; three dimensions; numbers that cannot be drawn; a
// panel that changes; many rows.
std::vector<std::pair<std::string, ReportData>> AllReports();

}  // namespace softfleet::testing

#endif  // SOFTFLEET_TESTS_EVALUATION_REPORT_EXAMPLES_H_
