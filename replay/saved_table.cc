// SPDX-License-Identifier: Apache-2.0
#include "replay/saved_table.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>

#include "absl/strings/str_cat.h"
#include "core/status.h"

namespace softfleet {
namespace {

// Ids up to here leave room for the sum of an id and a number of slots.
constexpr uint64_t kMaxId = uint64_t{1} << 62;
constexpr int64_t kCounters = 4;
constexpr int64_t kStreamFields = 4;

bool KnownFlags(uint8_t flags) {
  const int place = flags & ~kSlotRowFlagsMask;
  if (place != flags && (flags & kSlotKindMask) != kSlotRow) return false;
  return place == kSlotContext || place == kSlotClosing || place == kSlotRow ||
         place == (kSlotRow | kSlotTerminated) ||
         place == (kSlotRow | kSlotTruncated);
}

// Whether a slot of kind `kind`, `position` slots into its block, may follow
// one with flags `previous`, but for its RowFlags. A block is `context` context
// slots, rows, of which only the last may end the episode, and a closing slot.
bool Follows(uint8_t previous, uint8_t kind, uint64_t position,
             uint64_t context) {
  if (position < context) return kind == kSlotContext;
  if (position == context) return kind == kSlotRow;
  if (previous == kSlotRow) return kind != kSlotContext;
  return kind == kSlotClosing;
}

// The same within the block whose front was evicted.
bool FollowsInOldest(uint8_t previous, uint8_t kind) {
  if (previous == kSlotContext) return kind != kSlotClosing;
  if (previous == kSlotRow) return kind != kSlotContext;
  return kind == kSlotClosing;
}

bool AllFinite(std::span<const std::byte> cell) {
  for (size_t at = 0; at < cell.size(); at += sizeof(float)) {
    float value;
    std::memcpy(&value, &cell[at], sizeof(value));
    if (!std::isfinite(value)) return false;
  }
  return true;
}

bool AllInPolicySpace(std::span<const std::byte> cell) {
  for (size_t at = 0; at < cell.size(); at += sizeof(float)) {
    float value;
    std::memcpy(&value, &cell[at], sizeof(value));
    if (!(value >= -1 && value <= 1)) return false;
  }
  return true;
}

}  // namespace

absl::Status SavedTable::Parse(const SafetensorsContent& saved) {
  SF_RETURN_IF_ERROR(ReadCounters(saved));
  SF_RETURN_IF_ERROR(ReadColumns(saved));
  SF_RETURN_IF_ERROR(CheckSlots());
  SF_RETURN_IF_ERROR(CheckValues());
  return ReadStreams(saved);
}

absl::Status SavedTable::ReadCounters(const SafetensorsContent& saved) {
  SF_ASSIGN_OR_RETURN(const Tensor* tensor,
                      saved.Find("counters", DType::kU64, {kCounters}));
  const std::span<const uint64_t> values = tensor->values<uint64_t>();
  counters_ = {values[0], values[1], values[2], values[3]};
  const auto& [head, tail, appended, sampleable] = counters_;
  // Only an empty table has nothing alive; another one can draw its last row,
  // which also keeps the stack of that row's continuation alive.
  const bool extent_fits =
      head == 0 ? tail == 0 : tail < head && head - tail <= ring_.slots();
  if (head <= kMaxId && extent_fits && appended <= head &&
      sampleable <= appended && sampleable <= ring_.capacity_rows() &&
      (sampleable > 0) == (head > 0)) {
    return absl::OkStatus();
  }
  return absl::DataLossError(absl::StrCat(
      "counters contradict each other: head ", head, ", tail ", tail,
      ", rows appended ", appended, ", sampleable rows ", sampleable));
}

absl::Status SavedTable::ReadColumns(const SafetensorsContent& saved) {
  columns_.clear();
  const uint64_t used = std::min(counters_.head, ring_.slots());
  for (const RingColumn& column : ring_.columns()) {
    SF_ASSIGN_OR_RETURN(
        const Tensor* tensor,
        saved.Find(column.name, column.dtype, column.ShapeOf(used)));
    columns_.push_back(tensor->bytes);
  }
  return absl::OkStatus();
}

std::span<const std::byte> SavedTable::Cell(size_t column, uint64_t id) const {
  const size_t bytes = ring_.columns()[column].cell_bytes;
  return columns_[column].subspan(ring_.SlotOf(id) * bytes, bytes);
}

uint32_t SavedTable::Link(uint64_t closing_id) const {
  uint32_t distance;
  const auto cell = Cell(columns_.size() - 2, closing_id);
  std::memcpy(&distance, cell.data(), sizeof(distance));
  return distance;
}

absl::Status SavedTable::BadSlot(uint64_t id, absl::string_view what) const {
  return absl::DataLossError(
      absl::StrCat("saved table: id ", id, " (flags ", Flags(id), ") ", what));
}

absl::Status SavedTable::CheckSlots() const {
  uint64_t rows = 0;
  uint64_t position = 0;  // slots since the block's first, or since the tail
  bool oldest = counters_.tail > 0;  // in the block that lost its front
  for (uint64_t id = counters_.tail; id < counters_.head; ++id, ++position) {
    const uint8_t kind = Kind(id);
    if (!KnownFlags(Flags(id))) return BadSlot(id, "has unknown flags");
    const uint8_t previous =
        position == 0 ? 0 : Flags(id - 1) & ~kSlotRowFlagsMask;
    const bool fits = oldest
                          ? position == 0 || FollowsInOldest(previous, kind)
                          : Follows(previous, kind, position, ring_.context());
    if (!fits || (kind == kSlotContext && position >= ring_.context())) {
      return BadSlot(id, "has no place in its block");
    }
    if (kind == kSlotRow && id - counters_.tail >= ring_.context()) ++rows;
    if (kind != kSlotClosing) continue;
    SF_RETURN_IF_ERROR(CheckLink(id));
    oldest = false;
    position = ~uint64_t{0};  // 0 after the increment: a new block begins
  }
  if (counters_.head > 0 && Kind(counters_.head - 1) != kSlotClosing) {
    return BadSlot(counters_.head - 1, "is last but closes no block");
  }
  if (rows == counters_.sampleable_rows) return absl::OkStatus();
  return absl::DataLossError(
      absl::StrCat("saved table: counters say ", counters_.sampleable_rows,
                   " sampleable rows, there are ", rows));
}

absl::Status SavedTable::CheckLink(uint64_t id) const {
  const uint32_t distance = Link(id);
  if (distance == 0) return absl::OkStatus();
  const bool ended = Alive(id - 1) && (Flags(id - 1) & kSlotEndMask) != 0;
  // The target is the first row of a later block.
  if (!ended && distance < counters_.head - id &&
      Kind(id + distance) == kSlotRow && Kind(id + distance - 1) != kSlotRow) {
    return absl::OkStatus();
  }
  return BadSlot(id, absl::StrCat("has a wrong link over ", distance));
}

absl::Status SavedTable::CheckValues() const {
  const size_t groups = ring_.observations().size();
  for (uint64_t id = counters_.tail; id < counters_.head; ++id) {
    for (size_t group = 0; group < groups; ++group) {
      if (ring_.columns()[group].dtype == DType::kF32 &&
          !AllFinite(Cell(group, id))) {
        return BadSlot(
            id, absl::StrCat("has a value in ", ring_.columns()[group].name,
                             " that is not finite"));
      }
    }
    if (Kind(id) != kSlotRow) continue;
    SF_RETURN_IF_ERROR(CheckAction(id));
    if (!AllFinite(Cell(groups + 1, id))) {
      return BadSlot(id, "has a reward that is not finite");
    }
  }
  return absl::OkStatus();
}

absl::Status SavedTable::CheckAction(uint64_t id) const {
  const auto cell = Cell(ring_.observations().size(), id);
  if (schema_.action.continuous()) {
    return AllInPolicySpace(cell)
               ? absl::OkStatus()
               : BadSlot(id, "has an action outside [-1, 1]");
  }
  int32_t index;
  std::memcpy(&index, cell.data(), sizeof(index));
  if (index >= 0 && index < schema_.action.num_actions) {
    return absl::OkStatus();
  }
  return BadSlot(id, absl::StrCat("has action ", index, ", not in [0, ",
                                  schema_.action.num_actions, ")"));
}

absl::Status SavedTable::ReadStreams(const SafetensorsContent& saved) {
  SF_ASSIGN_OR_RETURN(const Tensor* tensor, saved.Find("streams"));
  if (tensor->dtype != DType::kU64 || tensor->shape.size() != 2 ||
      tensor->shape[1] != kStreamFields) {
    return absl::InvalidArgumentError(
        absl::StrCat("streams is ", DTypeName(tensor->dtype),
                     ShapeString(tensor->shape), ", expected U64[n, 4]"));
  }
  streams_.clear();
  std::set<uint64_t> closing_ids;
  const std::span<const uint64_t> values = tensor->values<uint64_t>();
  for (size_t i = 0; i < values.size(); i += kStreamFields) {
    const OpenStream stream = {values[i + 1], values[i + 2], values[i + 3]};
    SF_RETURN_IF_ERROR(CheckStream(values[i], stream));
    if (!streams_.emplace(values[i], stream).second ||
        !closing_ids.insert(stream.closing_id).second) {
      return absl::DataLossError(
          absl::StrCat("saved table: environment ", values[i], " or id ",
                       stream.closing_id, " is in two streams"));
    }
  }
  return absl::OkStatus();
}

absl::Status SavedTable::CheckStream(uint64_t environment,
                                     const OpenStream& stream) const {
  const uint64_t id = stream.closing_id;
  const bool open = Alive(id) && Kind(id) == kSlotClosing && Link(id) == 0 &&
                    !(Alive(id - 1) && (Flags(id - 1) & kSlotEndMask) != 0);
  if (open) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(
      "saved table: stream of environment ", environment, ", episode ",
      stream.episode, " cannot continue at id ", id));
}

}  // namespace softfleet
