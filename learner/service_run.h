// SPDX-License-Identifier: Apache-2.0
// A learner's process: ClusterRun with its lines to the shards, its service,
// and a thread that drives it, the caller's. Owned by main.
#ifndef SOFTFLEET_LEARNER_SERVICE_RUN_H_
#define SOFTFLEET_LEARNER_SERVICE_RUN_H_

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/clock.h"
#include "core/file_system.h"
#include "core/metrics.h"
#include "core/waiting_timer.h"
#include "learner/cluster_run.h"
#include "learner/join_desk.h"
#include "learner/learner_metrics.h"
#include "learner/learner_service.h"
#include "learner/parameter_board.h"
#include "learner/report_box.h"
#include "learner/run_recorder.h"
#include "learner/wakeup.h"
#include "transport/channel.h"
#include "transport/server_host.h"
#include "transport/shard_link.h"

namespace softfleet {

class ServiceRun {
 public:
  struct Options {
    v1::RunConfig config;    // valid, defaults filled in
    LearnerOptions learner;  // made from it
    std::string run_dir;
    std::vector<std::string> shards;  // addresses
    std::string listen;
    Security security;
    std::string panel_text;  // of config.evaluation.panel
    RunObserver observer;
  };
  // Takes the run directory, listens, begins to attach the shards, restores the
  // run. Health: the whole and LearnerService are serving from then on.
  // `registry` outlives the run.
  static absl::StatusOr<std::unique_ptr<ServiceRun>> Start(
      Options options, MetricRegistry& registry);
  ~ServiceRun();

  // Drives the run until it is finished (true), or until `stop` returns true,
  // which is asked between rounds: then a checkpoint is written (false).
  absl::StatusOr<bool> Run(const std::function<bool()>& stop);

  // After the end: lets actors flush and everybody see the run's phase, until
  // no session is left, at most `timeout`.
  void Linger(const std::function<bool()>& stop, absl::Duration timeout);

  const std::string& address() const { return host_->address(); }
  int64_t step() const { return run_->step(); }

 private:
  ServiceRun(Options options, MetricRegistry& registry);
  absl::Status Connect();
  absl::Status Listen();
  void SetServing(bool serving);
  // Whether links_ and run_ are there, for who calls from another thread.
  bool loaded() const { return loaded_.load(std::memory_order_acquire); }
  // Tells the shards what has changed, but not too often.
  void TellShards(bool at_once);
  // Waits for news; counts and sometimes logs what for.
  void Wait();
  std::vector<JoinDesk::ShardState> Shards() const;
  v1::LearnerInfoReply Info() const;
  void ShowShards();
  std::string ShardProblems() const;

  Options options_;
  Clock* clock_;
  LearnerMetrics metrics_;
  WaitingTimer waiting_;
  Wakeup wakeup_;
  ParameterBoard board_;
  ReportBox reports_;
  std::unique_ptr<RunRecorder> recorder_;
  std::unique_ptr<JoinDesk> desk_;
  std::vector<std::unique_ptr<ShardLink>> links_;
  std::unique_ptr<ClusterRun> run_;
  std::unique_ptr<LearnerService> service_;
  std::unique_ptr<ServerHost> host_;
  std::atomic<bool> loaded_ = false;
  ClusterRun::Orders told_;
  std::map<std::string, Position> told_positions_;
  absl::Duration told_at_ = -absl::InfiniteDuration();
  std::string waits_for_;
  absl::Duration waits_since_;
  bool logged_ = false;                     // that it waits
  std::unique_ptr<MetricRefresh> refresh_;  // last: asks the links
};

}  // namespace softfleet

#endif  // SOFTFLEET_LEARNER_SERVICE_RUN_H_
