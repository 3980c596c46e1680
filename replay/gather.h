// SPDX-License-Identifier: Apache-2.0
// Reading n-step transitions out of a ring. Thread-safe on a const ring.
#ifndef SOFTFLEET_REPLAY_GATHER_H_
#define SOFTFLEET_REPLAY_GATHER_H_

#include <cstdint>
#include <span>

#include "absl/status/status.h"
#include "experience/schema.h"
#include "replay/batch.h"
#include "replay/ring.h"

namespace softfleet {

// What k <= n rows of one episode add up to.
struct NStepWalk {
  double sum = 0;           // of gamma^i r_i, i < k
  double discount = 1;      // gamma^k
  int32_t steps = 0;        // k
  bool terminated = false;  // the k-th row terminated its episode
  uint64_t last_slot = 0;   // of the k-th row
};

// Walks from the row in `slot` over rows and links until n rows are summed
// (n >= 1), the episode ends, or no continuation is there (rule 7 of
// replay/table.h).
NStepWalk WalkNStep(const Ring& ring, uint64_t slot, int n, double gamma);

// Table::Gather.
absl::Status GatherTransitions(const Ring& ring, const Schema& schema,
                               std::span<const uint64_t> ids, int n_step,
                               double gamma, TransitionBatch* batch);

}  // namespace softfleet

#endif  // SOFTFLEET_REPLAY_GATHER_H_
