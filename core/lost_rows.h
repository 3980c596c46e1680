// SPDX-License-Identifier: Apache-2.0
// The one metric of rows that are gone, which actors and the learner share.
#ifndef SOFTFLEET_CORE_LOST_ROWS_H_
#define SOFTFLEET_CORE_LOST_ROWS_H_

#include <string>

#include "core/metrics.h"

namespace softfleet {

// sac_rows_lost_total{reason}; the metric's help says what the reasons mean.
Counter& LostRows(MetricRegistry& registry, const std::string& reason);

}  // namespace softfleet

#endif  // SOFTFLEET_CORE_LOST_ROWS_H_
