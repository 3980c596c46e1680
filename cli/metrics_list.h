// SPDX-License-Identifier: Apache-2.0
// Every metric that the programs of this project serve: what `softfleet list
// metrics` prints, and what docs/metrics.md is compared with.
#ifndef SOFTFLEET_CLI_METRICS_LIST_H_
#define SOFTFLEET_CLI_METRICS_LIST_H_

#include <vector>

#include "core/metrics_page.h"

namespace softfleet {

// By process; first what every process has. Registered by the same structs as
// in the programs.
std::vector<ProcessDefinitions> AllMetrics();

}  // namespace softfleet

#endif  // SOFTFLEET_CLI_METRICS_LIST_H_
