// SPDX-License-Identifier: Apache-2.0
#include "evaluation/report_tables.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "evaluation/html.h"

namespace softfleet {
namespace {

// Records that may be compared: evaluated on one panel.
struct Group {
  std::string panel_hash;
  std::vector<const AuditRecord*> records;
};

std::vector<Group> GroupByPanel(const std::vector<AuditRecord>& records) {
  std::vector<Group> groups;
  for (const AuditRecord& record : records) {
    auto group =
        std::ranges::find(groups, record.panel_hash, &Group::panel_hash);
    if (group == groups.end()) {
      groups.push_back({record.panel_hash, {}});
      group = groups.end() - 1;
    }
    group->records.push_back(&record);
  }
  return groups;
}

std::string Cell(const std::string& text) {
  return absl::StrCat("<td>", text, "</td>");
}

std::string OptionalNumber(const std::optional<double>& value) {
  return value.has_value() ? FixedNumber(*value, 1) : "–";
}

std::string OptionalPercent(const std::optional<double>& value) {
  return value.has_value() ? Percent(*value) : "–";
}

// A share in percent with one decimal, so that a column is aligned.
std::string Tenths(double share) {
  return absl::StrCat(FixedNumber(100 * share, 1), "%");
}

std::string ReturnsCells(const AuditReturns& returns) {
  return absl::StrCat(
      Cell(FixedNumber(returns.return_mean, 1)),
      Cell(absl::StrCat("± ", FixedNumber(returns.return_std, 1))),
      Cell(OptionalNumber(returns.regret_mean)),
      Cell(OptionalPercent(returns.eval_success)));
}

std::string SpreadText(const std::vector<double>& action_std) {
  if (action_std.empty()) return "–";
  std::vector<std::string> texts;
  texts.reserve(action_std.size());
  for (const double std : action_std) texts.push_back(FixedNumber(std, 2));
  return absl::StrJoin(texts, " ");
}

std::string RowOf(const AuditRecord& record) {
  return absl::StrCat(
      "<tr><th scope=\"row\">", GroupedDigits(record.step), "</th>",
      Cell(GroupedDigits(record.updates)), ReturnsCells(record.deterministic),
      ReturnsCells(record.stochastic), Cell(SignificantNumber(record.alpha, 3)),
      Cell(FixedNumber(record.entropy, 2)),
      Cell(FixedNumber(record.target_entropy, 2)),
      Cell(SpreadText(record.action_std)),
      Cell(Tenths(record.saturated_fraction)),
      Cell(Tenths(record.clipped_fraction)), "</tr>\n");
}

constexpr char kAuditHead[] =
    "<thead><tr><th scope=\"col\" rowspan=\"2\">step</th>"
    "<th scope=\"col\" rowspan=\"2\">updates</th>"
    "<th scope=\"colgroup\" colspan=\"4\" class=\"group\">deterministic</th>"
    "<th scope=\"colgroup\" colspan=\"4\" class=\"group\">stochastic</th>"
    "<th scope=\"col\" rowspan=\"2\">alpha</th>"
    "<th scope=\"colgroup\" colspan=\"2\" class=\"group\">entropy, nats</th>"
    "<th scope=\"colgroup\" colspan=\"3\" class=\"group\">actions</th></tr>"
    "<tr><th scope=\"col\">return</th><th scope=\"col\">std</th>"
    "<th scope=\"col\">regret</th><th scope=\"col\">success</th>"
    "<th scope=\"col\">return</th><th scope=\"col\">std</th>"
    "<th scope=\"col\">regret</th><th scope=\"col\">success</th>"
    "<th scope=\"col\">found</th><th scope=\"col\">target</th>"
    "<th scope=\"col\">std</th><th scope=\"col\">saturated</th>"
    "<th scope=\"col\">clipped</th></tr></thead>\n";

std::string TableOf(const Group& group) {
  std::string html = absl::StrCat(
      "<p class=\"panel\">Panel <code>", EscapeHtml(group.panel_hash),
      "</code>, ", GroupedDigits(group.records.back()->panel_starts),
      " starts in each mode.</p>\n<div class=\"scroll\" tabindex=\"0\" "
      "role=\"region\" aria-label=\"Evaluations\"><table class=\"audit\">",
      kAuditHead, "<tbody>\n");
  for (const AuditRecord* record : group.records) html += RowOf(*record);
  return absl::StrCat(html, "</tbody></table></div>\n");
}

std::string Fact(const std::string& name, const std::string& value) {
  if (value.empty()) return "";
  return absl::StrCat("<dt>", EscapeHtml(name), "</dt><dd>", EscapeHtml(value),
                      "</dd>\n");
}

// The best of several evaluations looks better than it is: its starts have
// been used to choose it.
std::string BestFact(const ReportData& data) {
  if (!data.best_step.has_value()) return "";
  for (const AuditRecord& record : data.audit) {
    if (record.step != *data.best_step) continue;
    return Fact(
        "best evaluation",
        absl::StrCat("step ", GroupedDigits(record.step), ", deterministic ",
                     FixedNumber(record.deterministic.return_mean, 1),
                     ", kept in policy_best; chosen on these starts, so "
                     "somewhat flattering"));
  }
  return "";
}

std::string Differences(const ReportData& data) {
  if (data.differences.empty()) {
    return "<p>Every field has its default.</p>\n";
  }
  std::string html =
      "<div class=\"scroll\"><table class=\"config\"><thead><tr>"
      "<th scope=\"col\">field</th><th scope=\"col\">this run</th>"
      "<th scope=\"col\">default</th></tr></thead><tbody>\n";
  for (const ConfigDifference& difference : data.differences) {
    absl::StrAppend(&html, "<tr><th scope=\"row\"><code>",
                    EscapeHtml(difference.path), "</code></th><td><code>",
                    EscapeHtml(difference.wanted), "</code></td><td><code>",
                    EscapeHtml(difference.stored), "</code></td></tr>\n");
  }
  return absl::StrCat(html, "</tbody></table></div>\n");
}

}  // namespace

std::string RenderAudit(const ReportData& data) {
  if (data.audit.empty()) {
    return "<p>No evaluation has been recorded yet.</p>\n";
  }
  std::string html;
  const std::vector<Group> groups = GroupByPanel(data.audit);
  if (groups.size() > 1) {
    html +=
        "<p>The panel changed during the run: returns of different panels are "
        "not comparable.</p>\n";
  }
  for (const Group& group : groups) html += TableOf(group);
  return html;
}

std::string RenderConfiguration(const ReportData& data) {
  if (data.config_text.empty()) return "<p>The configuration is unknown.</p>\n";
  return absl::StrCat(
      Differences(data),
      "<details><summary>The whole configuration</summary><pre><code>",
      EscapeHtml(data.config_text), "</code></pre></details>\n");
}

std::string RenderFacts(const ReportData& data) {
  const ReportHeadline headline = Headline(data);
  std::string html = "<dl>";
  absl::StrAppend(
      &html, Fact("run", data.run_id),
      Fact("configuration hash", data.config_hash),
      data.config_text.empty() ? "" : Fact("seed", absl::StrCat(data.seed)),
      Fact("started", data.created), Fact("last record", data.last_record),
      Fact("time at work", DurationText(headline.wall_seconds)),
      data.starts > 1 ? Fact("program starts", absl::StrCat(data.starts)) : "",
      Fact("panel", data.panel), BestFact(data));
  if (data.machine.empty()) html += Fact("machine", "not recorded");
  for (const auto& [name, value] : data.machine) html += Fact(name, value);
  return absl::StrCat(html, "</dl>\n");
}

}  // namespace softfleet
