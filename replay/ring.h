// SPDX-License-Identifier: Apache-2.0
// The storage of a replay table: C slots in contiguous columns, the ids that
// map onto them, and eviction (rules 1 to 4 and 6 of replay/table.h). Knows
// nothing of streams. Owned by a Table; thread-compatible.
//
// A closing slot has no reward, so its reward cell holds the link: the
// distance, in ids, from the closing slot to the first row of the block that
// continues the stream, or 0. Links therefore cost no memory, die with their
// slot and need no pruning. Distances are below C, hence C < 2^32.
#ifndef SOFTFLEET_REPLAY_RING_H_
#define SOFTFLEET_REPLAY_RING_H_

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/tensor.h"
#include "experience/schema.h"
#include "experience/step_block.h"
#include "replay/frozen_columns.h"

namespace softfleet {

// The flags byte of a slot: its kind in the low two bits, how a row left its
// episode, and the row's own RowFlags, shifted.
enum SlotFlags : uint8_t {
  kSlotContext = 0,
  kSlotRow = 1,
  kSlotClosing = 2,
  kSlotKindMask = 3,
  kSlotTerminated = 4,
  kSlotTruncated = 8,
  kSlotEndMask = kSlotTerminated | kSlotTruncated,
  kSlotRowFlagsShift = 4,
  kSlotRowFlagsMask = kRowFlagsMask << kSlotRowFlagsShift,
};

struct FreeBytes {
  void operator()(std::byte* bytes) const { std::free(bytes); }
};

// One value per slot, contiguous. Starts as zeros; the operating system gives
// the memory page by page as it is written.
struct RingColumn {
  std::string name;  // "observation/<group>", "action", ...
  DType dtype;       // of one element
  Shape cell_shape;  // of one slot; empty for a scalar
  size_t cell_bytes = 0;
  std::unique_ptr<std::byte[], FreeBytes> bytes;

  template <typename T>
  T* values() const {
    return reinterpret_cast<T*>(bytes.get());
  }
  // [slots, cell_shape...]
  Shape ShapeOf(uint64_t slots) const {
    Shape shape = {static_cast<int64_t>(slots)};
    shape.insert(shape.end(), cell_shape.begin(), cell_shape.end());
    return shape;
  }
  std::byte* cell(uint64_t slot) const {
    return bytes.get() + slot * cell_bytes;
  }
};

class Ring {
 public:
  struct Counters {
    uint64_t head = 0;  // the next id
    uint64_t tail = 0;  // the oldest alive id; tail <= head <= tail + C
    uint64_t rows_appended = 0;
    uint64_t sampleable_rows = 0;
  };

  // Most slots a ring can have.
  static constexpr uint64_t kMaxSlots = 0xffff'ffff;

  // Bytes of one slot over all columns, at most 2^63.
  static uint64_t BytesPerSlot(const Schema& schema);

  // `slots` > capacity_rows + frame_stack. ResourceExhausted when the memory
  // is not to be had.
  static absl::StatusOr<Ring> Create(const Schema& schema,
                                     uint64_t capacity_rows, uint64_t slots);

  // Stores a checked block of at most capacity_rows rows, evicting what it
  // needs, and returns the id of its first row. With `take_over` the newest
  // slot becomes that row and context and first observation are not stored.
  uint64_t Append(const StepBlock& block, bool take_over);
  // From the closing slot `from` to `to`, the first row of its continuation.
  // `from` must be alive.
  void SetLink(uint64_t from, uint64_t to);

  const Counters& counters() const { return counters_; }
  uint64_t slots() const { return slots_; }
  uint64_t capacity_rows() const { return capacity_rows_; }
  uint64_t context() const { return context_; }
  uint64_t bytes() const;
  // Slots [0, used_slots) have been written.
  uint64_t used_slots() const { return std::min(counters_.head, slots_); }

  // The oldest id whose whole frame stack is alive.
  uint64_t first_stacked() const { return counters_.tail + context_; }
  bool Sampleable(uint64_t id) const {
    return id >= first_stacked() && id < counters_.head && IsRow(SlotOf(id));
  }

  // Slots. Walking goes by slot, because a division per id costs as much as
  // the rest of a step.
  uint64_t SlotOf(uint64_t id) const { return id % slots_; }
  // `distance` < C.
  uint64_t Forward(uint64_t slot, uint64_t distance) const {
    const uint64_t next = slot + distance;
    return next < slots_ ? next : next - slots_;
  }
  uint64_t Back(uint64_t slot, uint64_t distance) const {
    return slot >= distance ? slot - distance : slot + slots_ - distance;
  }

  uint8_t flags(uint64_t slot) const { return flags_[slot]; }
  bool IsRow(uint64_t slot) const {
    return (flags_[slot] & kSlotKindMask) == kSlotRow;
  }
  // Of a row / of a closing slot.
  float reward(uint64_t slot) const {
    return std::bit_cast<float>(reward_or_link_[slot]);
  }
  uint32_t link(uint64_t slot) const { return reward_or_link_[slot]; }

  // Every column: the observation groups in the schema's order, action,
  // reward_or_link, flags.
  std::span<const RingColumn> columns() const { return columns_; }
  std::span<const RingColumn> observations() const {
    return {columns_.data(), columns_.size() - 3};
  }
  const RingColumn& action() const { return columns_[columns_.size() - 3]; }
  const RingColumn& reward_or_link() const {
    return columns_[columns_.size() - 2];
  }
  // Copies the cells of `count` alive ids from `first_id` on.
  void Read(const RingColumn& column, uint64_t first_id, uint64_t count,
            void* target) const;
  // Addresses of one slot's flags and reward, for prefetching.
  const void* flags_address(uint64_t slot) const { return flags_ + slot; }
  const void* reward_address(uint64_t slot) const {
    return reward_or_link_ + slot;
  }

  // The columns as they are now: what is appended from now on leaves alone what
  // `frozen` still has to give, until it is released or the next is frozen.
  std::shared_ptr<FrozenColumns> Freeze();

  // Replaces the content: for every column the bytes of the slots
  // [0, min(head, C)). The caller has checked everything; nothing is frozen.
  void Load(const Counters& counters,
            std::span<const std::span<const std::byte>> columns);

 private:
  Ring() = default;
  // Evicts until `slots` more slots with `rows` more rows fit.
  void MakeRoom(uint64_t slots, uint64_t rows);
  void EvictOldest();
  // Writes `count` cells from `source` starting at the slot of `first_id`.
  void Write(const RingColumn& column, uint64_t first_id, uint64_t count,
             const void* source);
  void WriteFlags(const StepBlock& block, uint64_t first_row, bool take_over);
  // Before cells of `count` ids from `first_id` on change.
  void PreserveAll(uint64_t first_id, uint64_t count);

  uint64_t slots_ = 0;  // C
  uint64_t capacity_rows_ = 0;
  uint64_t context_ = 0;
  Counters counters_;
  std::vector<RingColumn> columns_;
  uint8_t* flags_ = nullptr;            // in columns_
  uint32_t* reward_or_link_ = nullptr;  // in columns_
  std::shared_ptr<FrozenColumns> frozen_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_REPLAY_RING_H_
