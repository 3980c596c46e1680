// SPDX-License-Identifier: Apache-2.0
#include "replay/block_directory.h"

#include <algorithm>
#include <limits>
#include <vector>

namespace softfleet {
namespace {

template <typename T>
std::vector<T> CopyColumn(const Ring& ring, const RingColumn& column,
                          uint64_t first_id, uint64_t count) {
  std::vector<T> values(count * column.cell_bytes / sizeof(T));
  ring.Read(column, first_id, count, values.data());
  return values;
}

}  // namespace

BlockDirectory::BlockDirectory(uint64_t max_bytes)
    : max_headers_(max_bytes == 0 ? std::numeric_limits<uint64_t>::max()
                                  : std::max<uint64_t>(
                                        1, max_bytes / sizeof(BlockHeader))) {}

void BlockDirectory::Clear(uint64_t next_row) {
  headers_.clear();
  next_row_ = next_row;
}

void BlockDirectory::Record(const StepBlock& block, uint64_t first_id,
                            uint64_t first_stacked) {
  headers_.push_back({first_id, next_row_, block.environment, block.episode,
                      block.first_step, block.first_policy_version,
                      block.last_policy_version, block.episode_return,
                      block.episode_length, static_cast<uint32_t>(block.rows),
                      block.end});
  next_row_ += static_cast<uint64_t>(block.rows);
  const auto dead = [first_stacked](const BlockHeader& header) {
    return header.first_id + header.rows <= first_stacked;
  };
  while (headers_.size() > max_headers_ || dead(headers_.front())) {
    headers_.pop_front();
  }
}

uint64_t BlockDirectory::first_row(uint64_t first_stacked) const {
  if (headers_.empty()) return next_row_;
  const BlockHeader& oldest = headers_.front();
  return oldest.first_row +
         (std::max(first_stacked, oldest.first_id) - oldest.first_id);
}

size_t BlockDirectory::Find(uint64_t row) const {
  const auto after = std::upper_bound(
      headers_.begin(), headers_.end(), row,
      [](uint64_t a, const BlockHeader& b) { return a < b.first_row; });
  return static_cast<size_t>(after - headers_.begin()) - 1;
}

// Empty where no row has any.
std::vector<uint8_t> CopyRowFlags(const Ring& ring, uint64_t first_id,
                                  uint64_t rows) {
  std::vector<uint8_t> row_flags;
  uint64_t slot = ring.SlotOf(first_id);
  for (uint64_t i = 0; i < rows; ++i, slot = ring.Forward(slot, 1)) {
    const int flags = ring.flags(slot) & kSlotRowFlagsMask;
    if (flags == 0) continue;
    row_flags.resize(rows);
    row_flags[i] = static_cast<uint8_t>(flags >> kSlotRowFlagsShift);
  }
  return row_flags;
}

StepBlock CopyRows(const Ring& ring, const Schema& schema,
                   const BlockHeader& header, uint64_t first, uint64_t rows) {
  StepBlock block;
  block.environment = header.environment;
  block.episode = header.episode;
  block.first_step = header.first_step + first;
  block.first_policy_version = header.first_policy_version;
  block.last_policy_version = header.last_policy_version;
  if (first + rows == header.rows) {
    block.end = header.end;
    block.episode_return = header.episode_return;
    block.episode_length = header.episode_length;
  }
  block.rows = static_cast<int64_t>(rows);
  block.context = static_cast<int64_t>(ring.context());

  const uint64_t first_id = header.first_id + first;
  for (const RingColumn& column : ring.observations()) {
    block.observations.push_back(CopyColumn<std::byte>(
        ring, column, first_id - ring.context(), ring.context() + rows + 1));
  }
  if (schema.action.continuous()) {
    block.actions = CopyColumn<float>(ring, ring.action(), first_id, rows);
  } else {
    block.discrete_actions =
        CopyColumn<int32_t>(ring, ring.action(), first_id, rows);
  }
  block.rewards =
      CopyColumn<float>(ring, ring.reward_or_link(), first_id, rows);
  block.row_flags = CopyRowFlags(ring, first_id, rows);
  return block;
}

}  // namespace softfleet
