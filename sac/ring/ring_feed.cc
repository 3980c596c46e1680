// SPDX-License-Identifier: Apache-2.0
#include "sac/ring/ring_feed.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/status.h"

namespace softfleet {
namespace {

static_assert(int{kRingRow} == kSlotRow && int{kRingClosing} == kSlotClosing &&
              int{kRingKindMask} == kSlotKindMask &&
              int{kRingTerminated} == kSlotTerminated &&
              int{kRingEndMask} == kSlotEndMask);

constexpr size_t kStageAlignment = 16;

size_t Aligned(size_t bytes) {
  return (bytes + kStageAlignment - 1) / kStageAlignment * kStageAlignment;
}

RowRingShape ShapeFor(const TableOptions& options, bool prioritized) {
  TableOptions columns_only = options;
  columns_only.keep_blocks = false;
  const Schema& schema = options.schema;
  RowRingShape shape = {};
  shape.slots =
      Table::BytesFor(columns_only) / Ring::BytesPerSlot(options.schema);
  shape.capacity_rows = static_cast<uint64_t>(options.capacity_rows);
  shape.context = static_cast<uint32_t>(schema.frame_stack - 1);
  for (const ObservationGroup& group : schema.observations) {
    shape.group[shape.groups++] = {
        static_cast<uint32_t>(group.elements()),
        static_cast<uint32_t>(DTypeSize(group.dtype))};
  }
  shape.action_columns = static_cast<uint32_t>(schema.action.columns());
  shape.prioritized = prioritized ? 1 : 0;
  return shape;
}

// Lays columns out behind a StagedBlock.
class Stager {
 public:
  Stager(const RowRingShape& shape, std::byte* stage)
      : shape_(shape), stage_(stage), end_(Aligned(sizeof(StagedBlock))) {}

  // Returns where the cells go.
  std::byte* Add(uint32_t column, uint64_t first_id, uint64_t cells) {
    std::byte* place = stage_ + end_;
    block().column[column] = {first_id, cells, end_};
    end_ += Aligned(cells * shape_.CellBytes(column));
    return place;
  }
  void Copy(uint32_t column, uint64_t first_id, uint64_t cells,
            const void* source) {
    std::memcpy(Add(column, first_id, cells), source,
                cells * shape_.CellBytes(column));
  }
  StagedBlock& block() { return *reinterpret_cast<StagedBlock*>(stage_); }
  size_t bytes() const { return end_; }

 private:
  const RowRingShape& shape_;
  std::byte* stage_;
  size_t end_;
};

// Flags of the slots from the block's first new one to its closing one.
void WriteFlags(const StepBlock& block, uint64_t context, std::byte* out) {
  auto* flags = reinterpret_cast<uint8_t*>(out);
  std::fill_n(flags, context, kSlotContext);
  flags += context;
  const auto rows = static_cast<size_t>(block.rows);
  for (size_t i = 0; i < rows; ++i) {
    const int own = block.row_flags.empty() ? 0 : block.row_flags[i];
    flags[i] = static_cast<uint8_t>(kSlotRow | own << kSlotRowFlagsShift);
  }
  if (block.end == EpisodeEnd::kTerminated) flags[rows - 1] |= kSlotTerminated;
  if (block.end == EpisodeEnd::kTruncated) flags[rows - 1] |= kSlotTruncated;
  flags[rows] = kSlotClosing;
}

const void* Actions(const StepBlock& block) {
  if (block.actions.empty()) return block.discrete_actions.data();
  return block.actions.data();
}

}  // namespace

absl::StatusOr<RingFeed> RingFeed::Create(const TableOptions& options,
                                          bool prioritized) {
  SF_RETURN_IF_ERROR(options.schema.Validate());
  if (options.schema.observations.size() > RowRingShape::kMostGroups) {
    return absl::InvalidArgumentError(
        absl::StrCat("a ring on a device takes ", RowRingShape::kMostGroups,
                     " observation groups, the schema has ",
                     options.schema.observations.size()));
  }
  return RingFeed(ShapeFor(options, prioritized));
}

size_t RingFeed::StagedBytes(int64_t rows) const {
  const size_t cells = shape_.context + static_cast<size_t>(rows) + 1;
  size_t bytes = Aligned(sizeof(StagedBlock));
  for (uint32_t i = 0; i < shape_.columns(); ++i) {
    bytes += Aligned(cells * shape_.CellBytes(i));
  }
  return bytes;
}

void RingFeed::MakeRoom(uint64_t slots, uint64_t rows) {
  while (counters_.head + slots - counters_.tail > shape_.slots ||
         counters_.sampleable_rows + rows > shape_.capacity_rows) {
    const uint64_t oldest = counters_.tail + shape_.context;
    if (oldest < counters_.head && IsRow(oldest)) --counters_.sampleable_rows;
    ++counters_.tail;
  }
}

size_t RingFeed::Stage(const StepBlock& block, std::byte* stage) {
  const std::optional<uint64_t> closing = streams_.Continued(block);
  const bool take_over = closing.has_value() && *closing + 1 == counters_.head;
  const auto rows = static_cast<uint64_t>(block.rows);
  // Observations of the block that are in the ring already.
  const uint64_t known = take_over ? shape_.context + 1 : 0;
  const uint64_t added = shape_.context + rows + 1 - known;
  MakeRoom(added, rows);

  const uint64_t first_row = counters_.head + shape_.context - known;
  const uint64_t context = take_over ? 0 : shape_.context;
  Stager stager(shape_, stage);
  stager.block() = {};
  for (uint32_t i = 0; i < shape_.groups; ++i) {
    stager.Copy(i, counters_.head, added,
                block.observations[i].data() + known * shape_.CellBytes(i));
  }
  stager.Copy(shape_.action(), first_row, rows, Actions(block));
  std::byte* rewards = stager.Add(shape_.reward_or_link(), first_row, rows + 1);
  std::memcpy(rewards, block.rewards.data(), rows * sizeof(float));
  std::memset(rewards + rows * sizeof(float), 0, sizeof(float));  // no link
  const uint64_t first_id = first_row - context;
  const uint64_t ids = context + rows + 1;
  std::byte* flags = stager.Add(shape_.flags(), first_id, ids);
  WriteFlags(block, context, flags);

  counters_.head += added;
  counters_.sampleable_rows += rows;
  if (closing.has_value() && !take_over && *closing >= counters_.tail) {
    stager.block().link_from = *closing;
    stager.block().link_distance = static_cast<uint32_t>(first_row - *closing);
  }
  stager.block().after = counters_;
  stager.block().first_id = first_id;
  stager.block().ids = ids;
  for (uint64_t i = 0; i < ids; ++i) {
    kinds_[(first_id + i) % shape_.slots] =
        static_cast<uint8_t>(flags[i]) & kSlotKindMask;
  }
  streams_.Record(block, counters_.head - 1, counters_.tail);
  return stager.bytes();
}

void RingFeed::Load(const Ring& ring, const Streams& streams) {
  counters_ = {ring.counters().head, ring.counters().tail,
               ring.counters().sampleable_rows};
  for (uint64_t slot = 0; slot < shape_.slots; ++slot) {
    kinds_[slot] = ring.flags(slot) & kSlotKindMask;
  }
  streams_ = streams;
}

}  // namespace softfleet
