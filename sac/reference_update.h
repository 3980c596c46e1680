// SPDX-License-Identifier: Apache-2.0
// The reference implementation of the SAC update: LibTorch autograd, every
// option, in the order of Haarnoja et al. 2018b and Stable-Baselines3 with a
// numerically stable log-determinant. One update is
//
//   1. a, log p at s from the current actor                    (noise)
//   2. alpha = exp(log_alpha); then one Adam step on log_alpha with loss
//      -(log_alpha (log p + target entropy)).mean()
//   3. y = r + disc (1 - terminated) (min_k Q'_k(s', a') - alpha log p')
//      one Adam step on all critics with loss 1/2 sum_k mean w (Q_k - y)^2
//   4. one Adam step on the actor with loss mean(alpha log p - agg_k
//      Q_k(s, a)), the critics just updated and frozen
//   5. targets <- (1 - tau) targets + tau critics
//
// with the expectations over actions exact where actions are discrete
// (Christodoulou 2019). Steps 1 (at s), 2 and 4 happen on updates whose
// 1-based index is divisible by policy_delay.
//
// The header names no LibTorch type. One thread at a time; LibTorch itself is
// held to one thread.
#ifndef SOFTFLEET_SAC_REFERENCE_UPDATE_H_
#define SOFTFLEET_SAC_REFERENCE_UPDATE_H_

#include <memory>
#include <vector>

#include "sac/update_engine.h"

namespace softfleet {

class ReferenceUpdate : public UpdateEngine {
 public:
  // `options` must be valid (SacAgent checks).
  explicit ReferenceUpdate(const SacOptions& options);
  ~ReferenceUpdate() override;

  void Update(const SacBatch& batch, const SacDraws& draws,
              SacStatistics* statistics, SacTrace* trace) override;
  const std::vector<SacStateView>& State() override;
  SacCounters& counters() override;
  bool MarkPhases(PhaseClock* clock) override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_SAC_REFERENCE_UPDATE_H_
