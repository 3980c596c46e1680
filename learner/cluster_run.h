// SPDX-License-Identifier: Apache-2.0
// A run as the learner of a cluster drives it, from its first step to its
// last, over any number of starts: rows from the shards into the mirror,
// updates, snapshots, evaluations by others, the run directory's records.
//
//  1. A round takes reports, receives a few rows, does a few updates; after it
//     come, where rows received have crossed their interval: a row of
//     metrics.csv, a request for an evaluation, a checkpoint, in this order.
//  2. A checkpoint is one instant: networks, optimisers, counters, normaliser,
//     rows received, rows forgone, each shard's position; not the mirror,
//     which the shards fill again (Refill). What was received after it is
//     received again; lost updates are done again. Policy versions never fall,
//     because each start has a higher incarnation.
//  3. The audit's row of an evaluation is about its snapshot, which is older
//     than where the run is when the report comes. A request that a newer one
//     replaced is counted; one that a restart lost is made again for the
//     policy that there is then.
//  4. The end, at total_steps or where a rule of RunConfig.stop applies: all
//     updates that the rows have earned, the final evaluation, the policy
//     bundle, a checkpoint that says "finished".
//  5. A loss or parameter that is not finite ends the run as failed; the
//     checkpoints before it stay.
//
// No waiting inside. One thread; Info may be asked by any.
#ifndef SOFTFLEET_LEARNER_CLUSTER_RUN_H_
#define SOFTFLEET_LEARNER_CLUSTER_RUN_H_

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/clock.h"
#include "core/file_system.h"
#include "core/mutex.h"
#include "learner/arrivals.h"
#include "learner/learner_loop.h"
#include "learner/learner_metrics.h"
#include "learner/mirror_feed.h"
#include "learner/parameter_board.h"
#include "learner/progress_rule.h"
#include "learner/refill.h"
#include "learner/report_box.h"
#include "learner/row_sampler.h"
#include "learner/run_recorder.h"
#include "replay/table.h"
#include "softfleet/v1/learner.pb.h"
#include "softfleet/v1/run.pb.h"

namespace softfleet {

class ClusterRun {
 public:
  // What is pointed to outlives the run.
  struct Options {
    v1::RunConfig config;    // valid, defaults filled in
    LearnerOptions learner;  // made from it
    std::vector<MirrorFeed::Shard> shards;
    FileSystem* files = nullptr;
    Clock* clock = nullptr;
    RunRecorder* recorder = nullptr;  // opened, not begun
    ParameterBoard* board = nullptr;
    ReportBox* reports = nullptr;
    LearnerMetrics* metrics = nullptr;
    // A round's updates end after so many, or after so long: what it has
    // learned of shards and evaluators is then told.
    int64_t round_updates = 64;
    absl::Duration round_time = absl::Milliseconds(5);
  };
  // Restores the newest checkpoint, begins the records and publishes the first
  // snapshot. ResourceExhausted when the mirror does not fit into its budget.
  static absl::StatusOr<std::unique_ptr<ClusterRun>> Create(Options options);

  // Whether there was anything to do. After an error the run is over; DataLoss
  // where training has diverged.
  absl::StatusOr<bool> RunOnce();

  // What every shard is to be told now.
  struct Orders {
    int64_t received = 0;
    int64_t allowed = 0;
    int64_t slack = 0;
    RunState state = RunState::kWaiting;
    bool operator==(const Orders&) const = default;
  };
  Orders orders() const;
  // Of the learner on each shard, by address: they belong to orders().
  std::map<std::string, Position> positions() const {
    return feed_->positions();
  }

  // Why a round that did nothing did nothing: "shards" (none answers), "rows",
  // "evaluation" (the final one is not reported yet), or "" when finished.
  std::string waiting_for() const;
  bool finished() const { return state_ == RunState::kFinished; }
  int64_t step() const { return loop_->received(); }
  const LearnerLoop& loop() const { return *loop_; }

  // The learner stops for now: a checkpoint.
  absl::Status Stop();

  // Thread-safe. Of the shards, in their order, only address and position.
  v1::LearnerInfoReply Info() const SF_EXCLUDES(mutex_);

 private:
  explicit ClusterRun(Options options);
  absl::Status Build();
  absl::Status Restore(const CheckpointStore::Found& found);
  absl::Status BeginPublishing();
  absl::StatusOr<bool> Round();

  // The parts of a round; those with a result say whether they did anything.
  bool TakeReports(absl::Status* failure);
  absl::StatusOr<bool> Record(const EvaluationReport& report);
  absl::StatusOr<bool> Receive();
  absl::StatusOr<bool> Update();
  absl::Status KeepRecords(int64_t before);
  absl::Status PublishIfDue();
  absl::StatusOr<bool> End();

  absl::StatusOr<std::shared_ptr<const Snapshot>> Publish(RunState state);
  absl::Status RequestEvaluation(bool final);
  absl::Status WriteMetrics();
  // Begins one that is due, notices one that is there.
  absl::Status KeepCheckpoints();
  absl::StatusOr<CheckpointContent> Content() const;
  RunCounts counts() const { return {loop_->received(), loop_->updates()}; }
  int64_t total_steps() const;  // the stop rules considered
  LearnerProgress progress() const;
  // As many rows as earn the updates that are still to be done.
  int64_t OutstandingRows() const;
  // Rows still to come. A run that was resumed with fewer total_steps may be
  // past them.
  int64_t wanted() const {
    return std::max<int64_t>(0, total_steps() - loop_->received());
  }
  RunState StateNow() const;
  absl::Status Fail(const absl::Status& status);
  void Show();
  void ShowInfo() SF_EXCLUDES(mutex_);

  Options options_;
  Clock* clock_;
  RunRecorder* recorder_;
  LearnerMetrics* metrics_;
  std::string config_hash_;
  std::unique_ptr<Table> mirror_;
  std::unique_ptr<MirrorFeed> feed_;
  std::unique_ptr<TableSampler> sampler_;
  std::unique_ptr<LearnerLoop> loop_;
  Refill refill_{0, 0, 0, absl::ZeroDuration()};
  Arrivals arrivals_;
  RunState state_ = RunState::kWaiting;
  bool ever_connected_ = false;
  int64_t stop_at_ = -1;  // rows received when a stop rule applied; -1: none
  absl::Duration published_ = -absl::InfiniteDuration();
  bool final_requested_ = false;
  bool metrics_due_ = false;
  bool checkpoint_due_ = false;
  int64_t checkpointed_ = -1;  // step of the newest checkpoint, as shown
  uint64_t version_ = 0;       // of the newest snapshot
  int64_t skipped_ = 0;        // evaluations, as shown
  int64_t overtaken_ = 0, invalid_ = 0, repeated_ = 0;
  // As last known; NaN before.
  double interval_return_ = std::numeric_limits<double>::quiet_NaN();
  double entropy_ = std::numeric_limits<double>::quiet_NaN();

  mutable Mutex mutex_;
  v1::LearnerInfoReply info_ SF_GUARDED_BY(mutex_);
};

}  // namespace softfleet

#endif  // SOFTFLEET_LEARNER_CLUSTER_RUN_H_
