// SPDX-License-Identifier: Apache-2.0
#include <poll.h>

#include <cstdio>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/commands.h"
#include "cli/local_cluster.h"
#include "cli/local_cluster_run.h"
#include "cli/progress.h"
#include "core/log.h"
#include "core/plural.h"
#include "core/status.h"
#include "core/stop_signal.h"
#include "evaluation/run_result.h"
#include "learner/run_recorder.h"
#include "run/audit_log.h"
#include "run/config.h"
#include "run/run_directory.h"
#include "transport/channel.h"
#include "transport/learner_client.h"

namespace softfleet {
namespace {

constexpr absl::Duration kInfoInterval = absl::Milliseconds(500);
constexpr int kPollMilliseconds = 50;

// What a person sees: asks the learner now and then, prints its numbers.
class ClusterView {
 public:
  ClusterView(FileSystem& files, Clock& clock, std::string run_dir,
              const v1::RunConfig& config,
              std::shared_ptr<grpc::Channel> channel)
      : files_(&files),
        clock_(&clock),
        run_dir_(std::move(run_dir)),
        line_interval_(config.metrics_interval()),
        progress_(stderr, clock, config.total_steps()),
        channel_(std::move(channel)),
        evaluations_(Audit().size()) {}

  void Print(const std::string& line) { progress_.Print(line); }
  void Finish() { progress_.Finish(); }

  void RunOnce(int restarts) {
    const absl::Duration now = clock_->Monotonic();
    if (now - asked_ < kInfoInterval) return;
    asked_ = now;
    const auto info = LearnerInfo(channel_, kInfoInterval);
    if (info.ok()) Show(*info, restarts, now);
  }

 private:
  void Show(const v1::LearnerInfoReply& info, int restarts,
            absl::Duration now) {
    if (info.evaluations() > evaluations_) ShowEvaluations();
    MetricsRow row;
    row.step = static_cast<int64_t>(info.step());
    row.updates = static_cast<int64_t>(info.updates());
    if (shown_.has_value() && now > shown_at_) {
      const double seconds = absl::ToDoubleSeconds(now - shown_at_);
      row.steps_per_second =
          static_cast<double>(row.step - shown_->step) / seconds;
      row.updates_per_second =
          static_cast<double>(row.updates - shown_->updates) / seconds;
    }
    constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
    row.return_mean =
        info.has_episode_return() ? info.episode_return() : kUnknown;
    row.statistics.alpha = info.has_alpha() ? info.alpha() : kUnknown;
    row.statistics.entropy = info.has_entropy() ? info.entropy() : kUnknown;
    row.target_entropy = info.target_entropy();
    progress_.OnRound(row, Fleet(info, restarts));
    if (shown_.has_value() && Crossed(line_interval_, shown_->step, row.step)) {
      progress_.OnMetrics(row, Fleet(info, restarts));
    }
    shown_ = row;
    shown_at_ = now;
  }

  static std::string Fleet(const v1::LearnerInfoReply& info, int restarts) {
    uint64_t sessions = 0;
    int attached = 0;
    for (const v1::ShardInfo& shard : info.shards()) {
      sessions += shard.live_sessions();
      attached += shard.attached() ? 1 : 0;
    }
    std::string text = absl::StrFormat(
        "%s, %d/%d shards, %.3g updates per step", Counted(sessions, "actor"),
        attached, info.shards_size(), info.updates_per_step());
    if (restarts > 0)
      absl::StrAppend(&text, ", ", Counted(restarts, "restart"));
    return text;
  }

  std::vector<AuditRecord> Audit() const {
    return ReadAudit(*files_, JoinPath(run_dir_, "audit.json"))
        .value_or(std::vector<AuditRecord>{});
  }

  // Those that were not there yet; there may be more than the learner said.
  void ShowEvaluations() {
    const std::vector<AuditRecord> records = Audit();
    for (; evaluations_ < records.size(); ++evaluations_) {
      progress_.Print(FormatEvaluation(records[evaluations_]));
    }
  }

  FileSystem* files_;
  Clock* clock_;
  std::string run_dir_;
  int64_t line_interval_;  // environment steps between lines that stay
  Progress progress_;
  std::shared_ptr<grpc::Channel> channel_;
  absl::Duration asked_ = -absl::InfiniteDuration();
  std::optional<MetricsRow> shown_;
  absl::Duration shown_at_;
  size_t evaluations_;  // of the audit, shown
};

absl::StatusOr<LocalCluster> Plan(const ClusterFlags& flags) {
  LocalClusterOptions options;
  SF_ASSIGN_OR_RETURN(options.programs, ProgramDirectory());
  options.config = flags.config;
  options.set = flags.set;
  options.run_dir = flags.run_dir;
  options.shards = flags.shards;
  options.actors = flags.actors;
  for (const char* program : {"softfleet-learner", "softfleet-replay-server",
                              "softfleet-actor", "softfleet-evaluator"}) {
    if (RealFileSystem().Exists(JoinPath(options.programs, program))) continue;
    return absl::NotFoundError(
        absl::StrCat(program, " is not in ", options.programs,
                     ", beside softfleet: build it (make build)"));
  }
  return PlanLocalCluster(options);
}

absl::Status Prepare(FileSystem& files, const std::string& run_dir,
                     const LocalCluster& cluster) {
  const std::string folder = ClusterFolder(run_dir);
  SF_RETURN_IF_ERROR(files.CreateDirectories(JoinPath(folder, "logs")));
  return WriteFileAtomically(files, JoinPath(folder, "prometheus_targets.json"),
                             cluster.prometheus_targets);
}

absl::Status RunProcesses(const ClusterFlags& flags,
                          const LocalCluster& cluster,
                          const v1::RunConfig& config, bool* finished) {
  Clock& clock = SystemClock();
  SF_ASSIGN_OR_RETURN(std::shared_ptr<grpc::Channel> channel,
                      MakeChannel(cluster.learner_address, Security()));
  ClusterView view(RealFileSystem(), clock, flags.run_dir, config, channel);
  LocalClusterRun run(clock,
                      [&view](const std::string& note) { view.Print(note); });
  absl::Status status = run.Start(cluster);
  while (status.ok() && !*finished && !StopRequested()) {
    const absl::StatusOr<bool> done = run.RunOnce();
    status = done.status();
    *finished = done.ok() && *done;
    view.RunOnce(run.restarts());
    ::poll(nullptr, 0, kPollMilliseconds);
  }
  view.Finish();
  run.Stop();
  return status;
}

absl::Status Cluster(const ClusterFlags& flags) {
  CatchStopSignals();
  FileSystem& files = RealFileSystem();
  SF_ASSIGN_OR_RETURN(const v1::RunConfig config,
                      LoadConfig(files, flags.config, flags.set));
  if (IsFinished(files, flags.run_dir, config)) {
    return PrintFinishedRun(files, flags.run_dir);
  }
  SF_RETURN_IF_ERROR(RunDirectory::Check(files, flags.run_dir, config));
  SF_ASSIGN_OR_RETURN(const LocalCluster cluster, Plan(flags));
  SF_RETURN_IF_ERROR(Prepare(files, flags.run_dir, cluster));
  bool finished = false;
  SF_RETURN_IF_ERROR(RunProcesses(flags, cluster, config, &finished));
  if (finished) {
    SF_RETURN_IF_ERROR(PrintResult(files, flags.run_dir));
    WriteReportOrWarn(files, flags.run_dir);
    return absl::OkStatus();
  }
  std::printf("stopped with a checkpoint; to go on:\n  %s\n",
              flags.command_line.c_str());
  return absl::OkStatus();
}

}  // namespace

int RunCluster(const ClusterFlags& flags) {
  return ReportError(Cluster(flags));
}

}  // namespace softfleet
