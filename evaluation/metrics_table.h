// SPDX-License-Identifier: Apache-2.0
// metrics.csv as a reader sees it: named columns of numbers. Knows no column
// by name, so that files of older and newer versions can be read. A value.
#ifndef SOFTFLEET_EVALUATION_METRICS_TABLE_H_
#define SOFTFLEET_EVALUATION_METRICS_TABLE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace softfleet {

struct MetricsTable {
  std::vector<std::string> columns;
  std::vector<std::vector<double>> rows;  // each as long as `columns`

  // One value per row; all NaN where there is no such column.
  std::vector<double> Column(absl::string_view name) const;
};

// An empty field is NaN. A torn last line, as a running program leaves it, is
// left out, and an empty text is an empty table. DataLoss says
// "source:line: ..." for any other line that is no row of numbers.
absl::StatusOr<MetricsTable> ParseMetrics(absl::string_view text,
                                          absl::string_view source);

// At most about `most` rows: consecutive ones are put together, `*together` of
// them (1 = nothing was done; the last group may be smaller). Each value is
// the mean of the numbers that are there; `step` is that of the last row.
// `most` > 0.
MetricsTable Thinned(const MetricsTable& table, size_t most, size_t* together);

}  // namespace softfleet

#endif  // SOFTFLEET_EVALUATION_METRICS_TABLE_H_
