// SPDX-License-Identifier: Apache-2.0
// What `softfleet train --metrics_listen` shows to Prometheus: the learner's
// and the evaluator's numbers under the names they have in a cluster. Values
// come from the run's observer, so they are as fresh as its rows.
#ifndef SOFTFLEET_CLI_TRAINING_METRICS_H_
#define SOFTFLEET_CLI_TRAINING_METRICS_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "cli/embedded_system.h"
#include "core/metrics.h"
#include "core/metrics_server.h"
#include "core/process_metrics.h"
#include "evaluation/evaluator_metrics.h"
#include "learner/interval_metrics.h"
#include "learner/learner_metrics.h"
#include "run/audit_record.h"
#include "softfleet/v1/run.pb.h"

namespace softfleet {

// The registry of a process that trains, and who serves it.
class MetricsService {
 public:
  // Listens on `address`; none where that is empty. MetricsServer's errors.
  static absl::StatusOr<std::unique_ptr<MetricsService>> Start(
      const std::string& address);

  MetricRegistry& registry() { return registry_; }

 private:
  MetricsService();

  MetricRegistry registry_;
  ProcessMetrics process_;
  std::unique_ptr<MetricsServer> server_;
};

// Of one run.
class TrainingMetrics {
 public:
  // `registry` must outlive this.
  TrainingMetrics(MetricRegistry& registry, const v1::RunConfig& config);

  void OnRound(const MetricsRow& so_far);
  // An overlapped run's; one in lock-step shows none.
  void OnWaits(const EmbeddedSystem::Waits& so_far);
  void OnMetrics(const MetricsRow& row);
  void OnEvaluation(const AuditRecord& record);

 private:
  LearnerMetrics learner_;
  EvaluatorMetrics evaluator_;
  Counter* waited_for_rows_ = nullptr;
  Counter* waited_for_updates_ = nullptr;
  int64_t warmup_steps_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_CLI_TRAINING_METRICS_H_
