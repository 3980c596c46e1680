// SPDX-License-Identifier: Apache-2.0
// What a run writes about itself: the run directory's records, from its first
// step to its last, over any number of starts. It knows neither environments
// nor sockets: whoever drives the run, the program in one process or the
// learner's process of a cluster, owns the one recorder and tells it what
// happened.
//
//  1. Open takes the directory's lock and finds the newest valid checkpoint;
//     the driver restores itself from it; Begin cuts metrics.csv and audit.*
//     back to it.
//  2. A checkpoint is the driver's files, and beside them, in the manifest's
//     state: finished, wall_seconds, interval, and what the driver adds.
//  3. policy_best holds the policy of the evaluation with the highest mean
//     deterministic return on the panel (BestRecord).
//  4. The end is the policy bundle and a checkpoint that says "finished".
//  5. log.jsonl tells starts, notes, evaluations, checkpoints and ends.
//
// Errors are those of the files, and name them. Not thread-safe.
#ifndef SOFTFLEET_LEARNER_RUN_RECORDER_H_
#define SOFTFLEET_LEARNER_RUN_RECORDER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/clock.h"
#include "core/file_system.h"
#include "experience/episode.h"
#include "experience/snapshot.h"
#include "learner/background_job.h"
#include "learner/interval_metrics.h"
#include "run/audit_log.h"
#include "run/checkpoint_store.h"
#include "run/event_log.h"
#include "run/records.h"
#include "run/run_directory.h"
#include "sac/update.h"
#include "softfleet/v1/run.pb.h"

namespace softfleet {

// Whether the run in `run_dir` was finished under exactly this configuration:
// then there is nothing to do. Looks only; any damage counts as "no", so that
// opening the run reports it.
bool IsFinished(FileSystem& files, const std::string& run_dir,
                const v1::RunConfig& config);

// Whether a multiple of `interval` lies in (before, now]; never for 0.
bool Crossed(int64_t interval, int64_t before, int64_t now);

// Where a run is.
struct RunCounts {
  int64_t step = 0;     // environment steps received
  int64_t updates = 0;  // done by the learner
};

// Told of what is recorded; any may be empty.
struct RunObserver {
  std::function<void(const MetricsRow&)> on_metrics;
  std::function<void(const AuditRecord&)> on_evaluation;
  // A line for people: resumed from, skipped a broken checkpoint, ...
  std::function<void(const std::string&)> on_note;
};

// The driver's part of a checkpoint: what was at one instant.
struct CheckpointContent {
  // As in CheckpointStore::Write; called once, maybe by another thread while
  // the driver goes on.
  std::function<absl::Status(const std::string& directory,
                             CheckpointManifest* manifest)>
      write_files;
  // A JSON object, whose fields are added to the manifest's state.
  std::string state_json = "{}";
};

class RunRecorder {
 public:
  // Opens or creates the run directory (RunDirectory::Open's errors) and finds
  // its newest valid checkpoint (CheckpointStore::NewestValid's). A broken
  // newer one is noted and left in place until it is overtaken.
  static absl::StatusOr<std::unique_ptr<RunRecorder>> Open(
      FileSystem& files, Clock& clock, const v1::RunConfig& config,
      const std::string& run_dir, RunObserver observer);

  // What the driver continues from, its own fields of the state among it;
  // nullptr where the run has no checkpoint yet.
  const CheckpointStore::Found* checkpoint() const {
    return checkpoint_.has_value() ? &*checkpoint_ : nullptr;
  }

  // Begins to record, at the checkpoint or at 0. Once, after the driver has
  // restored itself and before everything below.
  absl::Status Begin();

  // A line for people and log.jsonl. May be called before Begin.
  absl::Status Note(const std::string& text);

  // Training episodes that ended, for the next row.
  void AddEpisodes(std::span<const FinishedEpisode> episodes) {
    interval_.AddEpisodes(episodes);
  }
  // The row that WriteMetrics would write now; `statistics` are means since
  // the last row.
  MetricsRow SoFar(const RunCounts& now, const SacStatistics& statistics,
                   double target_entropy) const;
  // Writes a row that SoFar made and begins the next interval.
  absl::Status WriteMetrics(const MetricsRow& row);

  // Records the evaluation of `snapshot`, which may be older than where the
  // run is by now. InvalidArgument, and nothing is recorded, when the record
  // is not of that snapshot, or of an earlier step than the last one (as
  // where several evaluators overtake each other).
  absl::Status RecordEvaluation(const AuditRecord& record,
                                const Snapshot& snapshot);
  const std::vector<AuditRecord>& audit() const { return audit_->records(); }
  // Whether the policy of that moment has been evaluated.
  bool Evaluated(const RunCounts& at) const;

  // Asks RunConfig.stop: the wall clock, and the last evaluation if it was
  // recorded since the last call. The first rule that applies is noted and
  // stays in stopped_by(); the driver then finishes the run.
  absl::Status ApplyStopRules(const RunCounts& now);
  const std::string& stopped_by() const { return stopped_by_; }

  // Begins a checkpoint and returns: a thread writes it, then keeps the newest
  // learner.keep_checkpoints and, if there is one of exactly its step, that of
  // the best evaluation. First waits for the one before, if that is still being
  // written, and returns its error. After an error the older ones are intact.
  absl::Status BeginCheckpoint(const RunCounts& now, CheckpointContent content);
  // Whether one is being written.
  bool writing_checkpoint() const { return writer_.underway(); }
  // The error of one that was begun, if it has failed by now. To be called
  // often: it notices one that is there.
  absl::Status PollCheckpoint();
  // Waits for the one that was begun, if there is one.
  absl::Status AwaitCheckpoint();
  // Begins and waits.
  absl::Status WriteCheckpoint(const RunCounts& now, CheckpointContent content);
  // The step of the newest checkpoint that is there; -1 without one.
  int64_t checkpointed_step() const { return checkpointed_step_; }

  // Training has diverged: waits for the checkpoint that was begun, writes
  // `diagnosis` to diagnosis.json, and returns `why` with where that is and
  // where the newest checkpoint is, looked at whole.
  absl::Status Diverged(const absl::Status& why, const std::string& diagnosis);

  // The driver stops for now: a checkpoint, unless there is one of this step.
  absl::Status Stop(const RunCounts& now, CheckpointContent content);
  // The run is over: `snapshot` becomes the directory policy/, and a
  // checkpoint says "finished".
  absl::Status Finish(const RunCounts& now, const Snapshot& snapshot,
                      CheckpointContent content);
  // Finish has been called, or the checkpoint that was opened says so and
  // neither total_steps nor a lifted stop rule asks for more.
  bool finished() const { return finished_; }

  // Of the run, over all its starts.
  double WallSeconds() const;
  const RunDirectory& directory() const { return *directory_; }
  // For the driver's own events.
  EventLog& log() { return *log_; }

 private:
  RunRecorder(FileSystem& files, Clock& clock, const v1::RunConfig& config,
              RunObserver observer);

  // Takes over the state of checkpoint_.
  absl::Status RestoreState();
  std::string LastGood() const;
  absl::Status BeginCheckpoint(const RunCounts& now, CheckpointContent content,
                               bool finished);
  // The writer's work.
  absl::Status WriteCheckpoint(CheckpointManifest manifest,
                               const CheckpointContent& content,
                               const std::vector<AuditRecord>& audit);

  FileSystem* files_;
  Clock* clock_;
  v1::RunConfig config_;
  RunObserver observer_;
  std::unique_ptr<RunDirectory> directory_;
  std::unique_ptr<EventLog> log_;
  std::optional<CheckpointStore> checkpoints_;
  std::optional<CheckpointStore::Found> checkpoint_;
  std::unique_ptr<CsvRecord> metrics_;  // from Begin on
  std::unique_ptr<AuditLog> audit_;     // from Begin on
  IntervalMetrics interval_;
  bool finished_ = false;
  bool evaluated_ = false;          // since the last ApplyStopRules
  std::string stopped_by_;          // the rule of RunConfig.stop that applied
  absl::Duration started_;          // clock_->Monotonic() at Open
  double earlier_seconds_ = 0;      // of earlier starts
  int64_t checkpointed_step_ = -1;  // where the newest checkpoint is

  // The checkpoint that is being written, and who does. checkpoints_ is his
  // meanwhile.
  struct Begun {
    int64_t step = 0;
    bool finished = false;
    absl::Duration began;
  };
  Begun begun_;
  BackgroundJob writer_;  // last: uses the others
};

}  // namespace softfleet

#endif  // SOFTFLEET_LEARNER_RUN_RECORDER_H_
