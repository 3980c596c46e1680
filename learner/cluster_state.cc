// SPDX-License-Identifier: Apache-2.0
// ClusterRun: what it hears from evaluators, and what it shows of itself.
#include <algorithm>
#include <cmath>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/log.h"
#include "core/status.h"
#include "core/version.h"
#include "experience/run_phase.h"
#include "learner/cluster_run.h"
#include "run/audit_record.h"
#include "run/config.h"

namespace softfleet {
namespace {

// OK when `stated` is what it must be.
absl::Status CheckEqual(absl::string_view what, absl::string_view stated,
                        absl::string_view wanted) {
  if (stated == wanted) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("the evaluation's ", what, " is ", stated,
                   ", this run's is ", wanted, ": join again"));
}

}  // namespace

bool ClusterRun::TakeReports(absl::Status* failure) {
  const std::vector<ReportBox::Item> items = options_.reports->Take();
  for (const ReportBox::Item& item : items) {
    const absl::StatusOr<bool> recorded = Record(item.report);
    item.done(recorded);
    const bool callers_fault = recorded.ok() ||
                               absl::IsInvalidArgument(recorded.status()) ||
                               absl::IsFailedPrecondition(recorded.status()) ||
                               absl::IsDataLoss(recorded.status());
    if (!callers_fault) *failure = recorded.status();
    if (!recorded.ok()) {
      LogWarning(absl::StrCat("an evaluation was refused: ",
                              recorded.status().message()));
    }
  }
  return !items.empty();
}

absl::StatusOr<bool> ClusterRun::Record(const EvaluationReport& report) {
  SF_RETURN_IF_ERROR(
      CheckEqual("run", report.run_id, recorder_->directory().run_id()));
  const auto parsed = ParseAuditJson(report.audit_json, "report");
  if (!parsed.ok()) {
    return absl::InvalidArgumentError(parsed.status().message());
  }
  const std::vector<AuditRecord>& records = *parsed;
  if (records.size() != 1 || records[0].version != report.version) {
    return absl::InvalidArgumentError(
        absl::StrCat("a report holds one row of the audit, of version ",
                     report.version, "; this one has ", records.size()));
  }
  const AuditRecord& record = records[0];
  SF_RETURN_IF_ERROR(CheckEqual("run", record.run_id, report.run_id));
  SF_RETURN_IF_ERROR(
      CheckEqual("configuration", record.config_hash, config_hash_));
  const std::shared_ptr<const Snapshot> snapshot =
      options_.board->FinishEvaluation(report.version);
  if (snapshot == nullptr || finished()) return false;
  if (record.step != snapshot->step || record.updates != snapshot->updates) {
    return absl::InvalidArgumentError(absl::StrCat(
        "policy version ", snapshot->version, " is of step ", snapshot->step,
        " and update ", snapshot->updates, ", its evaluation of step ",
        record.step, " and update ", record.updates));
  }
  SF_RETURN_IF_ERROR(recorder_->RecordEvaluation(record, *snapshot));
  return true;
}

int64_t ClusterRun::total_steps() const {
  return stop_at_ >= 0 ? stop_at_ : options_.config.total_steps();
}

RunState ClusterRun::StateNow() const {
  if (state_ == RunState::kFinished || state_ == RunState::kFailed) {
    return state_;
  }
  if (!ever_connected_) return RunState::kWaiting;
  const bool warming = loop_->received() < options_.learner.warmup_steps ||
                       !refill_.MayUpdate(loop_->received());
  return warming && wanted() > 0 ? RunState::kWarming : RunState::kRunning;
}

LearnerProgress ClusterRun::progress() const {
  LearnerProgress progress;
  progress.received = loop_->received();
  progress.updates = loop_->updates();
  progress.warmup_steps = options_.learner.warmup_steps;
  progress.forgone = loop_->forgone();
  progress.missing = refill_.Missing(loop_->received());
  progress.updates_per_step = options_.learner.updates_per_step;
  progress.slack = options_.config.replay().slack();
  progress.total_steps = total_steps();
  return progress;
}

ClusterRun::Orders ClusterRun::orders() const {
  const LearnerProgress now = progress();
  return {now.received, AllowedRows(now), now.slack, state_};
}

std::string ClusterRun::waiting_for() const {
  if (finished()) return "";
  if (final_requested_) return "evaluation";
  return feed_->connected() == 0 ? "shards" : "rows";
}

absl::Status ClusterRun::Fail(const absl::Status& status) {
  if (!absl::IsDataLoss(status)) return status;
  state_ = RunState::kFailed;
  Show();
  return recorder_->Diverged(status, loop_->Diagnosis());
}

void ClusterRun::Show() {
  options_.board->SetProgress(state_, static_cast<uint64_t>(loop_->updates()));
  metrics_->Show(state_);
  metrics_->run_steps.Set(static_cast<double>(loop_->received()));
  metrics_->run_updates.Set(static_cast<double>(loop_->updates()));
  const int64_t earning =
      loop_->received() - options_.learner.warmup_steps - loop_->forgone();
  if (earning > 0) {
    metrics_->updates_per_step.Set(static_cast<double>(loop_->updates()) /
                                   static_cast<double>(earning));
  }
  if (const std::optional<double> lag = arrivals_.TakePolicyLag()) {
    metrics_->policy_lag_updates.Set(*lag);
  }
  metrics_->mirror_rows.Set(static_cast<double>(mirror_->sampleable_rows()));
  const auto count = [](Counter& counter, int64_t now, int64_t* shown) {
    counter.Increment(static_cast<double>(now - std::exchange(*shown, now)));
  };
  count(metrics_->evaluations_skipped, options_.board->skipped_evaluations(),
        &skipped_);
  count(metrics_->overtaken_rows, feed_->overtaken_rows(), &overtaken_);
  count(metrics_->invalid_rows, feed_->invalid_rows(), &invalid_);
  count(metrics_->repeated_rows, feed_->repeated_rows(), &repeated_);
  metrics_->episode_return.Set(arrivals_.mean_return());
  metrics_->episode_length.Set(arrivals_.mean_length());
  ShowInfo();
}

void ClusterRun::ShowInfo() {
  v1::LearnerInfoReply info;
  info.set_software_version(std::string(SoftwareVersion()));
  info.set_run_id(recorder_->directory().run_id());
  info.set_learner_incarnation(recorder_->directory().incarnation());
  info.set_phase(EncodePhase(state_));
  info.set_step(static_cast<uint64_t>(loop_->received()));
  info.set_total_steps(static_cast<uint64_t>(total_steps()));
  info.set_updates(static_cast<uint64_t>(loop_->updates()));
  info.set_updates_per_step(metrics_->updates_per_step.value());
  info.set_updates_per_step_target(options_.learner.updates_per_step);
  info.set_snapshot_version(version_);
  const MetricsRow row = recorder_->SoFar(counts(), loop_->statistics().Mean(),
                                          loop_->target_entropy());
  info.set_episodes(static_cast<uint64_t>(row.episodes));
  if (!std::isnan(row.return_mean)) interval_return_ = row.return_mean;
  if (!std::isnan(interval_return_)) info.set_episode_return(interval_return_);
  info.set_alpha(loop_->alpha());
  info.set_target_entropy(loop_->target_entropy());
  if (!std::isnan(row.statistics.entropy)) {
    entropy_ = row.statistics.entropy;
  }
  if (!std::isnan(entropy_)) info.set_entropy(entropy_);
  if (!recorder_->audit().empty()) {
    const AuditRecord& last = recorder_->audit().back();
    info.set_deterministic_return_mean(last.deterministic.return_mean);
    info.set_stochastic_return_mean(last.stochastic.return_mean);
  }
  const std::map<std::string, Position> positions = feed_->positions();
  for (const MirrorFeed::Shard& shard : options_.shards) {
    v1::ShardInfo* one = info.add_shards();
    one->set_address(shard.address);
    one->set_next_id(positions.at(shard.address).next_id);
  }
  info.set_evaluations(recorder_->audit().size());
  if (loop_->updates() >= loop_->allowed_updates() ||
      !refill_.MayUpdate(loop_->received())) {
    info.set_waiting_for(waiting_for());
  }
  MutexLock lock(mutex_);
  info_ = std::move(info);
}

v1::LearnerInfoReply ClusterRun::Info() const {
  MutexLock lock(mutex_);
  return info_;
}

}  // namespace softfleet
