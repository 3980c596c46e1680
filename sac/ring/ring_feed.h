// SPDX-License-Identifier: Apache-2.0
// The host's half of a RowRing: decides which slots a block takes, by the rules
// of replay/table.h, and lays the block out so that one copy and one kernel
// put it there. Keeps one byte per slot and the open streams, no columns.
//
// Thread-compatible.
#ifndef SOFTFLEET_SAC_RING_RING_FEED_H_
#define SOFTFLEET_SAC_RING_RING_FEED_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "experience/step_block.h"
#include "replay/ring.h"
#include "replay/streams.h"
#include "replay/table.h"
#include "sac/ring/row_ring.h"

namespace softfleet {

class RingFeed {
 public:
  // For a ring of as many slots as Table::Create(options) would have.
  // InvalidArgument: more observation groups than a RowRing takes.
  static absl::StatusOr<RingFeed> Create(const TableOptions& options,
                                         bool prioritized);

  const RowRingShape& shape() const { return shape_; }
  const RowRingCounters& counters() const { return counters_; }

  // Bytes that Stage writes, at most, for a block of so many rows.
  size_t StagedBytes(int64_t rows) const;
  // Writes `block`, which CheckStepBlock accepted and which has at most
  // capacity_rows rows, to `stage` (aligned to 16 bytes) as a StagedBlock.
  // Returns its bytes. Staged blocks must be placed in the order of the calls.
  size_t Stage(const StepBlock& block, std::byte* stage);

  // Goes on from a restored table's ring and streams; the caller copies the
  // columns.
  void Load(const Ring& ring, const Streams& streams);

 private:
  explicit RingFeed(const RowRingShape& shape)
      : shape_(shape), kinds_(shape.slots) {}

  // Evicts until `slots` more slots with `rows` more rows fit.
  void MakeRoom(uint64_t slots, uint64_t rows);
  bool IsRow(uint64_t id) const {
    return kinds_[id % shape_.slots] == kRingRow;
  }

  RowRingShape shape_;
  RowRingCounters counters_ = {};
  std::vector<uint8_t> kinds_;  // of each slot
  Streams streams_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_SAC_RING_RING_FEED_H_
