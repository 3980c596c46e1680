// SPDX-License-Identifier: Apache-2.0
#include "replay/gather.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "core/status.h"

namespace softfleet {
namespace {

// Samples whose memory is requested together: a batch is scattered over a
// table far larger than the caches, and 32 outstanding loads are more than a
// core keeps in flight.
constexpr size_t kChunk = 32;
constexpr size_t kCacheLine = 64;

void Prefetch(const void* address, size_t bytes) {
  const char* first = static_cast<const char*>(address);
  for (size_t i = 0; i < bytes; i += kCacheLine) __builtin_prefetch(first + i);
  __builtin_prefetch(first + bytes - 1);
}

// x / 255 for every byte, rounded once.
const std::array<float, 256>& ByteToFloat() {
  static const std::array<float, 256> table = [] {
    std::array<float, 256> values;
    for (int i = 0; i < 256; ++i) values[i] = static_cast<float>(i) / 255.0f;
    return values;
  }();
  return table;
}

// Copies one stored observation of one group, as floats; returns the end.
float* CopyCell(const RingColumn& column, uint64_t slot, float* out) {
  const std::byte* cell = column.cell(slot);
  if (column.dtype == DType::kF32) {
    std::memcpy(out, cell, column.cell_bytes);
    return out + column.cell_bytes / sizeof(float);
  }
  const std::array<float, 256>& scaled = ByteToFloat();
  for (size_t i = 0; i < column.cell_bytes; ++i) {
    out[i] = scaled[static_cast<uint8_t>(cell[i])];
  }
  return out + column.cell_bytes;
}

// The frame stack that ends at `slot`, oldest frame first.
void CopyStack(const Ring& ring, uint64_t slot, float* out) {
  slot = ring.Back(slot, ring.context());
  for (uint64_t frame = 0; frame <= ring.context(); ++frame) {
    for (const RingColumn& column : ring.observations()) {
      out = CopyCell(column, slot, out);
    }
    slot = ring.Forward(slot, 1);
  }
}

class Gatherer {
 public:
  Gatherer(const Ring& ring, const Schema& schema, TransitionBatch& batch)
      : ring_(ring),
        batch_(batch),
        stack_(static_cast<size_t>(schema.frame_stack *
                                   schema.ObservationElements())) {}

  void Resize(size_t size) {
    const size_t columns = ring_.action().dtype == DType::kF32
                               ? ring_.action().cell_bytes / sizeof(float)
                               : 0;
    batch_.size = static_cast<int64_t>(size);
    batch_.ids.resize(size);
    batch_.observations.resize(size * stack_);
    batch_.next_observations.resize(size * stack_);
    batch_.actions.resize(size * columns);
    batch_.discrete_actions.resize(ring_.action().dtype == DType::kF32 ? 0
                                                                       : size);
    batch_.returns.resize(size);
    batch_.discounts.resize(size);
    batch_.terminated.resize(size);
    batch_.steps.resize(size);
  }

  // Rows [first, first + ids.size()) of the batch; at most kChunk.
  absl::Status Chunk(size_t first, std::span<const uint64_t> ids, int n_step,
                     double gamma) {
    std::array<uint64_t, kChunk> slots;
    std::array<uint64_t, kChunk> last;
    for (size_t i = 0; i < ids.size(); ++i) {
      slots[i] = ring_.SlotOf(ids[i]);
      PrefetchRow(slots[i]);
    }
    for (size_t i = 0; i < ids.size(); ++i) {
      if (!ring_.Sampleable(ids[i])) return NotSampleable(ids[i]);
      last[i] = Walk(first + i, slots[i], n_step, gamma);
      PrefetchObservation(ring_.Forward(last[i], 1));
    }
    for (size_t i = 0; i < ids.size(); ++i) {
      batch_.ids[first + i] = ids[i];
      CopyRow(first + i, slots[i], ring_.Forward(last[i], 1));
    }
    return absl::OkStatus();
  }

 private:
  absl::Status NotSampleable(uint64_t id) const {
    return absl::NotFoundError(absl::StrCat(
        "id ", id, " is not a row that can be drawn (ids alive: ",
        ring_.counters().tail, " to ", ring_.counters().head, ", exclusive)"));
  }

  void PrefetchObservation(uint64_t slot) const {
    for (const RingColumn& column : ring_.observations()) {
      Prefetch(column.cell(slot), column.cell_bytes);
    }
  }

  void PrefetchRow(uint64_t slot) const {
    __builtin_prefetch(ring_.flags_address(slot));
    __builtin_prefetch(ring_.reward_address(slot));
    Prefetch(ring_.action().cell(slot), ring_.action().cell_bytes);
    PrefetchObservation(slot);
  }

  // Returns the slot of the last row summed.
  uint64_t Walk(size_t to, uint64_t slot, int n_step, double gamma) {
    const NStepWalk walk = WalkNStep(ring_, slot, n_step, gamma);
    batch_.returns[to] = walk.sum;
    batch_.discounts[to] = walk.discount;
    batch_.terminated[to] = walk.terminated ? 1 : 0;
    batch_.steps[to] = walk.steps;
    return walk.last_slot;
  }

  void CopyRow(size_t to, uint64_t slot, uint64_t next_slot) {
    CopyStack(ring_, slot, &batch_.observations[to * stack_]);
    CopyStack(ring_, next_slot, &batch_.next_observations[to * stack_]);
    const RingColumn& action = ring_.action();
    if (action.dtype == DType::kF32) {
      CopyCell(action, slot,
               &batch_.actions[to * action.cell_bytes / sizeof(float)]);
    } else {
      batch_.discrete_actions[to] = action.values<int32_t>()[slot];
    }
  }

  const Ring& ring_;
  TransitionBatch& batch_;
  const size_t stack_;  // elements of a stacked observation
};

}  // namespace

NStepWalk WalkNStep(const Ring& ring, uint64_t slot, int n, double gamma) {
  NStepWalk walk;
  while (true) {
    const uint8_t flags = ring.flags(slot);
    walk.sum += walk.discount * static_cast<double>(ring.reward(slot));
    walk.discount *= gamma;
    walk.last_slot = slot;
    if (++walk.steps == n || (flags & kSlotEndMask) != 0) {
      walk.terminated = (flags & kSlotTerminated) != 0;
      return walk;
    }
    // A row that does not end its episode is followed by a row or by its
    // block's closing slot.
    slot = ring.Forward(slot, 1);
    if (ring.IsRow(slot)) continue;
    const uint32_t distance = ring.link(slot);
    if (distance == 0) return walk;
    slot = ring.Forward(slot, distance);
  }
}

absl::Status GatherTransitions(const Ring& ring, const Schema& schema,
                               std::span<const uint64_t> ids, int n_step,
                               double gamma, TransitionBatch* batch) {
  if (n_step < 1 || !(gamma >= 0 && gamma <= 1)) {
    return absl::InvalidArgumentError(
        absl::StrCat("n_step ", n_step, " and gamma ", gamma,
                     " must be at least 1 and within [0, 1]"));
  }
  Gatherer gatherer(ring, schema, *batch);
  gatherer.Resize(ids.size());
  for (size_t first = 0; first < ids.size(); first += kChunk) {
    const size_t count = std::min(kChunk, ids.size() - first);
    SF_RETURN_IF_ERROR(
        gatherer.Chunk(first, ids.subspan(first, count), n_step, gamma));
  }
  return absl::OkStatus();
}

}  // namespace softfleet
