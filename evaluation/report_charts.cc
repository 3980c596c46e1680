// SPDX-License-Identifier: Apache-2.0
#include "evaluation/report_charts.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "evaluation/html.h"

namespace softfleet {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();
// More rows than a screen has room for are put together.
constexpr size_t kMostRows = 600;
// Action dimensions shown each by its own line.
constexpr size_t kMostDimensions = 3;

using OfRecord = std::function<double(const AuditRecord&)>;

// What all charts are made from.
struct Sources {
  const ReportData& data;
  MetricsTable metrics;  // thinned
  size_t together = 1;   // rows per row of it
  std::vector<double> metrics_steps;
};

Series OfMetrics(const Sources& sources, const std::string& name, int colour,
                 const std::string& column) {
  return {
      name, colour, sources.metrics_steps, sources.metrics.Column(column), {}};
}

// One point per evaluation, and a point that cannot be drawn between two of
// different panels.
Series OfAudit(const std::vector<AuditRecord>& audit, const std::string& name,
               int colour, const OfRecord& value, const OfRecord& spread = {}) {
  Series series{name, colour, {}, {}, {}};
  const auto add = [&](const AuditRecord& record, double y) {
    series.x.push_back(static_cast<double>(record.step));
    series.y.push_back(y);
    if (spread) series.spread.push_back(spread(record));
  };
  for (size_t i = 0; i < audit.size(); ++i) {
    if (i > 0 && audit[i].panel_hash != audit[i - 1].panel_hash) {
      add(audit[i], kMissing);
    }
    add(audit[i], value(audit[i]));
  }
  return series;
}

double ValueOrMissing(const std::optional<double>& value) {
  return value.value_or(kMissing);
}

std::string StartsText(const ReportData& data) {
  if (data.audit.empty()) return "the starts";
  const uint64_t starts = data.audit.back().panel_starts;
  return absl::StrCat("the ", GroupedDigits(starts),
                      data.panel.empty() ? " random starts" : " panel starts");
}

Chart LearningCurve(const ReportData& data) {
  Chart chart{.id = "return",
              .title = "Evaluation return",
              .y_label = "sum of rewards of an episode",
              .wide = true};
  chart.note = absl::StrCat(
      "Mean over ", StartsText(data),
      "; the bands are ± one standard deviation between starts. They show how "
      "different the starts are, not how uncertain the mean is.");
  chart.series = {
      OfAudit(
          data.audit, "deterministic", 1,
          [](const AuditRecord& r) { return r.deterministic.return_mean; },
          [](const AuditRecord& r) { return r.deterministic.return_std; }),
      OfAudit(
          data.audit, "stochastic", 2,
          [](const AuditRecord& r) { return r.stochastic.return_mean; },
          [](const AuditRecord& r) { return r.stochastic.return_std; })};
  return chart;
}

// A logarithmic axis leaves out what is not above zero.
bool AllAboveZero(const std::vector<Series>& all) {
  return std::ranges::all_of(all, [](const Series& series) {
    return std::ranges::none_of(series.y, [](double y) { return y <= 0; });
  });
}

Chart Regret(const ReportData& data) {
  Chart chart{
      .id = "regret",
      .title = "Regret",
      .y_label = "reference return − return, mean over starts",
      .note =
          "Against the best returns known, which are no bound: regret may be "
          "negative.",
      .series = {OfAudit(data.audit, "deterministic", 1,
                         [](const AuditRecord& r) {
                           return ValueOrMissing(r.deterministic.regret_mean);
                         }),
                 OfAudit(data.audit, "stochastic", 2, [](const AuditRecord& r) {
                   return ValueOrMissing(r.stochastic.regret_mean);
                 })}};
  chart.scale = AllAboveZero(chart.series) ? Chart::Scale::kLogarithmic
                                           : Chart::Scale::kFromZero;
  return chart;
}

Chart Success(const ReportData& data) {
  return {
      .id = "success",
      .title = "Success",
      .y_label = "share of starts that meet the criterion",
      .series = {OfAudit(data.audit, "deterministic", 1,
                         [](const AuditRecord& r) {
                           return ValueOrMissing(r.deterministic.eval_success);
                         }),
                 OfAudit(data.audit, "stochastic", 2,
                         [](const AuditRecord& r) {
                           return ValueOrMissing(r.stochastic.eval_success);
                         })},
      .scale = Chart::Scale::kShare};
}

Chart TrainingReturn(const Sources& sources) {
  Chart chart{
      .id = "training-return",
      .title = "Training return",
      .y_label = "mean over episodes that ended in the interval",
      .note =
          "With exploration noise, from the environment's own resets; not "
          "comparable with the evaluation.",
      .series = {OfMetrics(sources, "training return", 1, "return_mean")}};
  if (sources.together > 1) {
    absl::StrAppend(&chart.note,
                    " Each point of a training curve is the mean of ",
                    sources.together, " rows of metrics.csv.");
  }
  return chart;
}

bool HasActionSpread(const ReportData& data) {
  return data.audit.empty() ||
         std::ranges::any_of(data.audit, [](const AuditRecord& record) {
           return !record.action_std.empty();
         });
}

Chart Entropy(const Sources& sources) {
  const ReportData& data = sources.data;
  Chart chart{.id = "entropy",
              .title = "Entropy against its target",
              .y_label = !HasActionSpread(data) ? "nats"
                         : data.entropy_in_environment_units
                             ? "nats, of actions in the environment's units"
                             : "nats, of actions in [−1, 1]"};
  chart.note =
      "Alpha is tuned until the entropy on replayed states meets the target, "
      "good policy or bad: entropy at its target says nothing about "
      "convergence. Along the policy's own episodes it may differ.";
  chart.series = {OfMetrics(sources, "training batches", 1, "entropy"),
                  OfAudit(data.audit, "evaluation episodes", 2,
                          [](const AuditRecord& r) { return r.entropy; })};
  Series target =
      OfMetrics(sources, "target", Series::kTarget, "target_entropy");
  if (target.x.empty()) {
    target = OfAudit(data.audit, "target", Series::kTarget,
                     [](const AuditRecord& r) { return r.target_entropy; });
  }
  chart.series.push_back(std::move(target));
  return chart;
}

Chart Alpha(const Sources& sources) {
  return {.id = "alpha",
          .title = "Temperature alpha",
          .y_label = "reward per nat",
          .series = {OfMetrics(sources, "alpha", 1, "alpha")},
          .scale = Chart::Scale::kLogarithmic};
}

Chart CriticLoss(const Sources& sources) {
  return {.id = "critic-loss",
          .title = "Critic loss",
          .y_label = "mean squared temporal-difference error",
          .series = {OfMetrics(sources, "critic loss", 1, "critic_loss")},
          .scale = Chart::Scale::kLogarithmic};
}

Chart MeanQ(const Sources& sources) {
  return {.id = "q",
          .title = "Mean Q",
          .y_label = "soft value of stored actions, all critics",
          .series = {OfMetrics(sources, "mean Q", 1, "q_mean")}};
}

Chart TemporalDifference(const Sources& sources) {
  return {.id = "td-error",
          .title = "Temporal-difference error",
          .y_label = "mean distance of Q from its target",
          .series = {OfMetrics(sources, "|Q − target|", 1, "td_abs_mean")},
          .scale = Chart::Scale::kLogarithmic};
}

double MeanOf(const std::vector<double>& values) {
  if (values.empty()) return kMissing;
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

Chart ActionSpread(const Sources& sources) {
  const std::vector<AuditRecord>& audit = sources.data.audit;
  Chart chart{.id = "action-spread",
              .title = "Action spread",
              .y_label = "standard deviation of actions after tanh",
              .scale = Chart::Scale::kFromZero};
  chart.series = {OfMetrics(sources, "training batches", 1, "action_std_mean")};
  const size_t dimensions = audit.empty() ? 1 : audit.back().action_std.size();
  if (dimensions < 2 || dimensions > kMostDimensions) {
    chart.series.push_back(
        OfAudit(audit, "evaluation episodes", 2,
                [](const AuditRecord& r) { return MeanOf(r.action_std); }));
    if (dimensions > 1) {
      chart.note = absl::StrCat("Mean over ", dimensions, " dimensions.");
    }
    return chart;
  }
  for (size_t d = 0; d < dimensions; ++d) {
    chart.series.push_back(
        OfAudit(audit, absl::StrCat("evaluation, dimension ", d),
                2 + static_cast<int>(d), [d](const AuditRecord& r) {
                  return d < r.action_std.size() ? r.action_std[d] : kMissing;
                }));
  }
  return chart;
}

Chart Saturation(const Sources& sources) {
  return {
      .id = "saturation",
      .title = "Saturation and clipping",
      .y_label = "share of action components",
      .note =
          "Saturated: beyond 0.99 of the bounds. Clipped: changed by the "
          "environment's own bounds.",
      .series =
          {OfMetrics(sources, "saturated, training", 1, "saturated_fraction"),
           OfAudit(sources.data.audit, "saturated, evaluation", 2,
                   [](const AuditRecord& r) { return r.saturated_fraction; }),
           OfAudit(sources.data.audit, "clipped, evaluation", 3,
                   [](const AuditRecord& r) { return r.clipped_fraction; })},
      .scale = Chart::Scale::kShare};
}

Chart Gradients(const Sources& sources) {
  return {.id = "gradients",
          .title = "Gradient norms",
          .y_label = "Euclidean norm over all weights",
          .series = {OfMetrics(sources, "critics", 1, "grad_norm_critic"),
                     OfMetrics(sources, "actor", 2, "grad_norm_actor")},
          .scale = Chart::Scale::kLogarithmic};
}

Chart Throughput(const Sources& sources) {
  return {
      .id = "throughput",
      .title = "Throughput",
      .y_label = "per second of wall time, evaluations included",
      .series = {OfMetrics(sources, "environment steps", 1, "steps_per_second"),
                 OfMetrics(sources, "updates", 2, "updates_per_second")},
      .scale = Chart::Scale::kFromZero};
}

Sources SourcesOf(const ReportData& data) {
  Sources sources{data, {}, 1, {}};
  sources.metrics = Thinned(data.metrics, kMostRows, &sources.together);
  sources.metrics_steps = sources.metrics.Column("step");
  return sources;
}

}  // namespace

std::vector<Chart> ReportCharts(const ReportData& data) {
  const Sources sources = SourcesOf(data);
  std::vector<Chart> charts = {LearningCurve(data)};
  for (Chart chart : {Regret(data), Success(data)}) {
    if (HasPoints(chart)) charts.push_back(std::move(chart));
  }
  for (Chart chart :
       {TrainingReturn(sources), Entropy(sources), Alpha(sources),
        MeanQ(sources), CriticLoss(sources), TemporalDifference(sources)}) {
    charts.push_back(std::move(chart));
  }
  if (HasActionSpread(data)) {
    charts.push_back(ActionSpread(sources));
    charts.push_back(Saturation(sources));
  }
  charts.push_back(Gradients(sources));
  charts.push_back(Throughput(sources));
  const auto end = static_cast<double>(Headline(data).steps);
  for (Chart& chart : charts) chart.x_end = end;
  return charts;
}

}  // namespace softfleet
