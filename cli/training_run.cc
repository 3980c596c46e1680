// SPDX-License-Identifier: Apache-2.0
#include "cli/training_run.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "policy/bundle.h"
#include "run/config.h"

namespace softfleet {
namespace {

constexpr char kLearnerFile[] = "learner.safetensors";
constexpr char kActorFile[] = "actor.safetensors";
constexpr char kTableFile[] = "replay.safetensors";

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
    const std::string& run_dir, TrainingObserver observer) {
  auto run = absl::WrapUnique(
      new TrainingRun(files, clock, config, std::move(observer)));
  // A configuration that cannot be built leaves no directory behind.
  SF_ASSIGN_OR_RETURN(run->system_, EmbeddedSystem::Build(files, config));
  SF_ASSIGN_OR_RETURN(run->directory_,
                      RunDirectory::Open(files, run_dir, config));
  run->system_->learner().Identify(run->directory_->run_id(),
                                   run->directory_->incarnation());
  SF_ASSIGN_OR_RETURN(
      run->checkpoints_,
      CheckpointStore::Open(files, run->directory_->File("checkpoints")));
  SF_ASSIGN_OR_RETURN(const auto newest, run->checkpoints_->NewestValid());
  if (newest.has_value()) {
    SF_RETURN_IF_ERROR(Annotate(run->Restore(*newest), newest->directory));
  }
  SF_RETURN_IF_ERROR(run->OpenRecords());
  SF_RETURN_IF_ERROR(run->system_->Publish(RunState::kWarming).status());
  return run;
}

absl::Status TrainingRun::Restore(const CheckpointStore::Found& found) {
  for (const std::string& line : found.skipped) {
    Note(absl::StrCat("skipped a broken checkpoint: ", line));
  }
  const auto read = [&](const char* name) {
    return ReadSafetensors(*files_, JoinPath(found.directory, name));
  };
  SF_ASSIGN_OR_RETURN(const SafetensorsContent learner, read(kLearnerFile));
  SF_RETURN_IF_ERROR(system_->learner().Restore(learner.tensors));
  SF_ASSIGN_OR_RETURN(const SafetensorsContent table, read(kTableFile));
  SF_RETURN_IF_ERROR(system_->table().Restore(table));
  SF_ASSIGN_OR_RETURN(const SafetensorsContent actor, read(kActorFile));
  SF_RETURN_IF_ERROR(system_->actor().Restore(actor.tensors));
  const auto state =
      nlohmann::json::parse(found.manifest.state_json, nullptr, false);
  if (!state.is_object() || !state.contains("interval")) {
    return absl::DataLossError("manifest.json: state is incomplete");
  }
  SF_RETURN_IF_ERROR(interval_.Restore(state["interval"].dump()));
  earlier_seconds_ = state.value("wall_seconds", 0.0);
  checkpointed_step_ = step();
  finished_ = SaysFinished(found.manifest) && step() >= config_.total_steps();
  Note(absl::StrCat("resumed at step ", step(), " from ", found.directory));
  return absl::OkStatus();
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
  while (!finished_ && step() < config_.total_steps()) {
    if (stop()) {
      if (checkpointed_step_ != step()) {
        SF_RETURN_IF_ERROR(WriteCheckpoint(/*finished=*/false));
      }
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
  if (!last && Crossed(config_.evaluation().interval(), before, now)) {
    SF_RETURN_IF_ERROR(Evaluate());
  }
  if (!last && Crossed(config_.checkpoint_interval(), before, now)) {
    SF_RETURN_IF_ERROR(WriteCheckpoint(/*finished=*/false));
  }
  if (observer_.on_round) observer_.on_round(SoFar());
  return absl::OkStatus();
}

absl::Status TrainingRun::Finish() {
  SF_RETURN_IF_ERROR(Evaluate());
  SF_ASSIGN_OR_RETURN(std::shared_ptr<const Snapshot> snapshot,
                      system_->Publish(RunState::kFinished));
  SF_RETURN_IF_ERROR(
      WritePolicyBundle(*files_, directory_->File("policy"),
                        {*snapshot, ActionMode::kDeterministic}));
  SF_RETURN_IF_ERROR(WriteCheckpoint(/*finished=*/true));
  finished_ = true;
  return absl::OkStatus();
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
  return absl::OkStatus();
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
    const auto write = [&](const char* name,
                           const TensorMap& tensors) -> absl::Status {
      SF_ASSIGN_OR_RETURN(
          written->files[name],
          WriteSafetensors(*files_, JoinPath(directory, name), tensors, {}));
      return absl::OkStatus();
    };
    SF_RETURN_IF_ERROR(write(kLearnerFile, system_->learner().Save()));
    SF_RETURN_IF_ERROR(write(kActorFile, system_->actor().Save()));
    SF_ASSIGN_OR_RETURN(
        written->files[kTableFile],
        system_->table().Save(*files_, JoinPath(directory, kTableFile)));
    return absl::OkStatus();
  };
  SF_RETURN_IF_ERROR(
      Annotate(checkpoints_->Write(std::move(manifest), write_files),
               "writing a checkpoint (older ones are intact)"));
  checkpointed_step_ = step();
  return checkpoints_->Retain(config_.learner().keep_checkpoints(), BestStep());
}

std::optional<uint64_t> TrainingRun::BestStep() const {
  const auto steps = checkpoints_->Steps();
  const std::vector<AuditRecord>& records = audit_->records();
  const AuditRecord* best = nullptr;
  for (const AuditRecord& record : records) {
    if (!steps.ok() ||
        std::find(steps->begin(), steps->end(), record.step) == steps->end()) {
      continue;
    }
    if (record.panel_hash != records.back().panel_hash) continue;
    if (best == nullptr ||
        record.deterministic.return_mean > best->deterministic.return_mean) {
      best = &record;
    }
  }
  if (best == nullptr) return std::nullopt;
  return best->step;
}

double TrainingRun::WallSeconds() {
  return earlier_seconds_ +
         absl::ToDoubleSeconds(clock_->Monotonic() - started_);
}

void TrainingRun::Note(const std::string& text) {
  if (observer_.on_note) observer_.on_note(text);
}

}  // namespace softfleet
