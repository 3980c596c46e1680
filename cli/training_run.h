// SPDX-License-Identifier: Apache-2.0
// A run in one process from its first step to its last, over any number of
// starts: the sequencer that drives the embedded system in lock-step, writes
// the run directory's records, evaluates, and makes checkpoints.
//
//  1. A round steps every environment once, updates, publishes; after it come,
//     where their interval has been crossed: a row of metrics.csv, an
//     evaluation, a checkpoint, in this order.
//  2. A checkpoint is one instant: networks, optimisers, table, environments
//     in mid-episode, counters. A run that continues from it is bit-equal to
//     one that was never interrupted (one machine, one build).
//  3. On resume metrics.csv and audit.* are cut back to the checkpoint.
//  4. The end, at total_steps or where a rule of RunConfig.stop applies, is an
//     evaluation, the policy bundle, and a checkpoint that says "finished".
//  5. policy_best holds the policy of the evaluation with the highest mean
//     deterministic return on the panel (BestRecord).
//  6. log.jsonl tells starts, evaluations, checkpoints and ends.
//
// Not thread-safe.
#ifndef SOFTFLEET_CLI_TRAINING_RUN_H_
#define SOFTFLEET_CLI_TRAINING_RUN_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/embedded_system.h"
#include "core/clock.h"
#include "core/file_system.h"
#include "learner/interval_metrics.h"
#include "run/audit_log.h"
#include "run/checkpoint_store.h"
#include "run/event_log.h"
#include "run/records.h"
#include "run/run_directory.h"

namespace softfleet {

// Whether the run in `run_dir` was finished under exactly this configuration:
// then there is nothing to do. Looks only; any damage counts as "no", so that
// opening the run reports it.
bool IsFinished(FileSystem& files, const std::string& run_dir,
                const v1::RunConfig& config);

// Told of what happens; any may be empty.
struct TrainingObserver {
  // After every round.
  std::function<void(const MetricsRow& so_far)> on_round;
  std::function<void(const MetricsRow&)> on_metrics;
  std::function<void(const AuditRecord&)> on_evaluation;
  // A line for people: resumed from, skipped a broken checkpoint, ...
  std::function<void(const std::string&)> on_note;
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
  const std::vector<AuditRecord>& audit() const { return audit_->records(); }
  const RunDirectory& directory() const { return *directory_; }
  EmbeddedSystem& system() { return *system_; }

 private:
  TrainingRun(FileSystem& files, Clock& clock, const v1::RunConfig& config,
              TrainingObserver observer);

  // Restores the newest checkpoint, or notes where the run starts from.
  absl::Status Begin(const std::string& init_from);
  absl::Status Restore(const CheckpointStore::Found& found);
  absl::Status OpenRecords();
  absl::Status Round();
  absl::Status Finish();
  absl::Status WriteMetrics();
  absl::Status Evaluate();
  absl::Status WriteCheckpoint(bool finished);
  MetricsRow SoFar();
  double WallSeconds();
  // The best deterministic return's step among the checkpoints there are.
  std::optional<uint64_t> BestStep() const;
  absl::Status Note(const std::string& text);
  absl::Status ApplyStopRules(bool evaluated);

  FileSystem* files_;
  Clock* clock_;
  v1::RunConfig config_;
  TrainingObserver observer_;
  std::unique_ptr<RunDirectory> directory_;
  std::optional<CheckpointStore> checkpoints_;
  std::unique_ptr<EmbeddedSystem> system_;
  std::unique_ptr<CsvRecord> metrics_;
  std::unique_ptr<AuditLog> audit_;
  std::unique_ptr<EventLog> log_;
  IntervalMetrics interval_;
  bool finished_ = false;
  std::string stopped_by_;          // the rule of RunConfig.stop that applied
  absl::Duration started_;          // clock_->Monotonic() at Open
  double earlier_seconds_ = 0;      // of earlier incarnations
  int64_t checkpointed_step_ = -1;  // where the newest checkpoint is
};

}  // namespace softfleet

#endif  // SOFTFLEET_CLI_TRAINING_RUN_H_
