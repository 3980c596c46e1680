// SPDX-License-Identifier: Apache-2.0
// A SAC learner's networks and optimisers as one object: checked options,
// seeded initialisation, the update, and its state for checkpoints and
// snapshots. One thread at a time.
#ifndef SOFTFLEET_SAC_SAC_AGENT_H_
#define SOFTFLEET_SAC_SAC_AGENT_H_

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/tensor.h"
#include "sac/update_engine.h"

namespace softfleet {

class SacAgent {
 public:
  // Weights and biases are U(+-1/sqrt(fan_in)) (torch.nn.Linear's default)
  // from streams of `seed`, another one per critic and layer, so that critics
  // differ; layer norms are 1 and 0; targets equal their critics. The engine is
  // that of the options, InvalidArgument where this machine cannot run it, or
  // `engine`, which was made for these options.
  static absl::StatusOr<std::unique_ptr<SacAgent>> Create(
      const SacOptions& options, uint64_t seed,
      std::unique_ptr<UpdateEngine> engine = nullptr);

  // One update; see UpdateEngine. InvalidArgument names the span of batch
  // or draws whose size is wrong; then nothing has changed.
  absl::Status Update(const SacBatch& batch, const SacDraws& draws,
                      SacStatistics* statistics = nullptr,
                      SacTrace* trace = nullptr);

  // See UpdateEngine.
  bool MarkPhases(PhaseClock* clock) { return update_->MarkPhases(clock); }

  const SacOptions& options() const { return options_; }
  const SacCounters& counters() const;
  // The temperature that the last update used; alpha_init before the first.
  double alpha() const;

  // All state under the golden names (SacStateView), in the update's
  // precision, with counters as "counter/updates", "counter/actor_steps" and
  // "counter/alpha_steps" (I64 [1]).
  TensorMap Save() const;
  // Refuses a missing or surplus tensor, another shape or dtype, and numbers
  // that are not finite, by name; then nothing has changed.
  absl::Status Restore(const TensorMap& saved);
  // Overwrites some float tensors, by golden name, from any float dtype.
  absl::Status SetState(const TensorMap& tensors);

  // The actor as a snapshot wants it, in float32: actor/l<i>.weight, .bias,
  // and as last layer actor/head.weight, .bias (rows of the mean, then of
  // log_std) or actor/logits.weight, .bias. A number that is not finite is a
  // DataLoss error naming the tensor.
  absl::StatusOr<TensorMap> ExportActor() const;
  // The reverse: takes the actor's parameters from another run's export.
  // InvalidArgument names a tensor that is missing or of another shape; then
  // nothing has changed.
  absl::Status ImportActor(const TensorMap& exported);

 private:
  SacAgent(const SacOptions& options, std::unique_ptr<UpdateEngine> update)
      : options_(options), update_(std::move(update)) {}
  void Initialise(uint64_t seed);

  SacOptions options_;
  std::unique_ptr<UpdateEngine> update_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_SAC_SAC_AGENT_H_
