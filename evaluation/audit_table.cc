// SPDX-License-Identifier: Apache-2.0
#include "evaluation/audit_table.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "core/plural.h"
#include "evaluation/text_table.h"

namespace softfleet {
namespace {

const TextRow& Header() {
  static const TextRow& header = *new TextRow{"step",
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

TextRow RowOf(const AuditRecord& record) {
  return {absl::StrCat(record.step),
          absl::StrFormat("%.4f", record.alpha),
          absl::StrFormat("%.2f (%.2f)", record.entropy, record.target_entropy),
          ReturnText(record.deterministic),
          ReturnText(record.stochastic),
          RegretText(record),
          SuccessText(record),
          absl::StrFormat("%.1f%%", 100 * record.saturated_fraction)};
}

std::vector<TextRow> RowsOf(const Group& group) {
  std::vector<TextRow> rows = {Header()};
  for (const AuditRecord* record : group.records) {
    rows.push_back(RowOf(*record));
  }
  return rows;
}

std::string PanelText(const Group& group) {
  return absl::StrCat("panel ", group.panel_hash, ", ",
                      Counted(group.starts, "start"), " per mode");
}

}  // namespace

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

std::string FormatAuditTable(const std::vector<AuditRecord>& records) {
  if (records.empty()) return "no evaluations\n";
  std::vector<std::string> tables;
  for (const Group& group : GroupByPanel(records)) {
    tables.push_back(
        absl::StrCat(PanelText(group), "\n", FormatTextTable(RowsOf(group))));
  }
  return absl::StrJoin(tables, "\n");
}

std::string FormatAuditMarkdown(const std::vector<AuditRecord>& records) {
  if (records.empty()) return "No evaluations.\n";
  std::vector<std::string> tables;
  for (const Group& group : GroupByPanel(records)) {
    std::vector<TextRow> rows = RowsOf(group);
    rows.insert(rows.begin() + 1, TextRow(Header().size(), "---:"));
    std::string table = absl::StrCat(PanelText(group), "\n\n");
    for (const TextRow& row : rows) {
      absl::StrAppend(&table, "| ", absl::StrJoin(row, " | "), " |\n");
    }
    tables.push_back(std::move(table));
  }
  return absl::StrJoin(tables, "\n");
}

}  // namespace softfleet
