// SPDX-License-Identifier: Apache-2.0
// The rows of one replay shard as they reach a reader, and the reader's place
// among them.
#ifndef SOFTFLEET_EXPERIENCE_SHARD_STREAM_H_
#define SOFTFLEET_EXPERIENCE_SHARD_STREAM_H_

#include <compare>
#include <cstdint>
#include <optional>
#include <vector>

#include "experience/step_block.h"

namespace softfleet {

// The first row of a shard that was not read yet. A shard's incarnation grows
// at each of its starts; (incarnation, id) never means two rows, and positions
// are ordered. All zero: before everything.
struct Position {
  uint64_t incarnation = 0;
  uint64_t next_id = 0;
  auto operator<=>(const Position&) const = default;
};

// Blocks that arrived together, in the shard's order. Also a shard without
// rows sends one, empty, after each connection: it says where the shard is.
struct ShardDelivery {
  struct Item {
    StepBlock block;
    // Where a reader goes on that has taken this block: the id after that of
    // its last row. A shard that is read again may cut its rows into blocks
    // elsewhere, but rows keep their ids.
    Position after;
  };
  std::vector<Item> items;
  // Rows that were overwritten at the shard before they could be sent.
  uint64_t skipped_rows = 0;
  // Where the next delivery begins.
  Position position;
  // Nothing was left at the shard when this was sent.
  bool caught_up = false;
};

// Thread-safe.
class ShardStream {
 public:
  virtual ~ShardStream() = default;
  // The next delivery that has arrived, or nullopt; never waits. What is not
  // taken holds the shard back: only a few deliveries are kept.
  virtual std::optional<ShardDelivery> Take() = 0;
  // Whether the shard answers now.
  virtual bool connected() = 0;
};

}  // namespace softfleet

#endif  // SOFTFLEET_EXPERIENCE_SHARD_STREAM_H_
