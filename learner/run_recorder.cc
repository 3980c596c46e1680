// SPDX-License-Identifier: Apache-2.0
#include "learner/run_recorder.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "core/log.h"
#include "core/status.h"
#include "core/version.h"
#include "policy/bundle.h"
#include "run/config.h"
#include "run/stop_rules.h"

namespace softfleet {
namespace {

using Json = nlohmann::json;

// The "finished" of a manifest's state; false where there is none.
bool SaysFinished(const CheckpointManifest& manifest) {
  const auto state = Json::parse(manifest.state_json, nullptr, false);
  return state.is_object() && state.value("finished", false);
}

// Finished under exactly this configuration.
bool SaysFinished(const CheckpointManifest& manifest,
                  const v1::RunConfig& config) {
  return manifest.config_hash == ConfigHash(config) && SaysFinished(manifest);
}

// The best deterministic return's step among the checkpoints there are.
std::optional<uint64_t> BestStep(const CheckpointStore& checkpoints,
                                 std::vector<AuditRecord> audit) {
  const auto steps = checkpoints.Steps();
  if (!steps.ok()) return std::nullopt;
  std::erase_if(audit, [&](const AuditRecord& record) {
    return std::find(steps->begin(), steps->end(), record.step) == steps->end();
  });
  const AuditRecord* best = BestRecord(audit);
  if (best == nullptr) return std::nullopt;
  return best->step;
}

// Makes what the file holds survive power loss, whoever is writing to it.
absl::Status SyncFile(FileSystem& files, const std::string& path) {
  SF_ASSIGN_OR_RETURN(const std::unique_ptr<WritableFile> file,
                      files.Open(path, FileSystem::OpenMode::kAppend));
  SF_RETURN_IF_ERROR(file->Sync());
  return file->Close();
}

// `state` and the driver's own fields.
absl::StatusOr<std::string> Merge(Json state, const std::string& driver) {
  const Json added = Json::parse(driver, nullptr, false);
  if (!added.is_object()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "a checkpoint's state must be a JSON object, not ", driver));
  }
  for (const auto& [name, value] : added.items()) {
    if (state.contains(name)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "the field ", name, " of a checkpoint's state is the recorder's"));
    }
    state[name] = value;
  }
  return state.dump();
}

}  // namespace

bool IsFinished(FileSystem& files, const std::string& run_dir,
                const v1::RunConfig& config) {
  const auto store =
      CheckpointStore::Open(files, JoinPath(run_dir, "checkpoints"));
  if (!store.ok()) return false;
  // Only a run that claims to be finished is read whole; one that goes on is
  // about to be, when it is opened.
  const auto newest = store->NewestManifest();
  if (!newest.ok() || !newest->has_value() || !SaysFinished(**newest, config)) {
    return false;
  }
  const auto valid = store->NewestValid();
  return valid.ok() && valid->has_value() && (*valid)->skipped.empty();
}

bool Crossed(int64_t interval, int64_t before, int64_t now) {
  return interval > 0 && before / interval != now / interval;
}

RunRecorder::RunRecorder(FileSystem& files, Clock& clock,
                         const v1::RunConfig& config, RunObserver observer)
    : files_(&files),
      clock_(&clock),
      config_(config),
      observer_(std::move(observer)),
      started_(clock.Monotonic()) {}

absl::StatusOr<std::unique_ptr<RunRecorder>> RunRecorder::Open(
    FileSystem& files, Clock& clock, const v1::RunConfig& config,
    const std::string& run_dir, RunObserver observer) {
  auto recorder = absl::WrapUnique(
      new RunRecorder(files, clock, config, std::move(observer)));
  SF_ASSIGN_OR_RETURN(recorder->directory_,
                      RunDirectory::Open(files, run_dir, config));
  const RunDirectory& directory = *recorder->directory_;
  SF_ASSIGN_OR_RETURN(
      recorder->log_,
      EventLog::Open(files, directory.File("log.jsonl"), clock));
  SF_ASSIGN_OR_RETURN(
      recorder->checkpoints_,
      CheckpointStore::Open(files, directory.File("checkpoints")));
  SF_ASSIGN_OR_RETURN(recorder->checkpoint_,
                      recorder->checkpoints_->NewestValid());
  if (recorder->checkpoint_.has_value()) {
    SF_RETURN_IF_ERROR(
        Annotate(recorder->RestoreState(), recorder->checkpoint_->directory));
  }
  return recorder;
}

absl::Status RunRecorder::RestoreState() {
  for (const std::string& line : checkpoint_->skipped) {
    SF_RETURN_IF_ERROR(
        Note(absl::StrCat("skipped a broken checkpoint: ", line)));
  }
  const CheckpointManifest& manifest = checkpoint_->manifest;
  const auto state = Json::parse(manifest.state_json, nullptr, false);
  if (!state.is_object() || !state.contains("interval")) {
    return absl::DataLossError("manifest.json: state is incomplete");
  }
  SF_RETURN_IF_ERROR(interval_.Restore(state["interval"].dump()));
  earlier_seconds_ = state.value("wall_seconds", 0.0);
  checkpointed_step_ = static_cast<int64_t>(manifest.step);
  finished_ =
      SaysFinished(manifest, config_) ||
      (SaysFinished(manifest) && checkpointed_step_ >= config_.total_steps());
  return absl::OkStatus();
}

absl::Status RunRecorder::Begin() {
  RunCounts at;
  if (checkpoint_.has_value()) {
    at = {static_cast<int64_t>(checkpoint_->manifest.step),
          static_cast<int64_t>(checkpoint_->manifest.updates)};
    SF_RETURN_IF_ERROR(Note(absl::StrCat("resumed at step ", at.step, " from ",
                                         checkpoint_->directory)));
  }
  SF_RETURN_IF_ERROR(log_->Write(
      "start",
      {{"run_id", directory_->run_id()},
       {"incarnation", static_cast<int64_t>(directory_->incarnation())},
       {"step", at.step},
       {"config_hash", ConfigHash(config_)},
       {"version", std::string(SoftwareVersion())}}));
  const auto keep = static_cast<uint64_t>(at.step);
  SF_ASSIGN_OR_RETURN(metrics_,
                      CsvRecord::Open(*files_, directory_->File("metrics.csv"),
                                      MetricsRow::Columns(), keep));
  SF_ASSIGN_OR_RETURN(audit_,
                      AuditLog::Open(*files_, directory_->path(), keep));
  interval_.StartRates(at.step, at.updates, WallSeconds());
  return absl::OkStatus();
}

absl::Status RunRecorder::Note(const std::string& text) {
  if (observer_.on_note) observer_.on_note(text);
  return log_->Write("note", {{"text", text}});
}

MetricsRow RunRecorder::SoFar(const RunCounts& now,
                              const SacStatistics& statistics,
                              double target_entropy) const {
  MetricsRow row = interval_.Row(now.step, now.updates, WallSeconds());
  row.statistics = statistics;
  row.target_entropy = target_entropy;
  return row;
}

absl::Status RunRecorder::WriteMetrics(const MetricsRow& row) {
  SF_RETURN_IF_ERROR(metrics_->Append(row.Values()));
  interval_.Start(row.step, row.updates, row.wall_seconds);
  if (observer_.on_metrics) observer_.on_metrics(row);
  return absl::OkStatus();
}

absl::Status RunRecorder::RecordEvaluation(const AuditRecord& record,
                                           const Snapshot& snapshot) {
  if (record.version != snapshot.version) {
    return absl::InvalidArgumentError(absl::StrCat(
        "an evaluation of policy version ", record.version,
        " was given with the snapshot of version ", snapshot.version));
  }
  SF_RETURN_IF_ERROR(audit_->Append(record));
  evaluated_ = true;
  if (observer_.on_evaluation) observer_.on_evaluation(record);
  if (BestRecord(audit_->records()) == &audit_->records().back()) {
    SF_RETURN_IF_ERROR(
        WritePolicyBundle(*files_, directory_->File("policy_best"),
                          {snapshot, ActionMode::kDeterministic}));
  }
  return log_->Write(
      "evaluation",
      {{"step", static_cast<int64_t>(record.step)},
       {"updates", static_cast<int64_t>(record.updates)},
       {"deterministic_return_mean", record.deterministic.return_mean},
       {"stochastic_return_mean", record.stochastic.return_mean},
       {"alpha", record.alpha},
       {"entropy", record.entropy}});
}

bool RunRecorder::Evaluated(const RunCounts& at) const {
  return !audit().empty() &&
         audit().back().step == static_cast<uint64_t>(at.step) &&
         audit().back().updates == static_cast<uint64_t>(at.updates);
}

absl::Status RunRecorder::ApplyStopRules(const RunCounts& now) {
  const bool evaluated = std::exchange(evaluated_, false);
  if (!stopped_by_.empty()) return absl::OkStatus();
  std::optional<std::string> reason =
      StopByWallClock(config_.stop(), WallSeconds());
  if (!reason.has_value() && evaluated) {
    reason = StopByEvaluation(config_.stop(), audit());
  }
  if (!reason.has_value()) return absl::OkStatus();
  stopped_by_ = *reason;
  return Note(absl::StrCat("finishing at step ", now.step, ": ", stopped_by_));
}

absl::Status RunRecorder::BeginCheckpoint(const RunCounts& now,
                                          CheckpointContent content) {
  return BeginCheckpoint(now, std::move(content), /*finished=*/false);
}

absl::Status RunRecorder::BeginCheckpoint(const RunCounts& now,
                                          CheckpointContent content,
                                          bool finished) {
  SF_RETURN_IF_ERROR(AwaitCheckpoint());
  CheckpointManifest manifest;
  manifest.step = static_cast<uint64_t>(now.step);
  manifest.updates = static_cast<uint64_t>(now.updates);
  manifest.run_id = directory_->run_id();
  manifest.config_hash = ConfigHash(config_);
  manifest.config = EffectiveConfig(config_);
  SF_ASSIGN_OR_RETURN(manifest.state_json,
                      Merge({{"finished", finished},
                             {"wall_seconds", WallSeconds()},
                             {"interval", Json::parse(interval_.Save())}},
                            content.state_json));
  begun_ = {now.step, finished, clock_->Monotonic()};
  writer_.Start("checkpoint", [this, manifest = std::move(manifest),
                               content = std::move(content), audit = audit()] {
    return WriteCheckpoint(manifest, content, audit);
  });
  return absl::OkStatus();
}

absl::Status RunRecorder::WriteCheckpoint(
    CheckpointManifest manifest, const CheckpointContent& content,
    const std::vector<AuditRecord>& audit) {
  // The checkpoint promises the rows up to its step.
  SF_RETURN_IF_ERROR(SyncFile(*files_, directory_->File("metrics.csv")));
  SF_RETURN_IF_ERROR(
      Annotate(checkpoints_->Write(std::move(manifest), content.write_files),
               "writing a checkpoint (older ones are intact)"));
  return checkpoints_->Retain(config_.learner().keep_checkpoints(),
                              BestStep(*checkpoints_, audit));
}

absl::Status RunRecorder::PollCheckpoint() {
  if (!writer_.underway() || !writer_.done()) return absl::OkStatus();
  return AwaitCheckpoint();
}

absl::Status RunRecorder::AwaitCheckpoint() {
  if (!writer_.underway()) return absl::OkStatus();
  SF_RETURN_IF_ERROR(writer_.Take());
  checkpointed_step_ = begun_.step;
  return log_->Write(
      "checkpoint",
      {{"step", begun_.step},
       {"finished", begun_.finished},
       {"seconds", absl::ToDoubleSeconds(clock_->Monotonic() - begun_.began)}});
}

absl::Status RunRecorder::WriteCheckpoint(const RunCounts& now,
                                          CheckpointContent content) {
  SF_RETURN_IF_ERROR(BeginCheckpoint(now, std::move(content)));
  return AwaitCheckpoint();
}

absl::Status RunRecorder::Diverged(const absl::Status& why,
                                   const std::string& diagnosis) {
  absl::Status written = AwaitCheckpoint();
  if (!written.ok()) LogWarning(written.message());
  const std::string path = directory_->File("diagnosis.json");
  written = WriteFileAtomically(*files_, path, diagnosis);
  if (!written.ok()) LogWarning(written.message());
  const absl::Status noted = Note(absl::StrCat("failed: ", why.message()));
  if (!noted.ok()) LogWarning(noted.message());
  return absl::DataLossError(absl::StrCat(
      why.message(), written.ok() ? absl::StrCat("; details in ", path) : "",
      "; ", LastGood()));
}

std::string RunRecorder::LastGood() const {
  const auto found = checkpoints_->NewestValid();
  if (!found.ok()) return std::string(found.status().message());
  if (!found->has_value()) return "there is no checkpoint yet";
  return absl::StrCat("the last good checkpoint is ", (*found)->directory);
}

absl::Status RunRecorder::Stop(const RunCounts& now,
                               CheckpointContent content) {
  SF_RETURN_IF_ERROR(AwaitCheckpoint());
  if (checkpointed_step_ != now.step) {
    SF_RETURN_IF_ERROR(WriteCheckpoint(now, std::move(content)));
  }
  return log_->Write("stop", {{"step", now.step}});
}

absl::Status RunRecorder::Finish(const RunCounts& now, const Snapshot& snapshot,
                                 CheckpointContent content) {
  SF_RETURN_IF_ERROR(WritePolicyBundle(*files_, directory_->File("policy"),
                                       {snapshot, ActionMode::kDeterministic}));
  SF_RETURN_IF_ERROR(
      BeginCheckpoint(now, std::move(content), /*finished=*/true));
  SF_RETURN_IF_ERROR(AwaitCheckpoint());
  finished_ = true;
  return log_->Write("finish", {{"step", now.step},
                                {"stopped_by", stopped_by_},
                                {"wall_seconds", WallSeconds()}});
}

double RunRecorder::WallSeconds() const {
  return earlier_seconds_ +
         absl::ToDoubleSeconds(clock_->Monotonic() - started_);
}

}  // namespace softfleet
