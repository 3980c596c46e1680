// SPDX-License-Identifier: Apache-2.0
#include "replay/ring.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/numeric/int128.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/status.h"

namespace softfleet {
namespace {

RingColumn Describe(std::string name, DType dtype, Shape shape) {
  RingColumn column;
  column.name = std::move(name);
  column.dtype = dtype;
  column.cell_bytes =
      DTypeSize(dtype) * static_cast<size_t>(NumElements(shape));
  column.cell_shape = std::move(shape);
  return column;
}

// The columns of a ring, without memory.
std::vector<RingColumn> DescribeColumns(const Schema& schema) {
  std::vector<RingColumn> columns;
  for (const ObservationGroup& group : schema.observations) {
    columns.push_back(Describe(absl::StrCat("observation/", group.name),
                               group.dtype, group.shape));
  }
  columns.push_back(
      schema.action.continuous()
          ? Describe("action", DType::kF32, {schema.action.dimension})
          : Describe("action", DType::kI32, {}));
  columns.push_back(Describe("reward_or_link", DType::kU32, {}));
  columns.push_back(Describe("flags", DType::kU8, {}));
  return columns;
}

absl::Status Allocate(RingColumn& column, uint64_t slots) {
  column.bytes.reset(
      static_cast<std::byte*>(std::calloc(slots, column.cell_bytes)));
  if (column.bytes != nullptr) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      absl::StrCat("no memory for column ", column.name, ": ", slots,
                   " slots of ", column.cell_bytes, " bytes"));
}

}  // namespace

uint64_t Ring::BytesPerSlot(const Schema& schema) {
  absl::uint128 bytes = 0;
  for (const RingColumn& column : DescribeColumns(schema)) {
    bytes += column.cell_bytes;
  }
  constexpr absl::uint128 kMost = absl::uint128(1) << 63;
  return static_cast<uint64_t>(std::min(bytes, kMost));
}

absl::StatusOr<Ring> Ring::Create(const Schema& schema, uint64_t capacity_rows,
                                  uint64_t slots) {
  Ring ring;
  ring.slots_ = slots;
  ring.capacity_rows_ = capacity_rows;
  ring.context_ = static_cast<uint64_t>(schema.frame_stack - 1);
  ring.columns_ = DescribeColumns(schema);
  for (RingColumn& column : ring.columns_) {
    SF_RETURN_IF_ERROR(Allocate(column, slots));
  }
  ring.flags_ = ring.columns_.back().values<uint8_t>();
  ring.reward_or_link_ =
      ring.columns_[ring.columns_.size() - 2].values<uint32_t>();
  return ring;
}

uint64_t Ring::bytes() const {
  uint64_t bytes = 0;
  for (const RingColumn& column : columns_) bytes += slots_ * column.cell_bytes;
  return bytes;
}

void Ring::EvictOldest() {
  // The row whose stack begins at the tail can no longer be drawn.
  const uint64_t id = first_stacked();
  if (id < counters_.head && IsRow(SlotOf(id))) --counters_.sampleable_rows;
  ++counters_.tail;
}

void Ring::MakeRoom(uint64_t slots, uint64_t rows) {
  while (counters_.head + slots - counters_.tail > slots_ ||
         counters_.sampleable_rows + rows > capacity_rows_) {
    EvictOldest();
  }
}

void Ring::Write(const RingColumn& column, uint64_t first_id, uint64_t count,
                 const void* source) {
  const uint64_t slot = SlotOf(first_id);
  const uint64_t before_end = std::min(count, slots_ - slot);
  const size_t bytes = before_end * column.cell_bytes;
  std::memcpy(column.cell(slot), source, bytes);
  if (before_end == count) return;
  std::memcpy(column.cell(0), static_cast<const std::byte*>(source) + bytes,
              (count - before_end) * column.cell_bytes);
}

void Ring::Read(const RingColumn& column, uint64_t first_id, uint64_t count,
                void* target) const {
  const uint64_t slot = SlotOf(first_id);
  const uint64_t before_end = std::min(count, slots_ - slot);
  const size_t bytes = before_end * column.cell_bytes;
  std::memcpy(target, column.cell(slot), bytes);
  if (before_end == count) return;
  std::memcpy(static_cast<std::byte*>(target) + bytes, column.cell(0),
              (count - before_end) * column.cell_bytes);
}

void Ring::WriteFlags(const StepBlock& block, uint64_t first_row,
                      bool take_over) {
  const uint64_t rows = static_cast<uint64_t>(block.rows);
  if (!take_over) {
    for (uint64_t i = 1; i <= context_; ++i) {
      flags_[SlotOf(first_row - i)] = kSlotContext;
    }
  }
  uint64_t slot = SlotOf(first_row);
  uint64_t last = slot;
  for (uint64_t i = 0; i < rows; ++i, slot = Forward(slot, 1)) {
    const int own = block.row_flags.empty() ? 0 : block.row_flags[i];
    flags_[slot] = static_cast<uint8_t>(kSlotRow | own << kSlotRowFlagsShift);
    last = slot;
  }
  if (block.end == EpisodeEnd::kTerminated) flags_[last] |= kSlotTerminated;
  if (block.end == EpisodeEnd::kTruncated) flags_[last] |= kSlotTruncated;
  flags_[slot] = kSlotClosing;
  reward_or_link_[slot] = 0;
}

uint64_t Ring::Append(const StepBlock& block, bool take_over) {
  const uint64_t rows = static_cast<uint64_t>(block.rows);
  // Observations of the block that are in the ring already.
  const uint64_t known = take_over ? context_ + 1 : 0;
  const uint64_t added = context_ + rows + 1 - known;
  MakeRoom(added, rows);

  const uint64_t first_row = counters_.head + context_ - known;
  if (frozen_ != nullptr) {
    // A row that takes over changes the newest slot, too.
    const uint64_t taken = take_over ? 1 : 0;
    PreserveAll(counters_.head - taken, added + taken);
  }
  for (size_t group = 0; group < block.observations.size(); ++group) {
    const RingColumn& column = columns_[group];
    Write(column, counters_.head, added,
          block.observations[group].data() + known * column.cell_bytes);
  }
  Write(action(), first_row, rows,
        action().dtype == DType::kF32
            ? static_cast<const void*>(block.actions.data())
            : static_cast<const void*>(block.discrete_actions.data()));
  Write(reward_or_link(), first_row, rows, block.rewards.data());
  WriteFlags(block, first_row, take_over);

  counters_.head += added;
  counters_.rows_appended += rows;
  counters_.sampleable_rows += rows;
  return first_row;
}

void Ring::SetLink(uint64_t from, uint64_t to) {
  if (frozen_ != nullptr) {
    frozen_->Preserve(columns_.size() - 2, SlotOf(from), 1);
  }
  reward_or_link_[SlotOf(from)] = static_cast<uint32_t>(to - from);
}

std::shared_ptr<FrozenColumns> Ring::Freeze() {
  frozen_ = std::make_shared<FrozenColumns>(columns_, used_slots());
  return frozen_;
}

void Ring::PreserveAll(uint64_t first_id, uint64_t count) {
  if (frozen_->released()) {
    frozen_.reset();
    return;
  }
  const uint64_t slot = SlotOf(first_id);
  const uint64_t before_end = std::min(count, slots_ - slot);
  frozen_->PreserveAll(slot, before_end);
  if (before_end < count) frozen_->PreserveAll(0, count - before_end);
}

void Ring::Load(const Counters& counters,
                std::span<const std::span<const std::byte>> columns) {
  counters_ = counters;
  for (size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].empty()) continue;
    std::memcpy(columns_[i].bytes.get(), columns[i].data(), columns[i].size());
  }
}

}  // namespace softfleet
