// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <memory>
#include <string>

#include "cli/commands.h"
#include "cli/progress.h"
#include "cli/training_metrics.h"
#include "cli/training_run.h"
#include "core/status.h"
#include "core/stop_signal.h"
#include "evaluation/run_result.h"
#include "run/config.h"
#include "run/machine.h"

namespace softfleet {
namespace {

absl::Status Train(const TrainFlags& flags) {
  CatchStopSignals();
  if (!flags.seeds.empty()) return TrainSeedPanel(flags);
  FileSystem& files = RealFileSystem();
  SF_ASSIGN_OR_RETURN(const v1::RunConfig config,
                      LoadConfig(files, flags.config, flags.set));
  if (IsFinished(files, flags.run_dir, config)) {
    return PrintFinishedRun(files, flags.run_dir);
  }
  Clock& clock = SystemClock();
  Progress progress(stderr, clock, config.total_steps());
  SF_ASSIGN_OR_RETURN(const auto service,
                      MetricsService::Start(flags.metrics_listen));
  std::unique_ptr<TrainingMetrics> metrics;
  if (service != nullptr) {
    metrics = std::make_unique<TrainingMetrics>(service->registry(), config);
  }
  TrainingObserver observer;
  observer.on_round = [&](const MetricsRow& row) {
    progress.OnRound(row);
    if (metrics != nullptr) metrics->OnRound(row);
  };
  if (metrics != nullptr) {
    observer.on_waits = [&](const EmbeddedSystem::Waits& waits) {
      metrics->OnWaits(waits);
    };
  }
  observer.on_metrics = [&](const MetricsRow& row) {
    progress.OnMetrics(row);
    if (metrics != nullptr) metrics->OnMetrics(row);
  };
  observer.on_evaluation = [&](const AuditRecord& record) {
    progress.Print(FormatEvaluation(record));
    if (metrics != nullptr) metrics->OnEvaluation(record);
  };
  observer.on_note = [&](const std::string& text) { progress.Print(text); };
  SF_ASSIGN_OR_RETURN(std::unique_ptr<TrainingRun> run,
                      TrainingRun::Open(files, clock, config, flags.run_dir,
                                        observer, flags.init_from));
  RecordMachineOrWarn(files, flags.run_dir);
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
