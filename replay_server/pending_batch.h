// SPDX-License-Identifier: Apache-2.0
// A batch between the door, where it was checked, and the table. Values.
#ifndef SOFTFLEET_REPLAY_SERVER_PENDING_BATCH_H_
#define SOFTFLEET_REPLAY_SERVER_PENDING_BATCH_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "replay_server/shard.h"
#include "softfleet/v1/replay.pb.h"

namespace softfleet {

struct PendingBatch {
  uint64_t seq = 0;
  uint64_t bytes = 0;             // serialised
  uint64_t rows = 0;              // of a refused batch as far as its bytes tell
  std::vector<StepBlock> blocks;  // empty if refused
  absl::Status problem;           // why it is refused, naming block and field
  std::string problem_kind;       // "malformed", "invalid", "too_large"
};

// Decodes and checks every block; a batch with one bad block is refused whole.
PendingBatch CheckBatch(const Binding& binding, const v1::Batch& batch,
                        uint64_t bytes, uint64_t max_batch_bytes);

}  // namespace softfleet

#endif  // SOFTFLEET_REPLAY_SERVER_PENDING_BATCH_H_
