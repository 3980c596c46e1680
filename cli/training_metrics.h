// SPDX-License-Identifier: Apache-2.0
// What `softfleet train --metrics_listen` shows to Prometheus: the learner's
// and the evaluator's numbers under the names they have in a cluster. Values
// come from the run's observer, so they are as fresh as its rows.
#ifndef SOFTFLEET_CLI_TRAINING_METRICS_H_
#define SOFTFLEET_CLI_TRAINING_METRICS_H_

#include <cstdint>

#include "core/metrics.h"
#include "core/process_metrics.h"
#include "evaluation/evaluator_metrics.h"
#include "learner/interval_metrics.h"
#include "learner/learner_metrics.h"
#include "run/audit_record.h"
#include "softfleet/v1/run.pb.h"

namespace softfleet {

class TrainingMetrics {
 public:
  // `registry` must outlive this.
  TrainingMetrics(MetricRegistry& registry, const v1::RunConfig& config);

  void OnRound(const MetricsRow& so_far);
  void OnMetrics(const MetricsRow& row);
  void OnEvaluation(const AuditRecord& record);

 private:
  ProcessMetrics process_;
  LearnerMetrics learner_;
  EvaluatorMetrics evaluator_;
  int64_t warmup_steps_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_CLI_TRAINING_METRICS_H_
