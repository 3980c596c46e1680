// SPDX-License-Identifier: Apache-2.0
#include "evaluation/audit_table.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace softfleet {
namespace {

using Row = std::vector<std::string>;

const Row& Header() {
  static const Row& header = *new Row{"step",
                                      "alpha",
                                      "entropy (target)",
                                      "deterministic",
                                      "stochastic",
                                      "regret det / sto",
                                      "success det / sto",
                                      "saturated"};
  return header;
}

// Records that may be compared.
struct Group {
  std::string panel_hash;
  uint64_t starts = 0;
  std::vector<const AuditRecord*> records;
};

std::vector<Group> GroupByPanel(const std::vector<AuditRecord>& records) {
  std::vector<Group> groups;
  for (const AuditRecord& record : records) {
    auto group =
        std::ranges::find(groups, record.panel_hash, &Group::panel_hash);
    if (group == groups.end()) {
      groups.push_back({record.panel_hash, record.panel_starts, {}});
      group = groups.end() - 1;
    }
    group->records.push_back(&record);
  }
  return groups;
}

std::string ReturnText(const AuditReturns& returns) {
  return absl::StrFormat("%.1f ± %.1f", returns.return_mean,
                         returns.return_std);
}

std::string RegretText(const AuditRecord& record) {
  const auto& deterministic = record.deterministic.regret_mean;
  const auto& stochastic = record.stochastic.regret_mean;
  if (!deterministic.has_value() || !stochastic.has_value()) {
    return "no reference";
  }
  return absl::StrFormat("%.1f / %.1f", *deterministic, *stochastic);
}

std::string SuccessText(const AuditRecord& record) {
  const auto& deterministic = record.deterministic.eval_success;
  const auto& stochastic = record.stochastic.eval_success;
  if (!deterministic.has_value() || !stochastic.has_value()) {
    return "no criterion";
  }
  return absl::StrFormat("%.0f%% / %.0f%%", 100 * *deterministic,
                         100 * *stochastic);
}

Row RowOf(const AuditRecord& record) {
  return {absl::StrCat(record.step),
          absl::StrFormat("%.4f", record.alpha),
          absl::StrFormat("%.2f (%.2f)", record.entropy, record.target_entropy),
          ReturnText(record.deterministic),
          ReturnText(record.stochastic),
          RegretText(record),
          SuccessText(record),
          absl::StrFormat("%.1f%%", 100 * record.saturated_fraction)};
}

std::vector<Row> RowsOf(const Group& group) {
  std::vector<Row> rows = {Header()};
  for (const AuditRecord* record : group.records) {
    rows.push_back(RowOf(*record));
  }
  return rows;
}

// Columns a UTF-8 text takes in a terminal: its code points.
size_t Width(const std::string& text) {
  return static_cast<size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) >> 6) != 2; }));
}

std::vector<size_t> Widths(const std::vector<Row>& rows) {
  std::vector<size_t> widths(rows.front().size());
  for (const Row& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], Width(row[i]));
    }
  }
  return widths;
}

Row RightAligned(const Row& row, const std::vector<size_t>& widths) {
  Row aligned;
  for (size_t i = 0; i < row.size(); ++i) {
    aligned.push_back(std::string(widths[i] - Width(row[i]), ' ') + row[i]);
  }
  return aligned;
}

std::string PanelText(const Group& group) {
  return absl::StrCat("panel ", group.panel_hash, ", ", group.starts,
                      " starts per mode");
}

}  // namespace

std::string FormatAuditTable(const std::vector<AuditRecord>& records) {
  if (records.empty()) return "no evaluations\n";
  std::vector<std::string> tables;
  for (const Group& group : GroupByPanel(records)) {
    const std::vector<Row> rows = RowsOf(group);
    const std::vector<size_t> widths = Widths(rows);
    std::string table = absl::StrCat(PanelText(group), "\n");
    for (const Row& row : rows) {
      absl::StrAppend(&table, absl::StrJoin(RightAligned(row, widths), "  "),
                      "\n");
    }
    tables.push_back(std::move(table));
  }
  return absl::StrJoin(tables, "\n");
}

std::string FormatAuditMarkdown(const std::vector<AuditRecord>& records) {
  if (records.empty()) return "No evaluations.\n";
  std::vector<std::string> tables;
  for (const Group& group : GroupByPanel(records)) {
    std::vector<Row> rows = RowsOf(group);
    rows.insert(rows.begin() + 1, Row(Header().size(), "---:"));
    std::string table = absl::StrCat(PanelText(group), "\n\n");
    for (const Row& row : rows) {
      absl::StrAppend(&table, "| ", absl::StrJoin(row, " | "), " |\n");
    }
    tables.push_back(std::move(table));
  }
  return absl::StrJoin(tables, "\n");
}

}  // namespace softfleet
