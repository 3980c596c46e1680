// SPDX-License-Identifier: Apache-2.0
#include "evaluation/metrics_table.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace softfleet {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

bool ParseRow(absl::string_view line, size_t columns,
              std::vector<double>* row) {
  for (const absl::string_view field : absl::StrSplit(line, ',')) {
    double value = kMissing;
    if (!field.empty() && !absl::SimpleAtod(field, &value)) return false;
    row->push_back(value);
  }
  return row->size() == columns;
}

double MeanOfNumbers(const std::vector<std::vector<double>>& rows, size_t begin,
                     size_t end, size_t column) {
  double sum = 0;
  int count = 0;
  for (size_t i = begin; i < end; ++i) {
    if (!std::isfinite(rows[i][column])) continue;
    sum += rows[i][column];
    ++count;
  }
  return count == 0 ? kMissing : sum / count;
}

}  // namespace

std::vector<double> MetricsTable::Column(absl::string_view name) const {
  const auto found = std::ranges::find(columns, name);
  std::vector<double> values(rows.size(), kMissing);
  if (found == columns.end()) return values;
  const auto index = static_cast<size_t>(found - columns.begin());
  for (size_t i = 0; i < rows.size(); ++i) values[i] = rows[i][index];
  return values;
}

absl::StatusOr<MetricsTable> ParseMetrics(absl::string_view text,
                                          absl::string_view source) {
  MetricsTable table;
  // What is after the last line break is a torn line, or nothing.
  const size_t end = text.rfind('\n');
  if (end == absl::string_view::npos) return table;
  const std::vector<absl::string_view> lines =
      absl::StrSplit(text.substr(0, end), '\n');
  table.columns = absl::StrSplit(lines[0], ',');
  for (size_t i = 1; i < lines.size(); ++i) {
    std::vector<double> row;
    if (!ParseRow(lines[i], table.columns.size(), &row)) {
      return absl::DataLossError(
          absl::StrCat(source, ":", i + 1, ": not a row of ",
                       table.columns.size(), " numbers"));
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

MetricsTable Thinned(const MetricsTable& table, size_t most, size_t* together) {
  const size_t rows = table.rows.size();
  *together = std::max<size_t>(1, (rows + most - 1) / most);
  if (*together == 1) return table;
  MetricsTable thin{table.columns, {}};
  for (size_t begin = 0; begin < rows; begin += *together) {
    const size_t end = std::min(rows, begin + *together);
    std::vector<double> row;
    for (size_t column = 0; column < table.columns.size(); ++column) {
      row.push_back(table.columns[column] == "step"
                        ? table.rows[end - 1][column]
                        : MeanOfNumbers(table.rows, begin, end, column));
    }
    thin.rows.push_back(std::move(row));
  }
  return thin;
}

}  // namespace softfleet
