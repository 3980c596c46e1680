// SPDX-License-Identifier: Apache-2.0
// The storage of a replay table as a GPU holds it: the columns, slots, ids and
// links of replay/ring.h over raw memory, and what is done with them. A block
// is placed and batches are drawn by the same ids, seeds and streams as a
// replay::Table, to the same bits; which slots a block takes is decided on the
// host (sac/ring/ring_feed.h), where the streams are.
//
// Every function is for both processors and works on a Team (sac/ring/team.h).
// C++17, standard library only. Not synchronised: one call at a time, in
// stream order on a device.
#ifndef SOFTFLEET_SAC_RING_ROW_RING_H_
#define SOFTFLEET_SAC_RING_ROW_RING_H_

#include <cstddef>
#include <cstdint>

#include "core/host_device.h"
#include "core/philox_block.h"
#include "sac/ring/sum_tree.h"

namespace softfleet {

// The flags byte of a slot, as replay/ring.h's SlotFlags.
enum RowRingFlags : uint8_t {
  kRingRow = 1,
  kRingClosing = 2,
  kRingKindMask = 3,
  kRingTerminated = 4,
  kRingEndMask = 12,
};

// What the memory looks like. Columns: the observation groups, action,
// reward_or_link, flags.
struct RowRingShape {
  static constexpr uint32_t kMostGroups = 16;
  static constexpr uint32_t kMostColumns = kMostGroups + 3;
  struct Group {
    uint32_t elements;       // of one unstacked observation
    uint32_t element_bytes;  // 4: float; 1: uint8, gathered as x / 255
  };

  uint64_t slots;
  uint64_t capacity_rows;
  uint32_t context;  // frame_stack - 1
  uint32_t groups;
  Group group[kMostGroups];
  uint32_t action_columns;  // of float; 0: one int32 index
  uint32_t prioritized;     // 1: with a sum tree

  SF_HOST_DEVICE uint32_t action() const { return groups; }
  SF_HOST_DEVICE uint32_t reward_or_link() const { return groups + 1; }
  SF_HOST_DEVICE uint32_t flags() const { return groups + 2; }
  SF_HOST_DEVICE uint32_t columns() const { return groups + 3; }
  SF_HOST_DEVICE uint64_t CellBytes(uint32_t column) const {
    if (column < groups) {
      return uint64_t{group[column].elements} * group[column].element_bytes;
    }
    if (column == action()) {
      return 4 * uint64_t{action_columns == 0 ? 1 : action_columns};
    }
    return column == flags() ? 1 : 4;
  }
  // Elements of one frame, all groups, and of a stacked observation.
  SF_HOST_DEVICE uint32_t FrameElements() const {
    uint32_t elements = 0;
    for (uint32_t i = 0; i < groups; ++i) elements += group[i].elements;
    return elements;
  }
  SF_HOST_DEVICE uint32_t StackElements() const {
    return (context + 1) * FrameElements();
  }
};

struct RowRingCounters {
  uint64_t head;  // the next id
  uint64_t tail;  // the oldest alive id
  uint64_t sampleable_rows;
};

struct RowRing {
  RowRingShape shape;
  unsigned char* column[RowRingShape::kMostColumns];
  RowRingCounters* counters;
  SumTree tree;  // used where shape.prioritized

  SF_HOST_DEVICE uint64_t SlotOf(uint64_t id) const { return id % shape.slots; }
  // `distance` < slots.
  SF_HOST_DEVICE uint64_t Forward(uint64_t slot, uint64_t distance) const {
    const uint64_t next = slot + distance;
    return next < shape.slots ? next : next - shape.slots;
  }
  SF_HOST_DEVICE uint64_t Back(uint64_t slot, uint64_t distance) const {
    return slot >= distance ? slot - distance : slot + shape.slots - distance;
  }
  SF_HOST_DEVICE uint8_t flags(uint64_t slot) const {
    return column[shape.flags()][slot];
  }
  SF_HOST_DEVICE bool IsRow(uint64_t slot) const {
    return (flags(slot) & kRingKindMask) == kRingRow;
  }
  // Of a row / of a closing slot.
  SF_HOST_DEVICE float reward(uint64_t slot) const {
    return reinterpret_cast<const float*>(column[shape.reward_or_link()])[slot];
  }
  SF_HOST_DEVICE uint32_t& link(uint64_t slot) const {
    return reinterpret_cast<uint32_t*>(column[shape.reward_or_link()])[slot];
  }
  SF_HOST_DEVICE uint64_t first_stacked() const {
    return counters->tail + shape.context;
  }
};

// One column's part of a staged block.
struct StagedColumn {
  uint64_t first_id;
  uint64_t cells;
  uint64_t offset;  // of the bytes, from the beginning of the StagedBlock
};

// A block on its way into the ring: this, and behind it the columns' bytes.
struct StagedBlock {
  RowRingCounters after;   // the ring's, once the block is in it
  uint64_t first_id;       // of the ids whose slots it writes...
  uint64_t ids;            // ...and how many
  uint64_t link_from;      // closing slot's id; read where link_distance > 0
  uint32_t link_distance;  // to the block's first row
  uint32_t reserved;
  StagedColumn column[RowRingShape::kMostColumns];
};

// What is gathered: B rows, row-major; `observation_stride` elements from one
// row of both observations to the next. Null pointers are not written, except
// for ids, which are read.
template <typename T>
struct RowBatch {
  uint64_t* ids;  // [B] of the first row
  T* observations;
  T* next_observations;
  uint64_t observation_stride;
  T* actions;  // [B, action_columns]
  uint64_t action_stride;
  int32_t* discrete_actions;  // [B]
  double* returns;            // [B] times reward_scale
  double* discounts;          // [B] gamma^k
  uint8_t* terminated;        // [B]
  int32_t* steps;             // [B] k
};

struct GatherOptions {
  int32_t n_step = 1;
  double gamma = 0.99;
  double reward_scale = 1;
  // Of one frame: x becomes clip((x - mean) * scale, +-10). Null: not.
  const double* mean = nullptr;
  const double* scale = nullptr;
};

namespace row_ring {

template <typename Word, typename Team>
SF_HOST_DEVICE void CopyWords(const Team& team, const RowRing& ring,
                              uint32_t column, const StagedColumn& staged,
                              const unsigned char* source) {
  const uint64_t per_cell = ring.shape.CellBytes(column) / sizeof(Word);
  const uint64_t first = ring.SlotOf(staged.first_id) * per_cell;
  const uint64_t end = ring.shape.slots * per_cell;
  Word* target = reinterpret_cast<Word*>(ring.column[column]);
  const Word* from = reinterpret_cast<const Word*>(source);
  for (uint64_t i = team.rank(); i < staged.cells * per_cell;
       i += team.size()) {
    const uint64_t to = first + i;
    target[to < end ? to : to - end] = from[i];
  }
}

// Rows that can no longer be drawn lose their mass, new ones get the largest.
template <typename Team>
SF_HOST_DEVICE void PlaceMasses(const Team& team, const RowRing& ring,
                                const StagedBlock& block) {
  const uint64_t first = ring.first_stacked();
  const uint64_t after = block.after.tail + ring.shape.context;
  const uint64_t end =
      after < ring.counters->head ? after : ring.counters->head;
  const uint64_t retired = end > first ? end - first : 0;
  for (uint64_t i = team.rank(); i < retired; i += team.size()) {
    ring.tree.leaf[ring.SlotOf(first + i)] = 0;
  }
  team.Sync();
  for (uint64_t i = team.rank(); i < block.ids; i += team.size()) {
    const uint64_t slot = ring.SlotOf(block.first_id + i);
    ring.tree.leaf[slot] = ring.IsRow(slot) ? *ring.tree.largest : 0;
  }
  team.Sync();
  SumUpwardsRing(team, ring.tree, ring.SlotOf(first), retired);
  SumUpwardsRing(team, ring.tree, ring.SlotOf(block.first_id), block.ids);
}

template <typename T>
SF_HOST_DEVICE T Element(const RowRing& ring, uint64_t slot, uint32_t element,
                         const GatherOptions& options) {
  uint32_t within = element;
  uint32_t group = 0;
  while (within >= ring.shape.group[group].elements) {
    within -= ring.shape.group[group++].elements;
  }
  const uint64_t at = slot * ring.shape.group[group].elements + within;
  const float x = ring.shape.group[group].element_bytes == 1
                      ? static_cast<float>(ring.column[group][at]) / 255.0f
                      : reinterpret_cast<const float*>(ring.column[group])[at];
  if (options.mean == nullptr) return static_cast<T>(x);
  const double z = (x - options.mean[element]) * options.scale[element];
  return static_cast<T>(static_cast<float>(z < -10 ? -10 : (z > 10 ? 10 : z)));
}

// The frame stack that ends at `slot`, oldest frame first.
template <typename T, typename Team>
SF_HOST_DEVICE void GatherStack(const Team& team, const RowRing& ring,
                                uint64_t slot, const GatherOptions& options,
                                T* out) {
  const uint32_t frame = ring.shape.FrameElements();
  const uint32_t all = (ring.shape.context + 1) * frame;
  const uint64_t oldest = ring.Back(slot, ring.shape.context);
  for (uint32_t i = team.rank(); i < all; i += team.size()) {
    out[i] =
        Element<T>(ring, ring.Forward(oldest, i / frame), i % frame, options);
  }
}

}  // namespace row_ring

// Bytes of a ring's memory, and the ring in it: aligned to 256 bytes, zeroed,
// and not read here.
inline uint64_t RowRingBytes(const RowRingShape& shape) {
  uint64_t bytes = sum_tree::Align(sizeof(RowRingCounters));
  for (uint32_t i = 0; i < shape.columns(); ++i) {
    bytes += sum_tree::Align(shape.slots * shape.CellBytes(i));
  }
  return bytes + (shape.prioritized != 0 ? SumTreeBytes(shape.slots) : 0);
}

inline RowRing MakeRowRing(const RowRingShape& shape, unsigned char* memory) {
  RowRing ring = {};
  ring.shape = shape;
  for (uint32_t i = 0; i < shape.columns(); ++i) {
    ring.column[i] = memory;
    memory += sum_tree::Align(shape.slots * shape.CellBytes(i));
  }
  ring.counters = reinterpret_cast<RowRingCounters*>(memory);
  memory += sum_tree::Align(sizeof(RowRingCounters));
  if (shape.prioritized != 0) ring.tree = MakeSumTree(shape.slots, memory);
  return ring;
}

// Writes a staged block into its slots.
template <typename Team>
SF_HOST_DEVICE void PlaceBlock(const Team& team, const RowRing& ring,
                               const StagedBlock& block) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(&block);
  for (uint32_t i = 0; i < ring.shape.columns(); ++i) {
    const StagedColumn& staged = block.column[i];
    if (ring.shape.CellBytes(i) % 4 == 0) {
      row_ring::CopyWords<uint32_t>(team, ring, i, staged,
                                    bytes + staged.offset);
    } else {
      row_ring::CopyWords<uint8_t>(team, ring, i, staged,
                                   bytes + staged.offset);
    }
  }
  if (block.link_distance > 0 && team.rank() == 0) {
    ring.link(ring.SlotOf(block.link_from)) = block.link_distance;
  }
  team.Sync();
  if (ring.shape.prioritized != 0) row_ring::PlaceMasses(team, ring, block);
  team.Sync();
  if (team.rank() == 0) *ring.counters = block.after;
  team.Sync();
}

// `count` sampleable rows, uniformly with replacement: those of
// Table::SampleUniform for a stream of (seed, kReplayDraw, 0, step). Ids are
// drawn from all with a living stack and what is no row is drawn again; as
// each try takes the same number of bits, the team tries several at a time.
// Writes nothing where no row is sampleable.
template <typename Team>
SF_HOST_DEVICE void SampleUniform(const Team& team, const RowRing& ring,
                                  const PhiloxStream& stream, uint32_t count,
                                  uint64_t* ids) {
  if (ring.counters->sampleable_rows == 0) return;
  const uint64_t first = ring.first_stacked();
  const uint64_t candidates = ring.counters->head - first;
  const uint64_t first_slot = ring.SlotOf(first);
  uint32_t found = 0;
  for (uint64_t tries = team.rank(); found < count; tries += team.size()) {
    uint64_t offset = 0;
    const bool row = BoundedBelow(stream.U64(tries), candidates, &offset) &&
                     ring.IsRow(ring.Forward(first_slot, offset));
    uint32_t before = 0, total = 0;
    team.Count(row, &before, &total);
    if (row && found + before < count) ids[found + before] = first + offset;
    found += total;
  }
  team.Sync();
}

struct RowWalk {
  double sum;       // of gamma^i r_i, i < k
  double discount;  // gamma^k
  int32_t steps;    // k
  uint8_t terminated;
  uint64_t last_slot;  // of the k-th row
};

// Rule 7 of replay/table.h.
SF_HOST_DEVICE inline RowWalk WalkRows(const RowRing& ring, uint64_t slot,
                                       int32_t n, double gamma) {
  RowWalk walk = {0, 1, 0, 0, slot};
  while (true) {
    const uint8_t flags = ring.flags(slot);
    walk.sum += walk.discount * static_cast<double>(ring.reward(slot));
    walk.discount *= gamma;
    walk.last_slot = slot;
    if (++walk.steps == n || (flags & kRingEndMask) != 0) {
      walk.terminated = (flags & kRingTerminated) != 0 ? 1 : 0;
      return walk;
    }
    slot = ring.Forward(slot, 1);
    if (ring.IsRow(slot)) continue;
    const uint32_t distance = ring.link(slot);
    if (distance == 0) return walk;
    slot = ring.Forward(slot, distance);
  }
}

// Row `i` of the batch from batch.ids[i], which must be sampleable.
template <typename T, typename Team>
SF_HOST_DEVICE void GatherRow(const Team& team, const RowRing& ring,
                              const GatherOptions& options, uint64_t i,
                              const RowBatch<T>& batch) {
  const uint64_t slot = ring.SlotOf(batch.ids[i]);
  const RowWalk walk = WalkRows(ring, slot, options.n_step, options.gamma);
  row_ring::GatherStack(team, ring, slot, options,
                        batch.observations + i * batch.observation_stride);
  row_ring::GatherStack(team, ring, ring.Forward(walk.last_slot, 1), options,
                        batch.next_observations + i * batch.observation_stride);
  const unsigned char* actions = ring.column[ring.shape.action()];
  for (uint32_t d = team.rank(); d < ring.shape.action_columns;
       d += team.size()) {
    batch.actions[i * batch.action_stride + d] =
        static_cast<T>(reinterpret_cast<const float*>(
            actions)[slot * ring.shape.action_columns + d]);
  }
  if (team.rank() != 0) return;
  if (ring.shape.action_columns == 0) {
    batch.discrete_actions[i] = reinterpret_cast<const int32_t*>(actions)[slot];
  }
  batch.returns[i] = walk.sum * options.reward_scale;
  batch.discounts[i] = walk.discount;
  batch.terminated[i] = walk.terminated;
  batch.steps[i] = walk.steps;
}

}  // namespace softfleet

#endif  // SOFTFLEET_SAC_RING_ROW_RING_H_
