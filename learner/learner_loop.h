// SPDX-License-Identifier: Apache-2.0
// The learner: counts what it receives, keeps the normaliser, paces itself,
// updates, and makes snapshots.
//
//  1. Every row is received once, through the StepSource.
//  2. Pacing: updates <= floor(updates_per_step (received - warmup_steps -
//     forgone)). The learner alone decides; nothing else stores the allowance.
//     Rows are forgone, that is, earn no updates, only where a cluster's
//     shards lost theirs and the learner's mirror has to be filled again.
//  3. Update number u (from 1) draws its batch from the RowSampler and its
//     noise from Philox(seed, purpose, 0, u): no generator state is saved.
//  4. The normaliser folds in each row's observation when it is received; it
//     is applied to batches when they are drawn, never to what is stored.
//  5. Snapshot versions are incarnation * 2^32 + n and never fall. Before
//     the warm-up is over a snapshot says "act uniformly".
//
//  6. On a CUDA device (learner.device) updates draw the same rows and noise
//     there, from a copy of the table, and nothing comes back but the losses of
//     every sixteenth update and the policy when a snapshot is made. A row that
//     is not finite never enters a table (CheckStepBlock): batches there are
//     not looked at again, their losses are.
//
// No waiting inside, but for the device; one thread at a time.
#ifndef SOFTFLEET_LEARNER_LEARNER_LOOP_H_
#define SOFTFLEET_LEARNER_LEARNER_LOOP_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/tensor.h"
#include "experience/interfaces.h"
#include "learner/divergence.h"
#include "learner/learner_options.h"
#include "learner/row_sampler.h"
#include "learner/update_statistics.h"
#include "policy/normaliser.h"
#include "replay/table.h"
#include "sac/cuda_update.h"
#include "sac/sac_agent.h"

namespace softfleet {

class LearnerLoop {
 public:
  // `source` and `sampler` must outlive the loop. So must `table`, which
  // `sampler` draws from; without one updates are computed on the CPU. Errors
  // are MakeDeviceEngine's.
  static absl::StatusOr<std::unique_ptr<LearnerLoop>> Create(
      const LearnerOptions& options, StepSource& source, RowSampler& sampler,
      Table* table = nullptr);

  // Whose snapshots these are: the run's id, and the incarnation, which grows
  // at each start of the run's learner. Call before the first MakeSnapshot.
  void Identify(const std::string& run_id, uint64_t incarnation);

  // Starts from another run's policy: its actor and its normaliser's
  // statistics. FailedPrecondition or InvalidArgument says what does not fit;
  // then nothing has changed. Before the first update.
  absl::Status StartFrom(const Snapshot& policy);

  // Receives what has arrived, then does as many updates as pacing allows, at
  // most `max_updates`. Returns the number done.
  absl::StatusOr<int64_t> RunOnce(int64_t max_updates);
  // Its two halves. Receive returns the number of rows. Update is DataLoss when
  // a batch holds what is not finite, before anything is learned from it, or
  // when a measured loss or gradient is not: there is no way on from there.
  absl::StatusOr<int64_t> Receive();
  absl::StatusOr<int64_t> Update(int64_t max_updates);

  // Marks where an update's time goes, from drawing its batch on; false where
  // the engine marks none of its own phases. As UpdateEngine::MarkPhases.
  bool MarkPhases(PhaseClock* clock);

  // The next `rows` rows earn no updates (rule 2). rows >= 0.
  void ForgoUpdates(int64_t rows) { forgone_ += rows; }
  int64_t forgone() const { return forgone_; }

  int64_t received() const { return received_; }
  int64_t updates() const { return agent_->counters().updates; }
  // Updates that pacing allows in all by now.
  int64_t allowed_updates() const;
  // The temperature, as of the newest measured update or snapshot.
  double alpha() const { return alpha_; }
  double target_entropy() const { return options_.sac.target_entropy; }
  const SacAgent& agent() const { return *agent_; }
  UpdateStatistics& statistics() { return statistics_; }

  // A snapshot of the policy as it is, with the next version. DataLoss when a
  // parameter is not finite: nothing of the kind is ever published.
  absl::StatusOr<std::shared_ptr<const Snapshot>> MakeSnapshot(RunState state);
  // Whether the policy has changed since the last MakeSnapshot.
  bool snapshot_is_due() const;

  // After a DataLoss: what can be told of it (DescribeDivergence). One that was
  // found when a loss was measured, or before a snapshot or a checkpoint, began
  // at most as many updates ago as lie between two measured ones.
  std::string Diagnosis() const;

  // The learner's part of a checkpoint. Restore refuses what does not fit, by
  // name, and then nothing has changed. The snapshots' version is not part of
  // it: a new incarnation counts from 0.
  TensorMap Save() const;
  absl::Status Restore(const TensorMap& saved);

 private:
  LearnerLoop(const LearnerOptions& options, StepSource& source,
              RowSampler& sampler);
  absl::Status ReceiveBlock(const StepBlock& block);
  absl::Status AttachTable(Table& table);
  // The rows of update number `update`, as it is to learn from them.
  absl::Status DrawBatch(uint64_t update, TransitionBatch* batch);
  absl::Status UpdateOnce();
  absl::StatusOr<int64_t> UpdateOnDevice(int64_t max_updates);
  absl::Status SendNormaliser();
  std::string DiagnoseDevice() const;
  absl::Status Measure(const SacStatistics& statistics);
  void FillDraws(uint64_t update);
  bool warming() const { return received_ < options_.warmup_steps; }

  LearnerOptions options_;
  StepSource* source_;
  RowSampler* sampler_;
  std::unique_ptr<SacAgent> agent_;
  CudaUpdate* device_ = nullptr;  // the agent's engine, if it is on a device
  bool normaliser_sent_ = false;  // to the device, as it is
  double alpha_ = 0;
  std::vector<Layer> layers_;
  std::optional<NormaliserState> normaliser_;
  UpdateStatistics statistics_;
  PhaseClock* clock_ = nullptr;
  int64_t measured_updates_;  // one in so many is measured
  DrawnRows drawn_;
  uint64_t sound_update_ = 0;  // the newest whose losses were measured

  std::string run_id_;
  uint64_t incarnation_ = 1;
  int64_t received_ = 0;
  int64_t forgone_ = 0;
  uint32_t snapshots_ = 0;
  // What the last snapshot showed.
  int64_t published_updates_ = -1;
  bool published_warming_ = false;

  // Scratch of UpdateOnce.
  TransitionBatch batch_;
  std::vector<float> noise_, next_noise_;
  std::vector<int64_t> subset_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_LEARNER_LEARNER_LOOP_H_
