// SPDX-License-Identifier: Apache-2.0
// What every implementation of the SAC update offers: the reference
// (reference_update.h, where the steps of one update are written down), the
// fused one (fused/fused_update.h) and that of a CUDA device (cuda_update.h).
// One thread at a time.
#ifndef SOFTFLEET_SAC_UPDATE_ENGINE_H_
#define SOFTFLEET_SAC_UPDATE_ENGINE_H_

#include <vector>

#include "sac/phase_clock.h"
#include "sac/update.h"

namespace softfleet {

// Before the first update parameters, targets and moments are zero and
// log_alpha is log(alpha_init): write the first two through State().
class UpdateEngine {
 public:
  virtual ~UpdateEngine() = default;

  // One update. Sizes of batch and draws must fit the options (SacAgent
  // checks). `statistics` and `trace` may be null; asking for them costs time
  // and changes no number.
  virtual void Update(const SacBatch& batch, const SacDraws& draws,
                      SacStatistics* statistics, SacTrace* trace) = 0;

  // Views into the state, the same names and shapes of every engine; they
  // stay valid for this object's life. Write through them only between this
  // call and the next update, which takes over what changed.
  virtual const std::vector<SacStateView>& State() = 0;
  virtual SacCounters& counters() = 0;
  // The same views for reading the actor's parameters and the temperature; what
  // the others show may be older. Cheaper where the state is on a device.
  virtual const std::vector<SacStateView>& PolicyState() { return State(); }

  // From now on marks its phases on `clock` (null: no more), which must outlive
  // the updates. False where this engine has no marks.
  virtual bool MarkPhases(PhaseClock* /*clock*/) { return false; }
};

}  // namespace softfleet

#endif  // SOFTFLEET_SAC_UPDATE_ENGINE_H_
