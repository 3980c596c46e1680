// SPDX-License-Identifier: Apache-2.0
// Which rows of a ring arrived together: one header per stored block, so that
// blocks can be read back as they were appended. Rows are numbered from 0 in
// the order in which they were appended; numbers are never used again, and
// unlike ids they count nothing else. Owned by a Table; thread-compatible.
#ifndef SOFTFLEET_REPLAY_BLOCK_DIRECTORY_H_
#define SOFTFLEET_REPLAY_BLOCK_DIRECTORY_H_

#include <cstddef>
#include <cstdint>
#include <deque>

#include "experience/schema.h"
#include "experience/step_block.h"
#include "replay/ring.h"

namespace softfleet {

// What a block says beside its columns, and where those are. A continuation
// that took the closing slot over has a header of its own: its first id is
// then the id behind the last row of the block before.
struct BlockHeader {
  uint64_t first_id = 0;   // of its first row
  uint64_t first_row = 0;  // number of its first row
  uint64_t environment = 0;
  uint64_t episode = 0;
  uint64_t first_step = 0;
  uint64_t first_policy_version = 0;
  uint64_t last_policy_version = 0;
  double episode_return = 0;
  uint64_t episode_length = 0;
  uint32_t rows = 0;
  EpisodeEnd end = EpisodeEnd::kNone;
};

class BlockDirectory {
 public:
  // Drops the oldest headers beyond `max_bytes`, 0 = none: their rows can
  // still be drawn, but not be read as blocks.
  explicit BlockDirectory(uint64_t max_bytes = 0);

  // Forgets everything; the next row has number `next_row`.
  void Clear(uint64_t next_row);

  // `block` was stored with its first row at `first_id`; `first_stacked` is
  // the oldest id whose frame stack is alive: headers all of whose rows are
  // older are dropped.
  void Record(const StepBlock& block, uint64_t first_id,
              uint64_t first_stacked);

  uint64_t next_row() const { return next_row_; }
  uint64_t bytes() const { return headers_.size() * sizeof(BlockHeader); }
  // Oldest first, without gaps in their rows. The oldest may have lost rows.
  const std::deque<BlockHeader>& headers() const { return headers_; }
  // Number of the oldest row that can be read; next_row() if there is none.
  uint64_t first_row(uint64_t first_stacked) const;
  // Index into headers() of the block that row `row` belongs to: headers()[0]'s
  // first row <= `row` < next_row().
  size_t Find(uint64_t row) const;

 private:
  uint64_t max_headers_;
  uint64_t next_row_ = 0;
  std::deque<BlockHeader> headers_;
};

// Rows [first, first + rows) of a block whose rows from `first` on are alive,
// as SliceBlock (experience/step_block.h) cuts them from the block that was
// appended. What the block said of observations that were in the ring already
// (Table's rule 5) is not kept: the ring's are returned.
StepBlock CopyRows(const Ring& ring, const Schema& schema,
                   const BlockHeader& header, uint64_t first, uint64_t rows);

}  // namespace softfleet

#endif  // SOFTFLEET_REPLAY_BLOCK_DIRECTORY_H_
