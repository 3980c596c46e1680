// SPDX-License-Identifier: Apache-2.0
#include "evaluation/seed_panel_report.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/plural.h"
#include "evaluation/chart.h"
#include "evaluation/html.h"
#include "evaluation/report_page.h"
#include "evaluation/report_tables.h"

namespace softfleet {
namespace {

// More rows than a screen has room for are put together.
constexpr size_t kMostRows = 300;

using OfPoint = std::function<const Estimate&(const SeedPanelPoint&)>;
using OfRecord = std::function<double(const AuditRecord&)>;

std::string SeedName(const ReportData& run) {
  return absl::StrCat("seed ", run.seed);
}

// --- Charts -----------------------------------------------------------------

Series OfCurve(const std::vector<SeedPanelPoint>& curve,
               const std::string& name, int colour, const OfPoint& estimate) {
  Series series{.name = name, .colour = colour};
  for (const SeedPanelPoint& point : curve) {
    series.x.push_back(static_cast<double>(point.step));
    series.y.push_back(estimate(point).value);
    series.low.push_back(estimate(point).low);
    series.high.push_back(estimate(point).high);
  }
  return series;
}

// A thin line per run.
std::vector<Series> OfRuns(const SeedPanelData& data, const OfRecord& value) {
  std::vector<Series> all;
  for (const ReportData& run : data.runs) {
    Series series{.name = SeedName(run), .colour = Series::kFaint};
    for (const AuditRecord& record : run.audit) {
      series.x.push_back(static_cast<double>(record.step));
      series.y.push_back(value(record));
    }
    all.push_back(std::move(series));
  }
  return all;
}

std::vector<Series> OfMetrics(const SeedPanelData& data,
                              const std::string& column) {
  std::vector<Series> all;
  for (const ReportData& run : data.runs) {
    size_t together = 1;
    const MetricsTable table = Thinned(run.metrics, kMostRows, &together);
    all.push_back({.name = SeedName(run),
                   .colour = Series::kFaint,
                   .x = table.Column("step"),
                   .y = table.Column(column)});
  }
  return all;
}

Chart Returns(const SeedPanelData& data,
              const std::vector<SeedPanelPoint>& curve) {
  return {
      .id = "return",
      .title = "Evaluation return, all seeds together",
      .y_label = "interquartile mean over seeds",
      .note = absl::StrCat(
          "The mean of the middle half of ", Counted(data.runs.size(), "run"),
          ", each with its mean over the starts; the bands are 95% "
          "intervals of a stratified bootstrap (Agarwal et al. 2021): how "
          "uncertain the interquartile mean is with so few seeds."),
      .series = {OfCurve(curve, "deterministic", 1,
                         [](const SeedPanelPoint& p) -> const Estimate& {
                           return p.deterministic;
                         }),
                 OfCurve(curve, "stochastic", 2,
                         [](const SeedPanelPoint& p) -> const Estimate& {
                           return p.stochastic;
                         })},
      .wide = true};
}

Chart EachReturn(const SeedPanelData& data, const std::string& id,
                 const std::string& mode, int colour,
                 const std::vector<SeedPanelPoint>& curve,
                 const OfPoint& estimate, const OfRecord& value) {
  Chart chart{.id = id,
              .title = absl::StrCat("Each seed, ", mode),
              .y_label = "mean return over the starts",
              .note = "Thin: one seed each.",
              .series = OfRuns(data, value)};
  Series together = OfCurve(curve, "interquartile mean", colour, estimate);
  together.low.clear();
  together.high.clear();
  chart.series.push_back(std::move(together));
  return chart;
}

Chart Regret(const SeedPanelData& data) {
  return {.id = "regret",
          .title = "Regret, each seed",
          .y_label = "reference return − return, deterministic",
          .series = OfRuns(data,
                           [](const AuditRecord& r) {
                             return r.deterministic.regret_mean.value_or(
                                 std::nan(""));
                           }),
          .scale = Chart::Scale::kLogarithmic};
}

Chart Alpha(const SeedPanelData& data) {
  return {.id = "alpha",
          .title = "Temperature alpha, each seed",
          .y_label = "reward per nat",
          .series = OfMetrics(data, "alpha"),
          .scale = Chart::Scale::kLogarithmic};
}

Chart Entropy(const SeedPanelData& data) {
  Chart chart{.id = "entropy",
              .title = "Entropy against its target, each seed",
              .y_label = "nats, on training batches",
              .series = OfMetrics(data, "entropy")};
  Series target = OfMetrics({{data.runs.front()}}, "target_entropy").front();
  target.name = "target";
  target.colour = Series::kTarget;
  chart.series.push_back(std::move(target));
  return chart;
}

Chart TrainingReturn(const SeedPanelData& data) {
  return {.id = "training-return",
          .title = "Training return, each seed",
          .y_label = "mean over episodes that ended in the interval",
          .series = OfMetrics(data, "return_mean")};
}

std::string Charts(const SeedPanelData& data) {
  const std::vector<SeedPanelPoint> curve = SeedPanelCurve(data);
  std::vector<Chart> charts = {
      Returns(data, curve),
      EachReturn(
          data, "deterministic-return", "deterministic", 1, curve,
          [](const SeedPanelPoint& p) -> const Estimate& {
            return p.deterministic;
          },
          [](const AuditRecord& r) { return r.deterministic.return_mean; }),
      EachReturn(
          data, "stochastic-return", "stochastic", 2, curve,
          [](const SeedPanelPoint& p) -> const Estimate& {
            return p.stochastic;
          },
          [](const AuditRecord& r) { return r.stochastic.return_mean; })};
  if (HasPoints(Regret(data))) charts.push_back(Regret(data));
  for (Chart chart : {TrainingReturn(data), Entropy(data), Alpha(data)}) {
    charts.push_back(std::move(chart));
  }
  double end = 0;
  for (const ReportData& run : data.runs) {
    end = std::max(end, static_cast<double>(Headline(run).steps));
  }
  std::string html = "<div class=\"charts\">\n";
  for (Chart& chart : charts) {
    chart.x_end = end;
    html += RenderChart(chart);
  }
  return absl::StrCat(html, "</div>\n");
}

// --- The result in words ----------------------------------------------------

std::string IntervalText(const Estimate& estimate) {
  return absl::StrCat("95%: ", FixedNumber(estimate.low, 1), " to ",
                      FixedNumber(estimate.high, 1));
}

std::string Progress(const SeedPanelData& data) {
  uint64_t finished = 0, steps = 0, updates = 0;
  for (const ReportData& run : data.runs) {
    const ReportHeadline headline = Headline(run);
    finished += headline.finished ? 1 : 0;
    steps += headline.steps;
    updates += headline.updates;
  }
  return absl::StrCat(finished, " of ", Counted(data.runs.size(), "seed"),
                      " finished: ", GroupedDigits(steps),
                      " environment steps and ", GroupedDigits(updates),
                      " updates in all.");
}

std::string Header(const SeedPanelData& data) {
  const SeedPanelPoint result = SeedPanelResult(data);
  std::string html = absl::StrCat(
      "<header>\n<p class=\"kicker\">Softfleet seed panel</p>\n<h1>",
      EscapeHtml(data.runs.front().environment),
      "</h1>\n<p class=\"progress\">", Progress(data), "</p>\n");
  if (result.seeds == 0) {
    return absl::StrCat(html,
                        "<p class=\"lead\">Not every seed has been evaluated "
                        "yet.</p>\n</header>\n");
  }
  return absl::StrCat(
      html,
      "<p class=\"lead\">At their last evaluations, the interquartile mean of "
      "the deterministic returns is <strong>",
      FixedNumber(result.deterministic.value, 1), "</strong> (",
      IntervalText(result.deterministic), "), with sampled actions <strong>",
      FixedNumber(result.stochastic.value, 1), "</strong> (",
      IntervalText(result.stochastic), ").</p>\n<dl class=\"tiles\">",
      RenderTile("deterministic return",
                 FixedNumber(result.deterministic.value, 1),
                 IntervalText(result.deterministic), "s1"),
      RenderTile("stochastic return", FixedNumber(result.stochastic.value, 1),
                 IntervalText(result.stochastic), "s2"),
      RenderTile("seeds", GroupedDigits(data.runs.size()), ""),
      "</dl>\n</header>\n");
}

// --- The final table --------------------------------------------------------

std::string Cell(const std::string& text) {
  return absl::StrCat("<td>", text, "</td>");
}

std::string StateText(const ReportData& run) {
  if (!Headline(run).finished) return "not finished";
  return run.stopped_by.empty()
             ? "finished"
             : absl::StrCat("ended by ", EscapeHtml(run.stopped_by));
}

std::string Optional(const std::optional<double>& value, int decimals) {
  return value.has_value() ? FixedNumber(*value, decimals) : "–";
}

std::string RowOf(const ReportData& run) {
  const ReportHeadline headline = Headline(run);
  std::string html =
      absl::StrCat("<tr><th scope=\"row\"><a href=\"seed-", run.seed,
                   "/report.html\">", run.seed, "</a></th>",
                   Cell(StateText(run)), Cell(GroupedDigits(headline.steps)),
                   Cell(GroupedDigits(headline.updates)));
  if (headline.evaluation.has_value()) {
    const AuditRecord& record = *headline.evaluation;
    for (const AuditReturns& mode : {record.deterministic, record.stochastic}) {
      absl::StrAppend(
          &html, Cell(FixedNumber(mode.return_mean, 1)),
          Cell(absl::StrCat("± ", FixedNumber(mode.return_std, 1))),
          Cell(Optional(mode.regret_mean, 1)),
          Cell(mode.eval_success.has_value() ? Percent(*mode.eval_success)
                                             : "–"));
    }
    absl::StrAppend(&html, Cell(SignificantNumber(record.alpha, 3)),
                    Cell(FixedNumber(record.entropy, 2)));
  } else {
    for (int column = 0; column < 10; ++column) html += Cell("–");
  }
  return absl::StrCat(html, Cell(DurationText(headline.wall_seconds)),
                      "</tr>\n");
}

constexpr char kHead[] =
    "<thead><tr><th scope=\"col\" rowspan=\"2\">seed</th>"
    "<th scope=\"col\" rowspan=\"2\">state</th>"
    "<th scope=\"col\" rowspan=\"2\">steps</th>"
    "<th scope=\"col\" rowspan=\"2\">updates</th>"
    "<th scope=\"colgroup\" colspan=\"4\" class=\"group\">deterministic</th>"
    "<th scope=\"colgroup\" colspan=\"4\" class=\"group\">stochastic</th>"
    "<th scope=\"col\" rowspan=\"2\">alpha</th>"
    "<th scope=\"col\" rowspan=\"2\">entropy</th>"
    "<th scope=\"col\" rowspan=\"2\">time at work</th></tr>"
    "<tr><th scope=\"col\">return</th><th scope=\"col\">std</th>"
    "<th scope=\"col\">regret</th><th scope=\"col\">success</th>"
    "<th scope=\"col\">return</th><th scope=\"col\">std</th>"
    "<th scope=\"col\">regret</th><th "
    "scope=\"col\">success</th></tr></thead>\n";

std::string Table(const SeedPanelData& data) {
  std::string html = absl::StrCat(
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
      "aria-label=\"Seeds\"><table class=\"audit seeds\">",
      kHead, "<tbody>\n");
  for (const ReportData& run : data.runs) html += RowOf(run);
  return absl::StrCat(html, "</tbody></table></div>\n");
}

std::vector<std::string> Problems(const SeedPanelData& data) {
  std::vector<std::string> problems;
  for (const ReportData& run : data.runs) {
    for (const std::string& problem : run.problems) problems.push_back(problem);
  }
  return problems;
}

}  // namespace

std::string RenderSeedPanelReport(const SeedPanelData& data) {
  ReportData first = data.runs.front();
  std::erase_if(first.differences, [](const ConfigDifference& difference) {
    return difference.path == "seed";
  });
  return RenderPage(
      absl::StrCat(first.environment, " – Softfleet seed panel"),
      absl::StrCat(Header(data), RenderProblems(Problems(data)),
                   "<section>\n<h2>How they learned</h2>\n", Charts(data),
                   "</section>\n<section>\n<h2>Last evaluations</h2>\n",
                   Table(data),
                   "</section>\n<section>\n<h2>What the runs were</h2>\n",
                   "<h3>Different from the defaults, but for the seed</h3>\n",
                   RenderConfiguration(first), "</section>\n"));
}

}  // namespace softfleet
