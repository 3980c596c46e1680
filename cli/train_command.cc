// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <string>

#include "absl/strings/str_cat.h"
#include "cli/commands.h"
#include "cli/progress.h"
#include "cli/training_run.h"
#include "core/log.h"
#include "core/status.h"
#include "core/stop_signal.h"
#include "evaluation/report_data.h"
#include "run/checkpoint_store.h"
#include "run/config.h"
#include "run/machine.h"

namespace softfleet {
namespace {

// The last evaluation and where things are, on stdout.
absl::Status PrintResult(FileSystem& files, const std::string& run_dir) {
  SF_ASSIGN_OR_RETURN(const std::vector<AuditRecord> records,
                      ReadAudit(files, JoinPath(run_dir, "audit.json")));
  if (records.empty()) return absl::DataLossError("audit.json has no rows");
  std::printf("%s\n", FormatEvaluation(records.back()).c_str());
  SF_ASSIGN_OR_RETURN(
      const CheckpointStore checkpoints,
      CheckpointStore::Open(files, JoinPath(run_dir, "checkpoints")));
  SF_ASSIGN_OR_RETURN(const std::vector<uint64_t> steps, checkpoints.Steps());
  SF_ASSIGN_OR_RETURN(const uint64_t bytes, checkpoints.Bytes());
  std::printf("checkpoints: %zu kept, %s\n", steps.size(),
              FormatBytes(bytes).c_str());
  std::printf("policy: %s\naudit:  %s  (softfleet audit --run_dir %s)\n",
              JoinPath(run_dir, "policy").c_str(),
              JoinPath(run_dir, "audit.json").c_str(), run_dir.c_str());
  return absl::OkStatus();
}

// The run is what counts: what cannot be written about it is only a warning.
void WriteReportOrWarn(FileSystem& files, const std::string& run_dir) {
  const std::string path = JoinPath(run_dir, "report.html");
  const absl::Status status = WriteReport(files, run_dir, path);
  if (!status.ok()) {
    LogWarning(absl::StrCat("no report: ", status.message()));
    return;
  }
  std::printf("report: %s\n", path.c_str());
}

void WriteMachineOrWarn(FileSystem& files, const std::string& run_dir) {
  const absl::Status status = WriteMachine(
      files, JoinPath(run_dir, "machine.json"), ThisMachine(files));
  if (!status.ok()) LogWarning(status.message());
}

absl::Status Train(const TrainFlags& flags) {
  FileSystem& files = RealFileSystem();
  SF_ASSIGN_OR_RETURN(const v1::RunConfig config,
                      LoadConfig(files, flags.config, flags.set));
  if (IsFinished(files, flags.run_dir, config)) {
    std::printf("the run in %s is finished: nothing to do\n",
                flags.run_dir.c_str());
    SF_RETURN_IF_ERROR(PrintResult(files, flags.run_dir));
    const std::string report = JoinPath(flags.run_dir, "report.html");
    if (files.Exists(report)) std::printf("report: %s\n", report.c_str());
    return absl::OkStatus();
  }
  Clock& clock = SystemClock();
  Progress progress(stderr, clock, config.total_steps());
  TrainingObserver observer;
  observer.on_round = [&](const MetricsRow& row) { progress.OnRound(row); };
  observer.on_metrics = [&](const MetricsRow& row) { progress.OnMetrics(row); };
  observer.on_evaluation = [&](const AuditRecord& record) {
    progress.Print(FormatEvaluation(record));
  };
  observer.on_note = [&](const std::string& text) { progress.Print(text); };
  CatchStopSignals();
  SF_ASSIGN_OR_RETURN(std::unique_ptr<TrainingRun> run,
                      TrainingRun::Open(files, clock, config, flags.run_dir,
                                        observer, flags.init_from));
  WriteMachineOrWarn(files, flags.run_dir);
  const absl::StatusOr<bool> finished = run->Run(StopRequested);
  progress.Finish();
  SF_RETURN_IF_ERROR(finished.status());
  if (!*finished) {
    WriteReportOrWarn(files, flags.run_dir);
    std::printf("stopped at step %lld with a checkpoint; to go on:\n  %s\n",
                static_cast<long long>(run->step()),
                flags.command_line.c_str());
    return absl::OkStatus();
  }
  SF_RETURN_IF_ERROR(PrintResult(files, flags.run_dir));
  WriteReportOrWarn(files, flags.run_dir);
  return absl::OkStatus();
}

}  // namespace

int RunTrain(const TrainFlags& flags) { return ReportError(Train(flags)); }

}  // namespace softfleet
