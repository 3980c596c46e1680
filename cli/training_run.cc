// SPDX-License-Identifier: Apache-2.0
#include "cli/training_run.h"

#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/system_checkpoint.h"
#include "core/status.h"
#include "evaluation/make_audit_record.h"
#include "policy/bundle.h"
#include "run/config.h"

namespace softfleet {
namespace {

// In the state of a checkpoint whose evaluation failed.
constexpr char kEvaluationDue[] = R"({"evaluation_due": true})";

bool SaysEvaluationDue(const CheckpointManifest& manifest) {
  const auto state = nlohmann::json::parse(manifest.state_json, nullptr, false);
  return state.is_object() && state.value("evaluation_due", false);
}

// The bundle in `directory`, or in the run that is there.
absl::StatusOr<PolicyBundle> ReadInitialPolicy(FileSystem& files,
                                               const std::string& directory) {
  const std::string of_run = JoinPath(directory, "policy");
  return ReadPolicyBundle(files, files.Exists(of_run) ? of_run : directory);
}

}  // namespace

TrainingRun::TrainingRun(FileSystem& files, const v1::RunConfig& config,
                         TrainingObserver observer)
    : files_(&files), config_(config), observer_(std::move(observer)) {}

absl::StatusOr<std::unique_ptr<TrainingRun>> TrainingRun::Open(
    FileSystem& files, Clock& clock, const v1::RunConfig& config,
    const std::string& run_dir, TrainingObserver observer,
    const std::string& init_from) {
  auto run =
      absl::WrapUnique(new TrainingRun(files, config, std::move(observer)));
  // A configuration that cannot be built leaves no directory behind.
  SF_ASSIGN_OR_RETURN(run->system_, EmbeddedSystem::Build(files, config));
  // Nor does a policy to start from that cannot be read or does not fit.
  if (!init_from.empty()) {
    SF_ASSIGN_OR_RETURN(const PolicyBundle policy,
                        ReadInitialPolicy(files, init_from));
    SF_RETURN_IF_ERROR(Annotate(
        run->system_->learner().StartFrom(policy.snapshot), init_from));
  }
  SF_ASSIGN_OR_RETURN(
      run->recorder_,
      RunRecorder::Open(files, clock, config, run_dir, run->observer_));
  run->system_->learner().Identify(run->directory().run_id(),
                                   run->directory().incarnation());
  SF_RETURN_IF_ERROR(run->Begin(init_from));
  run->recorded_ = run->step();
  SF_RETURN_IF_ERROR(run->system_->Publish(RunState::kWarming).status());
  return run;
}

absl::Status TrainingRun::Begin(const std::string& init_from) {
  const CheckpointStore::Found* checkpoint = recorder_->checkpoint();
  if (checkpoint != nullptr) {
    SF_RETURN_IF_ERROR(
        Annotate(RestoreSystem(*files_, checkpoint->directory, *system_),
                 checkpoint->directory));
    evaluation_due_ = SaysEvaluationDue(checkpoint->manifest);
  }
  SF_RETURN_IF_ERROR(recorder_->Begin());
  if (init_from.empty()) return absl::OkStatus();
  return recorder_->Note(
      checkpoint != nullptr
          ? "the run has begun: --init_from is not used"
          : absl::StrCat("starting from the policy in ", init_from));
}

absl::StatusOr<bool> TrainingRun::Run(const std::function<bool()>& stop) {
  absl::StatusOr<bool> finished = RunToEnd(stop);
  if (!evaluation_failure_.ok()) return StopUnevaluated();
  if (!absl::IsDataLoss(finished.status())) return finished;
  return recorder_->Diverged(finished.status(), system_->learner().Diagnosis());
}

absl::StatusOr<bool> TrainingRun::RunToEnd(const std::function<bool()>& stop) {
  if (evaluation_due_) SF_RETURN_IF_ERROR(MakeUpForEvaluation());
  while (!recorder_->finished() && !done() && recorder_->stopped_by().empty()) {
    if (stop()) {
      SF_RETURN_IF_ERROR(Stop());
      return false;
    }
    SF_RETURN_IF_ERROR(Round());
  }
  if (!recorder_->finished()) SF_RETURN_IF_ERROR(Finish());
  return true;
}

bool TrainingRun::done() const {
  return step() >= config_.total_steps() && !system_->owes_updates();
}

absl::Status TrainingRun::Round() {
  SF_RETURN_IF_ERROR(system_->RunOnce());
  const bool checkpoint =
      Crossed(config_.checkpoint_interval(), recorded_, step());
  // What belongs into the instant is recorded before it.
  if (checkpoint) SF_RETURN_IF_ERROR(system_->Pause());
  SF_RETURN_IF_ERROR(KeepRecords());
  // The last checkpoint is Finish's.
  if (checkpoint && step() < config_.total_steps()) {
    SF_RETURN_IF_ERROR(BeginCheckpoint());
  }
  if (checkpoint) system_->Resume();
  if (evaluating_.underway() && evaluating_.done()) {
    SF_RETURN_IF_ERROR(AwaitEvaluation());
  }
  SF_RETURN_IF_ERROR(recorder_->PollCheckpoint());
  if (observer_.on_round) observer_.on_round(SoFar());
  if (observer_.on_waits && system_->overlapped()) {
    observer_.on_waits(system_->waits());
  }
  return recorder_->ApplyStopRules(Counts());
}

absl::Status TrainingRun::KeepRecords() {
  recorder_->AddEpisodes(system_->TakeEpisodes());
  const int64_t before = std::exchange(recorded_, step());
  if (Crossed(config_.metrics_interval(), before, recorded_)) {
    SF_RETURN_IF_ERROR(WriteMetrics());
  }
  // The last evaluation is Finish's.
  if (recorded_ >= config_.total_steps() ||
      !Crossed(config_.evaluation().interval(), before, recorded_)) {
    return absl::OkStatus();
  }
  return system_->overlapped() ? BeginEvaluation() : Evaluate();
}

absl::Status TrainingRun::Finish() {
  SF_RETURN_IF_ERROR(system_->Pause());
  SF_RETURN_IF_ERROR(KeepRecords());
  SF_RETURN_IF_ERROR(AwaitEvaluation());
  // A rule may have stopped the run right after an evaluation.
  if (!recorder_->Evaluated(Counts())) SF_RETURN_IF_ERROR(Evaluate());
  SF_ASSIGN_OR_RETURN(std::shared_ptr<const Snapshot> snapshot,
                      system_->Publish(RunState::kFinished));
  SF_RETURN_IF_ERROR(recorder_->AwaitCheckpoint());
  SF_ASSIGN_OR_RETURN(CheckpointContent content, Content());
  SF_RETURN_IF_ERROR(NoteWaits());
  return recorder_->Finish(Counts(), *snapshot, std::move(content));
}

absl::Status TrainingRun::Stop() {
  SF_RETURN_IF_ERROR(system_->Pause());
  SF_RETURN_IF_ERROR(KeepRecords());
  SF_RETURN_IF_ERROR(AwaitEvaluation());
  SF_RETURN_IF_ERROR(NoteWaits());
  SF_RETURN_IF_ERROR(recorder_->AwaitCheckpoint());
  SF_ASSIGN_OR_RETURN(CheckpointContent content, Content());
  return recorder_->Stop(Counts(), std::move(content));
}

absl::Status TrainingRun::WriteMetrics() {
  SF_RETURN_IF_ERROR(recorder_->WriteMetrics(SoFar()));
  system_->learner().statistics().Reset();
  return absl::OkStatus();
}

absl::Status TrainingRun::MakeUpForEvaluation() {
  evaluation_due_ = false;
  // Recorded before a crash that came before the next checkpoint.
  if (recorder_->Evaluated(Counts())) return absl::OkStatus();
  SF_RETURN_IF_ERROR(Evaluate());
  return recorder_->ApplyStopRules(Counts());
}

absl::Status TrainingRun::StopUnevaluated() {
  const absl::Status why = std::exchange(evaluation_failure_, {});
  const auto stop = [this]() -> absl::Status {
    SF_RETURN_IF_ERROR(system_->Pause());
    recorder_->AddEpisodes(system_->TakeEpisodes());
    SF_RETURN_IF_ERROR(recorder_->AwaitCheckpoint());
    SF_ASSIGN_OR_RETURN(CheckpointContent content, Content());
    content.state_json = kEvaluationDue;
    return recorder_->Stop(Counts(), std::move(content));
  };
  const std::string failed =
      absl::StrCat("evaluating at step ", step(), ": ", why.message());
  SF_RETURN_IF_ERROR(Annotate(stop(), failed));
  return absl::Status(
      why.code(),
      absl::StrCat(failed,
                   "; a checkpoint of this step is written: mend the "
                   "environment or the panel, then the same command goes on "
                   "with this evaluation"));
}

absl::Status TrainingRun::Evaluate() {
  SF_ASSIGN_OR_RETURN(std::shared_ptr<const Snapshot> snapshot,
                      system_->Publish(RunState::kRunning));
  absl::StatusOr<EvaluationResult> result =
      system_->evaluator().Evaluate(snapshot);
  evaluation_failure_ = result.status();
  SF_RETURN_IF_ERROR(evaluation_failure_);
  return recorder_->RecordEvaluation(
      MakeAuditRecord(*result, *snapshot, ConfigHash(config_)), *snapshot);
}

absl::Status TrainingRun::BeginEvaluation() {
  SF_RETURN_IF_ERROR(AwaitEvaluation());
  SF_ASSIGN_OR_RETURN(evaluated_, system_->Publish(RunState::kRunning));
  evaluating_.Start("evaluation", [this]() -> absl::Status {
    SF_ASSIGN_OR_RETURN(evaluation_, system_->evaluator().Evaluate(evaluated_));
    return absl::OkStatus();
  });
  return absl::OkStatus();
}

absl::Status TrainingRun::AwaitEvaluation() {
  if (!evaluating_.underway()) return absl::OkStatus();
  evaluation_failure_ = evaluating_.Take();
  SF_RETURN_IF_ERROR(evaluation_failure_);
  return recorder_->RecordEvaluation(
      MakeAuditRecord(evaluation_, *evaluated_, ConfigHash(config_)),
      *evaluated_);
}

absl::Status TrainingRun::NoteWaits() {
  if (!system_->overlapped()) return absl::OkStatus();
  const EmbeddedSystem::Waits waits = system_->waits();
  return recorder_->Note(absl::StrFormat(
      "the learner waited %.1f s for rows, the actor %.1f s for updates",
      absl::ToDoubleSeconds(waits.for_rows),
      absl::ToDoubleSeconds(waits.for_updates)));
}

MetricsRow TrainingRun::SoFar() {
  LearnerLoop& learner = system_->learner();
  return recorder_->SoFar(Counts(), learner.statistics().Mean(),
                          learner.target_entropy());
}

RunCounts TrainingRun::Counts() {
  return {step(), system_->learner().updates()};
}

absl::StatusOr<CheckpointContent> TrainingRun::Content() {
  SF_ASSIGN_OR_RETURN(SystemInstant captured, CaptureSystem(*system_));
  // Shared, because a std::function is copied.
  const auto instant = std::make_shared<SystemInstant>(std::move(captured));
  return CheckpointContent{
      .write_files = [files = files_, instant](const std::string& directory,
                                               CheckpointManifest* manifest) {
        return WriteSystem(*files, *instant, directory, manifest);
      }};
}

absl::Status TrainingRun::BeginCheckpoint() {
  SF_RETURN_IF_ERROR(AwaitEvaluation());
  SF_RETURN_IF_ERROR(recorder_->AwaitCheckpoint());
  SF_ASSIGN_OR_RETURN(CheckpointContent content, Content());
  return recorder_->BeginCheckpoint(Counts(), std::move(content));
}

}  // namespace softfleet
