// SPDX-License-Identifier: Apache-2.0
#include "evaluation/report.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "evaluation/axis.h"
#include "evaluation/html.h"
#include "evaluation/report_charts.h"
#include "evaluation/report_page.h"
#include "evaluation/report_tables.h"

namespace softfleet {

namespace {

double LastNumber(const std::vector<double>& column) {
  for (auto value = column.rbegin(); value != column.rend(); ++value) {
    if (std::isfinite(*value)) return *value;
  }
  return std::numeric_limits<double>::quiet_NaN();
}

// A count read from a column of doubles; 0 where it is none.
uint64_t LastCount(const std::vector<double>& column) {
  const double value = LastNumber(column);
  return value > 0 && value < 1e18 ? static_cast<uint64_t>(value) : 0;
}

std::string PlusMinus(const AuditReturns& returns) {
  return absl::StrCat(FixedNumber(returns.return_mean, 1), " ± ",
                      FixedNumber(returns.return_std, 1));
}

// --- The result in words ----------------------------------------------------

// "Finished: 20,000 environment steps and 19,900 updates in 57 s."
std::string ProgressSentence(const ReportData& data,
                             const ReportHeadline& headline) {
  std::string text = headline.finished ? "Finished: " : "So far: ";
  absl::StrAppend(&text, GroupedDigits(headline.steps));
  if (headline.steps < data.total_steps) {
    absl::StrAppend(&text, " of ", GroupedDigits(data.total_steps));
  }
  absl::StrAppend(&text, " environment steps and ",
                  GroupedDigits(headline.updates), " updates");
  if (std::isfinite(headline.wall_seconds)) {
    absl::StrAppend(&text, " in ", DurationText(headline.wall_seconds));
  }
  absl::StrAppend(&text, ".");
  if (headline.finished && !data.stopped_by.empty()) {
    absl::StrAppend(&text, " Ended early by ", EscapeHtml(data.stopped_by),
                    ".");
  }
  return text;
}

std::string RegretSentence(const AuditRecord& record) {
  if (!record.deterministic.regret_mean.has_value()) return "";
  const double regret = *record.deterministic.regret_mean;
  return absl::StrCat(" That is ", FixedNumber(std::fabs(regret), 1),
                      regret < 0 ? " above" : " below",
                      " the best returns known, on average.");
}

std::string SuccessSentence(const AuditRecord& record) {
  if (!record.deterministic.eval_success.has_value()) return "";
  return absl::StrCat(" ", Percent(*record.deterministic.eval_success),
                      " of its episodes meet the success criterion.");
}

std::string ResultSentence(const ReportData& data,
                           const ReportHeadline& headline) {
  if (!headline.evaluation.has_value()) {
    return "<p class=\"lead\">The policy has not been evaluated yet.</p>\n";
  }
  const AuditRecord& record = *headline.evaluation;
  return absl::StrCat(
      "<p class=\"lead\">",
      record.step == headline.steps
          ? "Acting"
          : absl::StrCat("At step ", GroupedDigits(record.step), ", acting"),
      " deterministically, the policy returns <strong>",
      PlusMinus(record.deterministic), "</strong> from ",
      GroupedDigits(record.panel_starts),
      data.panel.empty() ? " random starts." : " fixed starts.",
      RegretSentence(record), SuccessSentence(record),
      " With sampled actions it returns <strong>", PlusMinus(record.stochastic),
      "</strong>.</p>\n");
}

std::string EvaluationTiles(const AuditRecord& record) {
  const AuditReturns& deterministic = record.deterministic;
  const AuditReturns& stochastic = record.stochastic;
  std::string html = absl::StrCat(
      RenderTile("deterministic return",
                 FixedNumber(deterministic.return_mean, 1),
                 absl::StrCat("± ", FixedNumber(deterministic.return_std, 1),
                              " between starts"),
                 "s1"),
      RenderTile("stochastic return", FixedNumber(stochastic.return_mean, 1),
                 absl::StrCat("± ", FixedNumber(stochastic.return_std, 1),
                              " between starts"),
                 "s2"));
  if (deterministic.regret_mean.has_value()) {
    html += RenderTile(
        "regret", FixedNumber(*deterministic.regret_mean, 1),
        absl::StrCat(
            "stochastic ",
            FixedNumber(stochastic.regret_mean.value_or(std::nan("")), 1)));
  }
  if (deterministic.eval_success.has_value()) {
    html += RenderTile(
        "success", Percent(*deterministic.eval_success),
        absl::StrCat("stochastic ",
                     Percent(stochastic.eval_success.value_or(std::nan("")))));
  }
  return html;
}

std::string Tiles(const ReportHeadline& headline) {
  std::string html = "<dl class=\"tiles\">";
  if (headline.evaluation.has_value()) {
    html += EvaluationTiles(*headline.evaluation);
  }
  html += RenderTile("environment steps", GroupedDigits(headline.steps),
                     absl::StrCat(GroupedDigits(headline.updates), " updates"));
  const double rate =
      static_cast<double>(headline.steps) / headline.wall_seconds;
  html += RenderTile("wall time", DurationText(headline.wall_seconds),
                     std::isfinite(rate)
                         ? absl::StrCat(FixedNumber(rate, 0), " steps/s")
                         : "");
  return absl::StrCat(html, "</dl>\n");
}

// --- The page ---------------------------------------------------------------

std::string Title(const ReportData& data) {
  return EscapeHtml(data.environment.empty() ? "A run" : data.environment);
}

std::string Header(const ReportData& data) {
  const ReportHeadline headline = Headline(data);
  return absl::StrCat(
      "<header>\n<p class=\"kicker\">Softfleet run <code>",
      EscapeHtml(data.run_id), "</code></p>\n<h1>", Title(data),
      "</h1>\n<p class=\"progress\">", ProgressSentence(data, headline),
      "</p>\n", ResultSentence(data, headline), Tiles(headline), "</header>\n");
}

std::string Charts(const ReportData& data) {
  const std::vector<Chart> charts = ReportCharts(data);
  if (std::ranges::none_of(charts, HasPoints)) {
    return "<p>Nothing has been recorded yet.</p>\n";
  }
  std::string html = "<div class=\"charts\">\n";
  for (const Chart& chart : charts) html += RenderChart(chart);
  return absl::StrCat(html, "</div>\n");
}

}  // namespace

ReportHeadline Headline(const ReportData& data) {
  ReportHeadline headline;
  headline.steps =
      std::max(LastCount(data.metrics.Column("step")), data.checkpointed_step);
  headline.updates = LastCount(data.metrics.Column("updates"));
  headline.finished = data.finished;
  const double seconds = std::fmax(
      LastNumber(data.metrics.Column("wall_seconds")),
      data.wall_seconds > 0 ? data.wall_seconds
                            : std::numeric_limits<double>::quiet_NaN());
  headline.wall_seconds = seconds >= 0 && Drawable(seconds)
                              ? seconds
                              : std::numeric_limits<double>::quiet_NaN();
  if (!data.audit.empty()) {
    headline.evaluation = data.audit.back();
    headline.steps = std::max(headline.steps, data.audit.back().step);
    headline.updates = std::max(headline.updates, data.audit.back().updates);
    // The last evaluation comes after the last update.
    headline.finished |=
        data.total_steps > 0 && data.audit.back().step >= data.total_steps;
  }
  return headline;
}

std::string RenderReport(const ReportData& data) {
  return RenderPage(
      absl::StrCat(data.environment.empty() ? "A run" : data.environment,
                   " – Softfleet run ", data.run_id),
      absl::StrCat(
          Header(data), RenderProblems(data.problems),
          "<section>\n<h2>How it learned</h2>\n", Charts(data),
          "</section>\n<section>\n<h2>Evaluations</h2>\n", RenderAudit(data),
          "</section>\n<section>\n<h2>What the run was</h2>\n<div "
          "class=\"columns\">\n<div>\n<h3>Different from the defaults</h3>\n",
          RenderConfiguration(data),
          "</div>\n<div>\n<h3>Run and machine</h3>\n", RenderFacts(data),
          "</div>\n</div>\n</section>\n"));
}

}  // namespace softfleet
