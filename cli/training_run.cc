// SPDX-License-Identifier: Apache-2.0
#include "cli/training_run.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "cli/system_checkpoint.h"
#include "core/status.h"
#include "core/version.h"
#include "evaluation/make_audit_record.h"
#include "policy/bundle.h"
#include "run/config.h"
#include "run/stop_rules.h"

namespace softfleet {
namespace {

// The bundle in `directory`, or in the run that is there.
absl::StatusOr<PolicyBundle> ReadInitialPolicy(FileSystem& files,
                                               const std::string& directory) {
  const std::string of_run = JoinPath(directory, "policy");
  return ReadPolicyBundle(files, files.Exists(of_run) ? of_run : directory);
}

// Whether a multiple of `interval` lies in (before, now]; never for 0.
bool Crossed(int64_t interval, int64_t before, int64_t now) {
  return interval > 0 && before / interval != now / interval;
}

// The "finished" of a manifest's state; false where there is none.
bool SaysFinished(const CheckpointManifest& manifest) {
  const auto state = nlohmann::json::parse(manifest.state_json, nullptr, false);
  return state.is_object() && state.value("finished", false);
}

}  // namespace

bool IsFinished(FileSystem& files, const std::string& run_dir,
                const v1::RunConfig& config) {
  const auto store =
      CheckpointStore::Open(files, JoinPath(run_dir, "checkpoints"));
  if (!store.ok()) return false;
  const auto newest = store->NewestValid();
  return newest.ok() && newest->has_value() && (*newest)->skipped.empty() &&
         (*newest)->manifest.config_hash == ConfigHash(config) &&
         SaysFinished((*newest)->manifest);
}

TrainingRun::TrainingRun(FileSystem& files, Clock& clock,
                         const v1::RunConfig& config, TrainingObserver observer)
    : files_(&files),
      clock_(&clock),
      config_(config),
      observer_(std::move(observer)),
      started_(clock.Monotonic()) {}

absl::StatusOr<std::unique_ptr<TrainingRun>> TrainingRun::Open(
    FileSystem& files, Clock& clock, const v1::RunConfig& config,
    const std::string& run_dir, TrainingObserver observer,
    const std::string& init_from) {
  auto run = absl::WrapUnique(
      new TrainingRun(files, clock, config, std::move(observer)));
  // A configuration that cannot be built leaves no directory behind.
  SF_ASSIGN_OR_RETURN(run->system_, EmbeddedSystem::Build(files, config));
  // Nor does a policy to start from that cannot be read or does not fit.
  if (!init_from.empty()) {
    SF_ASSIGN_OR_RETURN(const PolicyBundle policy,
                        ReadInitialPolicy(files, init_from));
    SF_RETURN_IF_ERROR(Annotate(
        run->system_->learner().StartFrom(policy.snapshot), init_from));
  }
  SF_ASSIGN_OR_RETURN(run->directory_,
                      RunDirectory::Open(files, run_dir, config));
  run->system_->learner().Identify(run->directory_->run_id(),
                                   run->directory_->incarnation());
  SF_ASSIGN_OR_RETURN(
      run->log_,
      EventLog::Open(files, run->directory_->File("log.jsonl"), clock));
  SF_ASSIGN_OR_RETURN(
      run->checkpoints_,
      CheckpointStore::Open(files, run->directory_->File("checkpoints")));
  SF_RETURN_IF_ERROR(run->Begin(init_from));
  SF_RETURN_IF_ERROR(run->OpenRecords());
  SF_RETURN_IF_ERROR(run->system_->Publish(RunState::kWarming).status());
  return run;
}

absl::Status TrainingRun::Begin(const std::string& init_from) {
  SF_ASSIGN_OR_RETURN(const auto newest, checkpoints_->NewestValid());
  if (newest.has_value()) {
    SF_RETURN_IF_ERROR(Annotate(Restore(*newest), newest->directory));
    if (!init_from.empty()) {
      SF_RETURN_IF_ERROR(Note("the run has begun: --init_from is not used"));
    }
  } else if (!init_from.empty()) {
    SF_RETURN_IF_ERROR(
        Note(absl::StrCat("starting from the policy in ", init_from)));
  }
  return log_->Write(
      "start",
      {{"run_id", directory_->run_id()},
       {"incarnation", static_cast<int64_t>(directory_->incarnation())},
       {"step", step()},
       {"config_hash", ConfigHash(config_)},
       {"version", std::string(SoftwareVersion())}});
}

absl::Status TrainingRun::Restore(const CheckpointStore::Found& found) {
  for (const std::string& line : found.skipped) {
    SF_RETURN_IF_ERROR(
        Note(absl::StrCat("skipped a broken checkpoint: ", line)));
  }
  SF_RETURN_IF_ERROR(RestoreSystem(*files_, found.directory, *system_));
  const auto state =
      nlohmann::json::parse(found.manifest.state_json, nullptr, false);
  if (!state.is_object() || !state.contains("interval")) {
    return absl::DataLossError("manifest.json: state is incomplete");
  }
  SF_RETURN_IF_ERROR(interval_.Restore(state["interval"].dump()));
  earlier_seconds_ = state.value("wall_seconds", 0.0);
  checkpointed_step_ = step();
  finished_ = SaysFinished(found.manifest) && step() >= config_.total_steps();
  return Note(
      absl::StrCat("resumed at step ", step(), " from ", found.directory));
}

absl::Status TrainingRun::OpenRecords() {
  const auto keep = static_cast<uint64_t>(step());
  SF_ASSIGN_OR_RETURN(metrics_,
                      CsvRecord::Open(*files_, directory_->File("metrics.csv"),
                                      MetricsRow::Columns(), keep));
  SF_ASSIGN_OR_RETURN(audit_,
                      AuditLog::Open(*files_, directory_->path(), keep));
  interval_.StartRates(step(), system_->learner().updates(), WallSeconds());
  return absl::OkStatus();
}

absl::StatusOr<bool> TrainingRun::Run(const std::function<bool()>& stop) {
  while (!finished_ && step() < config_.total_steps() && stopped_by_.empty()) {
    if (stop()) {
      if (checkpointed_step_ != step()) {
        SF_RETURN_IF_ERROR(WriteCheckpoint(/*finished=*/false));
      }
      SF_RETURN_IF_ERROR(log_->Write("stop", {{"step", step()}}));
      return false;
    }
    SF_RETURN_IF_ERROR(Round());
  }
  if (!finished_) SF_RETURN_IF_ERROR(Finish());
  return true;
}

absl::Status TrainingRun::Round() {
  const int64_t before = step();
  SF_RETURN_IF_ERROR(system_->RunOnce());
  interval_.AddEpisodes(system_->actor().TakeFinishedEpisodes());
  const int64_t now = step();
  if (Crossed(config_.metrics_interval(), before, now)) {
    SF_RETURN_IF_ERROR(WriteMetrics());
  }
  // The last evaluation and checkpoint are Finish's.
  const bool last = now >= config_.total_steps();
  const bool evaluate =
      !last && Crossed(config_.evaluation().interval(), before, now);
  if (evaluate) SF_RETURN_IF_ERROR(Evaluate());
  if (!last && Crossed(config_.checkpoint_interval(), before, now)) {
    SF_RETURN_IF_ERROR(WriteCheckpoint(/*finished=*/false));
  }
  if (observer_.on_round) observer_.on_round(SoFar());
  return ApplyStopRules(evaluate);
}

absl::Status TrainingRun::ApplyStopRules(bool evaluated) {
  std::optional<std::string> reason =
      StopByWallClock(config_.stop(), WallSeconds());
  if (!reason.has_value() && evaluated) {
    reason = StopByEvaluation(config_.stop(), audit_->records());
  }
  if (!reason.has_value()) return absl::OkStatus();
  stopped_by_ = *reason;
  return Note(absl::StrCat("finishing at step ", step(), ": ", stopped_by_));
}

absl::Status TrainingRun::Finish() {
  // A rule may have stopped the run right after an evaluation.
  const bool evaluated =
      !audit_->records().empty() &&
      audit_->records().back().step == static_cast<uint64_t>(step()) &&
      audit_->records().back().updates ==
          static_cast<uint64_t>(system_->learner().updates());
  if (!evaluated) SF_RETURN_IF_ERROR(Evaluate());
  SF_ASSIGN_OR_RETURN(std::shared_ptr<const Snapshot> snapshot,
                      system_->Publish(RunState::kFinished));
  SF_RETURN_IF_ERROR(
      WritePolicyBundle(*files_, directory_->File("policy"),
                        {*snapshot, ActionMode::kDeterministic}));
  SF_RETURN_IF_ERROR(WriteCheckpoint(/*finished=*/true));
  finished_ = true;
  return log_->Write("finish", {{"step", step()},
                                {"stopped_by", stopped_by_},
                                {"wall_seconds", WallSeconds()}});
}

MetricsRow TrainingRun::SoFar() {
  LearnerLoop& learner = system_->learner();
  MetricsRow row = interval_.Row(step(), learner.updates(), WallSeconds());
  row.statistics = learner.statistics().Mean();
  row.target_entropy = learner.target_entropy();
  return row;
}

absl::Status TrainingRun::WriteMetrics() {
  const MetricsRow row = SoFar();
  SF_RETURN_IF_ERROR(metrics_->Append(row.Values()));
  interval_.Start(row.step, row.updates, row.wall_seconds);
  system_->learner().statistics().Reset();
  if (observer_.on_metrics) observer_.on_metrics(row);
  return absl::OkStatus();
}

absl::Status TrainingRun::Evaluate() {
  SF_ASSIGN_OR_RETURN(std::shared_ptr<const Snapshot> snapshot,
                      system_->Publish(RunState::kRunning));
  SF_ASSIGN_OR_RETURN(const EvaluationResult result,
                      system_->evaluator().Evaluate(snapshot));
  const AuditRecord record =
      MakeAuditRecord(result, *snapshot, ConfigHash(config_));
  SF_RETURN_IF_ERROR(audit_->Append(record));
  if (observer_.on_evaluation) observer_.on_evaluation(record);
  if (BestRecord(audit_->records()) == &audit_->records().back()) {
    SF_RETURN_IF_ERROR(
        WritePolicyBundle(*files_, directory_->File("policy_best"),
                          {*snapshot, ActionMode::kDeterministic}));
  }
  return log_->Write(
      "evaluation",
      {{"step", step()},
       {"updates", system_->learner().updates()},
       {"deterministic_return_mean", record.deterministic.return_mean},
       {"stochastic_return_mean", record.stochastic.return_mean},
       {"alpha", record.alpha},
       {"entropy", record.entropy}});
}

absl::Status TrainingRun::WriteCheckpoint(bool finished) {
  // The checkpoint promises the rows up to its step.
  SF_RETURN_IF_ERROR(metrics_->Sync());
  CheckpointManifest manifest;
  manifest.step = static_cast<uint64_t>(step());
  manifest.updates = static_cast<uint64_t>(system_->learner().updates());
  manifest.run_id = directory_->run_id();
  manifest.config_hash = ConfigHash(config_);
  manifest.config = EffectiveConfig(config_);
  manifest.state_json =
      nlohmann::json{{"finished", finished},
                     {"wall_seconds", WallSeconds()},
                     {"interval", nlohmann::json::parse(interval_.Save())}}
          .dump();
  const auto write_files = [this](const std::string& directory,
                                  CheckpointManifest* written) {
    return SaveSystem(*files_, *system_, directory, written);
  };
  SF_RETURN_IF_ERROR(
      Annotate(checkpoints_->Write(std::move(manifest), write_files),
               "writing a checkpoint (older ones are intact)"));
  checkpointed_step_ = step();
  SF_RETURN_IF_ERROR(
      checkpoints_->Retain(config_.learner().keep_checkpoints(), BestStep()));
  return log_->Write("checkpoint", {{"step", step()}, {"finished", finished}});
}

std::optional<uint64_t> TrainingRun::BestStep() const {
  const auto steps = checkpoints_->Steps();
  if (!steps.ok()) return std::nullopt;
  std::vector<AuditRecord> candidates = audit_->records();
  std::erase_if(candidates, [&](const AuditRecord& record) {
    return std::find(steps->begin(), steps->end(), record.step) == steps->end();
  });
  const AuditRecord* best = BestRecord(candidates);
  if (best == nullptr) return std::nullopt;
  return best->step;
}

double TrainingRun::WallSeconds() {
  return earlier_seconds_ +
         absl::ToDoubleSeconds(clock_->Monotonic() - started_);
}

absl::Status TrainingRun::Note(const std::string& text) {
  if (observer_.on_note) observer_.on_note(text);
  return log_->Write("note", {{"text", text}});
}

}  // namespace softfleet
