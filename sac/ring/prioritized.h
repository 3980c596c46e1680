// SPDX-License-Identifier: Apache-2.0
// Prioritized replay on a RowRing (Schaul et al. 2016, proportional variant):
// what replay/prioritization.h defines, by a sum tree. For both processors,
// over a Team (sac/ring/team.h). C++17, standard library only.
#ifndef SOFTFLEET_SAC_RING_PRIORITIZED_H_
#define SOFTFLEET_SAC_RING_PRIORITIZED_H_

#include <cfloat>
#include <cmath>
#include <cstdint>

#include "core/host_device.h"
#include "core/philox_block.h"
#include "sac/ring/row_ring.h"
#include "sac/ring/team.h"

namespace softfleet {

// Every row that can be drawn gets the mass of a new one, 1.
template <typename Team>
SF_HOST_DEVICE void ResetMasses(const Team& team, const RowRing& ring) {
  const uint64_t first = ring.first_stacked();
  const uint64_t head = ring.counters->head;
  const uint64_t alive = head > first ? head - first : 0;
  for (uint64_t i = team.rank(); i < ring.shape.slots; i += team.size()) {
    ring.tree.leaf[i] = 0;
  }
  team.Sync();
  for (uint64_t i = team.rank(); i < alive; i += team.size()) {
    const uint64_t slot = ring.SlotOf(first + i);
    if (ring.IsRow(slot)) ring.tree.leaf[slot] = 1;
  }
  if (team.rank() == 0) *ring.tree.largest = 1;
  team.Sync();
  SumUpwardsRing(team, ring.tree, 0, ring.shape.slots);
}

// `count` rows, one from each of as many equal parts of the total mass
// (stratified), with the importance weights (N q)^-importance_exponent divided
// by the batch's largest. Writes nothing where no row has mass.
template <typename Team>
SF_HOST_DEVICE void SamplePrioritized(const Team& team, const RowRing& ring,
                                      const PhiloxStream& stream,
                                      uint32_t count,
                                      double importance_exponent, uint64_t* ids,
                                      double* weights) {
  const double total = ring.tree.total();
  if (!(total > 0)) return;
  const double rows = static_cast<double>(ring.counters->sampleable_rows);
  const uint64_t first = ring.first_stacked();
  const uint64_t first_slot = ring.SlotOf(first);
  double largest = 0;
  for (uint32_t i = team.rank(); i < count; i += team.size()) {
    const double part = (i + stream.Uniform(i)) / count;
    const uint64_t slot = FindLeaf(ring.tree, part * total);
    ids[i] = first + ring.Back(slot, first_slot);
    const double probability = ring.tree.leaf[slot] / total;
    weights[i] = std::pow(rows * probability, -importance_exponent);
    if (weights[i] > largest) largest = weights[i];
  }
  largest = team.Max(largest);
  for (uint32_t i = team.rank(); i < count; i += team.size()) {
    weights[i] /= largest;
  }
  team.Sync();
}

// Gives row ids[i] the mass priorities[i]^exponent. Where an id comes twice,
// the later one counts. An id that is no sampleable row is counted as stale, a
// priority that is negative or whose mass is not finite as a float32 as
// refused; neither changes a mass.
template <typename T, typename Team>
SF_HOST_DEVICE void SetPriorities(const Team& team, const RowRing& ring,
                                  const uint64_t* ids, const T* priorities,
                                  uint32_t count, double exponent) {
  const SumTree& tree = ring.tree;
  double stale = 0, refused = 0, largest = 0;
  for (uint32_t i = team.rank(); i < count; i += team.size()) {
    const double priority = static_cast<double>(priorities[i]);
    const uint64_t id = ids[i];
    const bool alive = id >= ring.first_stacked() && id < ring.counters->head &&
                       ring.IsRow(ring.SlotOf(id));
    const double power = std::pow(priority, exponent);
    const bool valid = priority >= 0 && power <= FLT_MAX;  // false for NaN
    if (!alive) ++stale;
    if (!valid) ++refused;
    if (!alive || !valid) continue;
    const float mass = static_cast<float>(power);
    if (mass > largest) largest = mass;
    bool last = true;
    for (uint32_t j = i + 1; j < count && last; ++j) last = ids[j] != id;
    if (last) tree.leaf[ring.SlotOf(id)] = mass;
  }
  stale = team.Sum(stale);
  refused = team.Sum(refused);
  largest = team.Max(largest);
  if (team.rank() == 0) {
    *tree.stale += static_cast<uint64_t>(stale);
    *tree.refused += static_cast<uint64_t>(refused);
    if (largest > *tree.largest) *tree.largest = static_cast<float>(largest);
  }
  team.Sync();
  // Ancestors, level by level; equal ones are summed to the same number.
  uint64_t width = SumTree::kFanOut;
  for (int level = 0; level < tree.levels; ++level) {
    for (uint32_t i = team.rank(); i < count; i += team.size()) {
      const uint64_t node = ring.SlotOf(ids[i]) / width;
      sum_tree::SumLevel(SoloTeam(), tree, level, node, node);
    }
    width *= SumTree::kFanOut;
    team.Sync();
  }
}

}  // namespace softfleet

#endif  // SOFTFLEET_SAC_RING_PRIORITIZED_H_
