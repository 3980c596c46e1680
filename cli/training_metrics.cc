// SPDX-License-Identifier: Apache-2.0
#include "cli/training_metrics.h"

#include <cmath>
#include <optional>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "core/log.h"
#include "core/status.h"
#include "core/waiting_timer.h"

namespace softfleet {
namespace {

// A counter of what is known as a sum.
void RaiseTo(double sum, Counter& counter) {
  counter.Increment(sum - counter.value());
}

}  // namespace

MetricsService::MetricsService() : process_(registry_, "softfleet") {
  process_.SetHealthy(true);
}

absl::StatusOr<std::unique_ptr<MetricsService>> MetricsService::Start(
    const std::string& address) {
  if (address.empty()) return nullptr;
  auto service = absl::WrapUnique(new MetricsService());
  SF_ASSIGN_OR_RETURN(service->server_,
                      MetricsServer::Start(address, service->registry_));
  LogInfo(absl::StrCat("metrics at http://", service->server_->address(),
                       "/metrics"));
  return service;
}

TrainingMetrics::TrainingMetrics(MetricRegistry& registry,
                                 const v1::RunConfig& config)
    : learner_(registry),
      evaluator_(registry),
      warmup_steps_(config.learner().warmup_steps()) {
  learner_.total_steps.Set(static_cast<double>(config.total_steps()));
  learner_.updates_per_step_target.Set(config.learner().updates_per_step());
  learner_.Show(RunState::kWarming);
  if (config.learner().schedule() != v1::Schedule::overlapped) return;
  const MetricDefinition waiting = WaitingSecondsDefinition();
  waited_for_rows_ = &registry.AddCounter(waiting, {"rows"});
  waited_for_updates_ = &registry.AddCounter(waiting, {"updates"});
}

void TrainingMetrics::OnRound(const MetricsRow& so_far) {
  RaiseTo(static_cast<double>(so_far.step), learner_.received_rows);
  RaiseTo(static_cast<double>(so_far.updates), learner_.updates);
  RaiseTo(static_cast<double>(so_far.episodes), learner_.episodes);
  learner_.run_steps.Set(static_cast<double>(so_far.step));
  learner_.run_updates.Set(static_cast<double>(so_far.updates));
  if (so_far.step <= warmup_steps_) return;
  learner_.Show(RunState::kRunning);
  learner_.updates_per_step.Set(
      static_cast<double>(so_far.updates) /
      static_cast<double>(so_far.step - warmup_steps_));
}

void TrainingMetrics::OnWaits(const EmbeddedSystem::Waits& so_far) {
  RaiseTo(absl::ToDoubleSeconds(so_far.for_rows), *waited_for_rows_);
  RaiseTo(absl::ToDoubleSeconds(so_far.for_updates), *waited_for_updates_);
}

void TrainingMetrics::OnMetrics(const MetricsRow& row) {
  learner_.Show(row.statistics);
  learner_.target_entropy.Set(row.target_entropy);
  if (!std::isfinite(row.return_mean)) return;
  learner_.episode_return.Set(row.return_mean);
  learner_.episode_length.Set(row.length_mean);
}

void TrainingMetrics::OnEvaluation(const AuditRecord& record) {
  evaluator_.Show(record, std::nullopt);
}

}  // namespace softfleet
