// SPDX-License-Identifier: Apache-2.0
// Which steps of each environment the learner has received. A row that a shard
// stored and sent on, but whose acknowledgement was lost when the shard died,
// is sent again by its actor and stored by the shard's next incarnation under
// another number; environment, episode and step tell that it is the same row.
// An environment's steps only go on, so one mark per environment is enough.
// Not thread-safe.
#ifndef SOFTFLEET_LEARNER_RECEIVED_STEPS_H_
#define SOFTFLEET_LEARNER_RECEIVED_STEPS_H_

#include <cstdint>
#include <unordered_map>

#include "absl/status/status.h"
#include "core/tensor.h"
#include "experience/step_block.h"

namespace softfleet {

class ReceivedSteps {
 public:
  // How many rows at the end of `block` were not received yet.
  int64_t Fresh(const StepBlock& block) const;
  // The first `rows` rows of `block` are received, and all before them.
  void Receive(const StepBlock& block, int64_t rows);

  // U64 [environments, 3]: environment, episode, the next step in it.
  Tensor Save() const;
  // InvalidArgument when `saved` is nothing that Save makes.
  absl::Status Restore(const Tensor& saved);

 private:
  struct Mark {
    uint64_t episode = 0;
    uint64_t next_step = 0;
  };
  std::unordered_map<uint64_t, Mark> marks_;  // by environment
};

}  // namespace softfleet

#endif  // SOFTFLEET_LEARNER_RECEIVED_STEPS_H_
