// SPDX-License-Identifier: Apache-2.0
// softfleet train --seeds.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/commands.h"
#include "cli/panel_progress.h"
#include "cli/seed_list.h"
#include "cli/seed_panel.h"
#include "cli/training_metrics.h"
#include "core/log.h"
#include "core/plural.h"
#include "core/status.h"
#include "core/stop_signal.h"
#include "evaluation/audit_table.h"
#include "evaluation/report_data.h"
#include "evaluation/seed_panel.h"
#include "evaluation/text_table.h"
#include "run/config.h"
#include "run/seed_directories.h"

namespace softfleet {
namespace {

absl::StatusOr<SeedPanelOptions> Options(const TrainFlags& flags) {
  for (const std::string& assignment : flags.set) {
    if (absl::StartsWith(assignment, "seed=")) {
      return absl::InvalidArgumentError(
          absl::StrCat("--set ", assignment,
                       " beside --seeds: --seeds says the seed of each run"));
    }
  }
  SeedPanelOptions options;
  SF_ASSIGN_OR_RETURN(options.seeds, ParseSeedList(flags.seeds));
  SF_ASSIGN_OR_RETURN(options.config,
                      LoadConfig(RealFileSystem(), flags.config, flags.set));
  options.run_dir = flags.run_dir;
  options.init_from = flags.init_from;
  options.threads = flags.threads;
  if (options.threads == 0) {
    options.threads =
        std::max(1, static_cast<int>(std::thread::hardware_concurrency()) /
                        options.config.learner().threads());
  }
  return options;
}

// Who is told of the runs: the terminal and, if asked for, Prometheus.
class Observers {
 public:
  Observers(const SeedPanelOptions& options, MetricRegistry* registry)
      : progress_(stderr, SystemClock(), options.config.total_steps(),
                  options.config.metrics_interval(), options.seeds) {
    if (registry == nullptr) return;
    for (const uint64_t seed : options.seeds) {
      MetricRegistry of_seed(*registry, "seed", absl::StrCat(seed));
      metrics_.push_back(
          std::make_unique<TrainingMetrics>(of_seed, options.config));
    }
  }

  PanelProgress& progress() { return progress_; }

  void OnEnd(size_t i, const SeedResult& result) {
    if (!result.status.ok()) {
      progress_.Print(i, absl::StrCat("failed: ", result.status.message()));
    } else if (result.finished) {
      progress_.Print(i, "finished");
    }
    progress_.OnEnd(i);
  }

  TrainingObserver Of(size_t i) {
    TrainingMetrics* metrics = metrics_.empty() ? nullptr : metrics_[i].get();
    TrainingObserver observer;
    observer.on_round = [this, i, metrics](const MetricsRow& row) {
      progress_.OnRound(i, row);
      if (metrics != nullptr) metrics->OnRound(row);
    };
    observer.on_metrics = [metrics](const MetricsRow& row) {
      if (metrics != nullptr) metrics->OnMetrics(row);
    };
    observer.on_evaluation = [this, i, metrics](const AuditRecord& record) {
      progress_.Print(i, FormatEvaluation(record));
      if (metrics != nullptr) metrics->OnEvaluation(record);
    };
    observer.on_note = [this, i](const std::string& text) {
      progress_.Print(i, text);
    };
    return observer;
  }

 private:
  PanelProgress progress_;
  std::vector<std::unique_ptr<TrainingMetrics>> metrics_;
};

std::string IntervalText(const Estimate& estimate) {
  return absl::StrFormat("%.1f (95%%: %.1f to %.1f)", estimate.value,
                         estimate.low, estimate.high);
}

void PrintTable(const SeedPanelData& data) {
  std::vector<TextRow> rows = {{"seed", "step", "deterministic", "stochastic",
                                "regret det / sto", "success det / sto"}};
  for (const ReportData& run : data.runs) {
    if (run.audit.empty()) continue;
    const AuditRecord& last = run.audit.back();
    rows.push_back({absl::StrCat(run.seed), absl::StrCat(last.step),
                    ReturnText(last.deterministic), ReturnText(last.stochastic),
                    RegretText(last), SuccessText(last)});
  }
  std::fputs(FormatTextTable(rows).c_str(), stdout);
}

absl::Status PrintPanel(const std::string& run_dir) {
  SF_ASSIGN_OR_RETURN(const SeedPanelData data,
                      GatherSeedPanel(RealFileSystem(), run_dir));
  PrintTable(data);
  const SeedPanelPoint result = SeedPanelResult(data);
  if (result.seeds == 0) return absl::OkStatus();
  std::printf("interquartile mean of %s: deterministic %s, stochastic %s\n",
              Counted(result.seeds, "seed").c_str(),
              IntervalText(result.deterministic).c_str(),
              IntervalText(result.stochastic).c_str());
  return absl::OkStatus();
}

// Each run's own and the panel's. The runs are what counts: what cannot be
// written about them is only a warning.
void WriteReportsOrWarn(const SeedPanelOptions& options) {
  FileSystem& files = RealFileSystem();
  for (const uint64_t seed : options.seeds) {
    const std::string directory = SeedDirectory(options.run_dir, seed);
    const absl::Status status =
        WriteReport(files, directory, JoinPath(directory, "report.html"));
    if (!status.ok()) LogWarning(status.message());
  }
  const std::string path = JoinPath(options.run_dir, "report.html");
  const absl::Status status =
      WriteSeedPanelReport(files, options.run_dir, path);
  if (!status.ok()) {
    LogWarning(absl::StrCat("no report: ", status.message()));
    return;
  }
  std::printf("report: %s\n", path.c_str());
}

// Says what came of the runs; an error where one has failed.
absl::Status Conclude(const TrainFlags& flags,
                      const std::vector<SeedResult>& results) {
  std::vector<uint64_t> failed, stopped;
  for (const SeedResult& result : results) {
    if (!result.status.ok()) {
      failed.push_back(result.seed);
    } else if (!result.finished) {
      stopped.push_back(result.seed);
    }
  }
  if (!stopped.empty()) {
    std::printf("stopped with a checkpoint of each seed; to go on:\n  %s\n",
                flags.command_line.c_str());
  }
  if (failed.empty()) return absl::OkStatus();
  return absl::InternalError(
      absl::StrCat(Counted(failed.size(), "seed"), " of ", results.size(),
                   " failed (", FormatSeedList(failed),
                   "), for reasons given above; the same command tries again"));
}

}  // namespace

absl::Status TrainSeedPanel(const TrainFlags& flags) {
  SF_ASSIGN_OR_RETURN(const SeedPanelOptions options, Options(flags));
  SF_ASSIGN_OR_RETURN(const auto service,
                      MetricsService::Start(flags.metrics_listen));
  SF_ASSIGN_OR_RETURN(
      const std::unique_ptr<SeedPanel> panel,
      SeedPanel::Open(RealFileSystem(), SystemClock(), options));
  for (const std::string& note : panel->notes()) LogInfo(note);
  Observers observers(options,
                      service == nullptr ? nullptr : &service->registry());
  const std::vector<SeedResult> results = panel->Run(
      {.of_run = [&](size_t i) { return observers.Of(i); },
       .on_end = [&](size_t i,
                     const SeedResult& result) { observers.OnEnd(i, result); }},
      StopRequested);
  observers.progress().Finish();
  WriteReportsOrWarn(options);
  SF_RETURN_IF_ERROR(PrintPanel(options.run_dir));
  return Conclude(flags, results);
}

}  // namespace softfleet
