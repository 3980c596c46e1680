// SPDX-License-Identifier: Apache-2.0
// A run in one process from its first step to its last, over any number of
// starts: the sequencer that drives the embedded system, evaluates, and tells
// the RunRecorder what happened.
//
//  1. A round (EmbeddedSystem::RunOnce) receives rows, updates, publishes;
//     after it come, where their interval has been crossed: a row of
//     metrics.csv, an evaluation, a checkpoint, in this order.
//  2. A checkpoint is one instant: networks, optimisers, table, environments
//     in mid-episode, counters. A thread writes it while the run goes on; where
//     the next is due before it is written, the run waits, so that the steps of
//     checkpoints do not depend on the disk. A run that continues from it is
//     bit-equal to one that was never interrupted (one machine, one build).
//     Overlapped runs are not repeatable; they pause their actor for the
//     instant. Their evaluations run beside the updates, one at a time, and are
//     recorded before the next checkpoint begins, so that none is lost.
//  3. Where the environment fails in an evaluation (Evaluator::Evaluate tries
//     twice) the run stops with a checkpoint; going on from it begins with that
//     evaluation.
//  4. The end, at total_steps or where a rule of RunConfig.stop applies, is an
//     evaluation, the policy bundle, and a checkpoint that says "finished".
//
// Not thread-safe.
#ifndef SOFTFLEET_CLI_TRAINING_RUN_H_
#define SOFTFLEET_CLI_TRAINING_RUN_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/embedded_system.h"
#include "core/clock.h"
#include "core/file_system.h"
#include "learner/background_job.h"
#include "learner/run_recorder.h"

namespace softfleet {

// Told of what happens; any may be empty.
struct TrainingObserver : RunObserver {
  // After every round.
  std::function<void(const MetricsRow& so_far)> on_round;
  // After every round of an overlapped run.
  std::function<void(const EmbeddedSystem::Waits& so_far)> on_waits;
};

class TrainingRun {
 public:
  // Opens or creates the run directory (RunDirectory::Open's errors), builds
  // the system, and restores the newest valid checkpoint. A broken newer one
  // is noted and left in place until it is overtaken. A run that has no
  // checkpoint yet starts from the policy in `init_from`, a bundle's or a
  // run's directory, if that is not empty.
  static absl::StatusOr<std::unique_ptr<TrainingRun>> Open(
      FileSystem& files, Clock& clock, const v1::RunConfig& config,
      const std::string& run_dir, TrainingObserver observer,
      const std::string& init_from = "");

  // Trains to the end, or until `stop` returns true, which is asked between
  // rounds; then writes a checkpoint. Returns whether the run is finished.
  absl::StatusOr<bool> Run(const std::function<bool()>& stop);

  int64_t step() const { return system_->learner().received(); }
  const std::vector<AuditRecord>& audit() const { return recorder_->audit(); }
  const RunDirectory& directory() const { return recorder_->directory(); }
  EmbeddedSystem& system() { return *system_; }

 private:
  TrainingRun(FileSystem& files, const v1::RunConfig& config,
              TrainingObserver observer);

  // Restores the newest checkpoint, or notes where the run starts from.
  absl::Status Begin(const std::string& init_from);
  absl::StatusOr<bool> RunToEnd(const std::function<bool()>& stop);
  absl::Status Round();
  // What is due by the rows received since the last call.
  absl::Status KeepRecords();
  // All rows received, and all updates done that they have earned.
  bool done() const;
  absl::Status Finish();
  absl::Status Stop();
  absl::Status WriteMetrics();
  // The evaluation that the checkpoint says is due.
  absl::Status MakeUpForEvaluation();
  // Stops the run because of evaluation_failure_; returns it with what to do.
  absl::Status StopUnevaluated();
  absl::Status Evaluate();
  // Begins one that AwaitEvaluation ends; the one before it is over.
  absl::Status BeginEvaluation();
  absl::Status AwaitEvaluation();
  absl::Status NoteWaits();
  MetricsRow SoFar();
  RunCounts Counts();
  absl::StatusOr<CheckpointContent> Content();
  absl::Status BeginCheckpoint();

  FileSystem* files_;
  v1::RunConfig config_;
  TrainingObserver observer_;
  std::unique_ptr<EmbeddedSystem> system_;
  std::unique_ptr<RunRecorder> recorder_;
  int64_t recorded_ = 0;  // rows received when records were kept last

  bool evaluation_due_ = false;      // since the checkpoint
  absl::Status evaluation_failure_;  // the environment's

  // The evaluation under way beside the updates, if one is.
  std::shared_ptr<const Snapshot> evaluated_;
  EvaluationResult evaluation_;
  BackgroundJob evaluating_;  // last: uses the others
};

}  // namespace softfleet

#endif  // SOFTFLEET_CLI_TRAINING_RUN_H_
