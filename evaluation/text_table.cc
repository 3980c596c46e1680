// SPDX-License-Identifier: Apache-2.0
#include "evaluation/text_table.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace softfleet {
namespace {

// Columns a UTF-8 text takes in a terminal: its code points.
size_t Width(const std::string& text) {
  return static_cast<size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) >> 6) != 2; }));
}

std::vector<size_t> Widths(const std::vector<TextRow>& rows) {
  std::vector<size_t> widths(rows.front().size());
  for (const TextRow& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], Width(row[i]));
    }
  }
  return widths;
}

}  // namespace

std::string FormatTextTable(const std::vector<TextRow>& rows, size_t left) {
  if (rows.empty()) return "";
  const std::vector<size_t> widths = Widths(rows);
  std::string table;
  for (const TextRow& row : rows) {
    TextRow aligned;
    for (size_t i = 0; i < row.size(); ++i) {
      const std::string space(widths[i] - Width(row[i]), ' ');
      aligned.push_back(i < left ? row[i] + space : space + row[i]);
    }
    absl::StrAppend(&table, absl::StrJoin(aligned, "  "), "\n");
  }
  return table;
}

}  // namespace softfleet
