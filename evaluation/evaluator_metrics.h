// SPDX-License-Identifier: Apache-2.0
// What an evaluator shows: the numbers of its newest evaluation. Thread-safe.
#ifndef SOFTFLEET_EVALUATION_EVALUATOR_METRICS_H_
#define SOFTFLEET_EVALUATION_EVALUATOR_METRICS_H_

#include <optional>
#include <string>

#include "absl/time/time.h"
#include "core/metrics.h"
#include "run/audit_record.h"

namespace softfleet {

class EvaluatorMetrics {
 public:
  // Every metric is registered here; until the first evaluation they are NaN,
  // which graphs leave out. `registry` must outlive this.
  explicit EvaluatorMetrics(MetricRegistry& registry);

  // An evaluation was done and took `duration`, if that is known. Success and
  // regret stay NaN where there is no criterion or no reference.
  void Show(const AuditRecord& record, std::optional<absl::Duration> duration);

 private:
  struct Mode {
    Mode(MetricRegistry& registry, const std::string& mode);
    void Show(const AuditReturns& returns);

    Gauge& return_mean;
    Gauge& return_std;
    Gauge& success_fraction;
    Gauge& regret_mean;
  };

  Mode deterministic_;
  Mode stochastic_;
  Gauge& entropy_;
  Gauge& action_std_mean_;
  Gauge& clipped_fraction_;
  Gauge& saturated_fraction_;
  Gauge& step_;
  Gauge& policy_version_;
  Histogram& seconds_;
  Counter& evaluations_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_EVALUATION_EVALUATOR_METRICS_H_
