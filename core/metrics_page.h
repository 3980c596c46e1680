// SPDX-License-Identifier: Apache-2.0
// The page of the manual that lists all metrics, made from what the programs
// register so that it cannot be out of date. Thread-safe: a free function.
#ifndef SOFTFLEET_CORE_METRICS_PAGE_H_
#define SOFTFLEET_CORE_METRICS_PAGE_H_

#include <string>
#include <vector>

#include "core/metrics.h"

namespace softfleet {

struct ProcessDefinitions {
  std::string process;  // "softfleet-actor"
  std::vector<MetricDefinition> definitions;
};

// Markdown: a table per process with name, kind, unit, labels and meaning of
// its metrics, all in the order given.
std::string FormatMetricsPage(const std::vector<ProcessDefinitions>& processes);

}  // namespace softfleet

#endif  // SOFTFLEET_CORE_METRICS_PAGE_H_
