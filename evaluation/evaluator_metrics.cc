// SPDX-License-Identifier: Apache-2.0
#include "evaluation/evaluator_metrics.h"

#include <limits>
#include <numeric>

namespace softfleet {
namespace {

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();

Gauge& Add(MetricRegistry& registry, const std::string& name,
           const std::string& unit, const std::string& help) {
  Gauge& gauge = registry.AddGauge({.name = name, .unit = unit, .help = help});
  gauge.Set(kNothing);
  return gauge;
}

Gauge& AddOfMode(MetricRegistry& registry, const std::string& mode,
                 const std::string& name, const std::string& help) {
  Gauge& gauge = registry.AddGauge(
      {.name = name, .unit = "1", .help = help, .labels = {"mode"}}, {mode});
  gauge.Set(kNothing);
  return gauge;
}

}  // namespace

EvaluatorMetrics::Mode::Mode(MetricRegistry& registry, const std::string& mode)
    : return_mean(AddOfMode(registry, mode, "sac_evaluation_return_mean",
                            "Mean undiscounted return over the panel's "
                            "starts, by action mode.")),
      return_std(AddOfMode(registry, mode, "sac_evaluation_return_std",
                           "Standard deviation of the return over the "
                           "panel's starts, by action mode.")),
      success_fraction(
          AddOfMode(registry, mode, "sac_evaluation_success_fraction",
                    "Share of starts that met the success criterion, by "
                    "action mode; NaN without a criterion.")),
      regret_mean(AddOfMode(registry, mode, "sac_evaluation_regret_mean",
                            "Mean of reference return minus return over the "
                            "starts that have a reference, by action mode; "
                            "NaN where none has.")) {}

void EvaluatorMetrics::Mode::Show(const AuditReturns& returns) {
  return_mean.Set(returns.return_mean);
  return_std.Set(returns.return_std);
  success_fraction.Set(returns.eval_success.value_or(kNothing));
  regret_mean.Set(returns.regret_mean.value_or(kNothing));
}

EvaluatorMetrics::EvaluatorMetrics(MetricRegistry& registry)
    : deterministic_(registry, "deterministic"),
      stochastic_(registry, "stochastic"),
      entropy_(Add(registry, "sac_evaluation_entropy", "nats",
                   "Mean entropy of the policy over all steps of the "
                   "stochastic episodes, in the space of the target "
                   "entropy.")),
      action_std_mean_(Add(registry, "sac_evaluation_action_std_mean", "1",
                           "Standard deviation of the stochastic actions "
                           "after tanh, mean over the dimensions.")),
      clipped_fraction_(Add(registry, "sac_evaluation_clipped_fraction", "1",
                            "Share of stochastic action components that the "
                            "environment's bounds changed.")),
      saturated_fraction_(Add(registry, "sac_evaluation_saturated_fraction",
                              "1",
                              "Share of stochastic action components beyond "
                              "0.99 of their bounds.")),
      step_(Add(registry, "sac_evaluation_step", "steps",
                "Environment steps the learner had received when it published "
                "the policy evaluated last.")),
      policy_version_(Add(registry, "sac_evaluation_policy_version", "1",
                          "Version of the policy evaluated last.")),
      seconds_(registry.AddHistogram(
          {.name = "sac_evaluation_seconds",
           .kind = MetricKind::kHistogram,
           .unit = "seconds",
           .help = "One evaluation: all starts in both action modes.",
           .buckets = ExponentialBuckets(0.01, 2, 18)})),
      evaluations_(registry.AddCounter(
          {.name = "sac_evaluations_total",
           .kind = MetricKind::kCounter,
           .unit = "evaluations",
           .help = "Evaluations done, whether or not their reports were "
                   "recorded."})) {}

void EvaluatorMetrics::Show(const AuditRecord& record,
                            std::optional<absl::Duration> duration) {
  deterministic_.Show(record.deterministic);
  stochastic_.Show(record.stochastic);
  entropy_.Set(record.entropy);
  const std::vector<double>& spread = record.action_std;
  action_std_mean_.Set(
      spread.empty() ? kNothing
                     : std::accumulate(spread.begin(), spread.end(), 0.0) /
                           static_cast<double>(spread.size()));
  clipped_fraction_.Set(record.clipped_fraction);
  saturated_fraction_.Set(record.saturated_fraction);
  step_.Set(static_cast<double>(record.step));
  policy_version_.Set(static_cast<double>(record.version));
  if (duration.has_value()) {
    seconds_.Observe(absl::ToDoubleSeconds(*duration));
  }
  evaluations_.Increment();
}

}  // namespace softfleet
