// SPDX-License-Identifier: Apache-2.0
// A gathered batch of n-step transitions: what a table hands a learner.
// Values.
#ifndef SOFTFLEET_REPLAY_BATCH_H_
#define SOFTFLEET_REPLAY_BATCH_H_

#include <cstdint>
#include <vector>

namespace softfleet {

// B transitions as structures of arrays. An observation is frame_stack frames,
// oldest first; a frame is all groups concatenated in the schema's order, as
// float (uint8 scaled by 1/255 when gathered).
struct TransitionBatch {
  int64_t size = 0;                       // B
  std::vector<uint64_t> ids;              // [B] of the first row
  std::vector<float> observations;        // [B, stacked observation elements]
  std::vector<float> actions;             // [B, dimension]; empty if discrete
  std::vector<int64_t> discrete_actions;  // [B]; empty if continuous
  // Sum over the k rows really used of gamma^i r_i, in double.
  std::vector<double> returns;  // [B]
  // gamma^k, NOT multiplied by (1 - terminated).
  std::vector<double> discounts;    // [B]
  std::vector<uint8_t> terminated;  // [B] 1 if the k-th row terminated
  std::vector<int32_t> steps;       // [B] k
  // The observation after the k-th row.
  std::vector<float> next_observations;  // as observations
};

}  // namespace softfleet

#endif  // SOFTFLEET_REPLAY_BATCH_H_
