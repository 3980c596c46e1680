// SPDX-License-Identifier: Apache-2.0
// Masses of a ring's slots, and their sums: a tree of fan-out 16 with float32
// leaves and float64 inner nodes. A changed leaf's ancestors are summed anew
// from their children, in order, so that nothing drifts and every processor
// gets the same bits.
//
// For both processors, over a Team (sac/ring/team.h). C++17, standard library
// only. One call at a time.
#ifndef SOFTFLEET_SAC_RING_SUM_TREE_H_
#define SOFTFLEET_SAC_RING_SUM_TREE_H_

#include <cmath>
#include <cstdint>

#include "core/host_device.h"

namespace softfleet {

struct SumTree {
  static constexpr uint64_t kFanOut = 16;
  static constexpr int kMostLevels = 9;  // 16^9 leaves

  uint64_t leaves;
  float* leaf;  // [leaves]
  int levels;   // of inner nodes; the last has one node, the total
  uint64_t size[kMostLevels];
  double* sum[kMostLevels];
  float* largest;  // mass that a new row gets
  // Of all SetPriorities: ids that were no sampleable row (any more), and
  // priorities that cannot be one.
  uint64_t* stale;
  uint64_t* refused;

  SF_HOST_DEVICE double total() const { return *sum[levels - 1]; }
};

namespace sum_tree {

inline uint64_t Align(uint64_t bytes) { return (bytes + 255) / 256 * 256; }

// Sums the nodes [first_parent, last_parent] of an inner level, whose children
// are the level below, or the leaves.
template <typename Team>
SF_HOST_DEVICE void SumLevel(const Team& team, const SumTree& tree, int level,
                             uint64_t first_parent, uint64_t last_parent) {
  for (uint64_t p = first_parent + team.rank(); p <= last_parent;
       p += team.size()) {
    const uint64_t begin = p * SumTree::kFanOut;
    const uint64_t below = level == 0 ? tree.leaves : tree.size[level - 1];
    const uint64_t end =
        begin + SumTree::kFanOut < below ? begin + SumTree::kFanOut : below;
    double sum = 0;
    for (uint64_t i = begin; i < end; ++i) {
      sum += level == 0 ? static_cast<double>(tree.leaf[i])
                        : tree.sum[level - 1][i];
    }
    tree.sum[level][p] = sum;
  }
}

}  // namespace sum_tree

// Bytes of a tree's memory, and the tree in it: aligned to 256 bytes, zeroed,
// and not read here. ResetMasses must come before anything else.
inline uint64_t SumTreeBytes(uint64_t leaves) {
  uint64_t bytes = sum_tree::Align(leaves * sizeof(float)) + 256;
  uint64_t n = leaves;
  do {
    n = (n + SumTree::kFanOut - 1) / SumTree::kFanOut;
    bytes += sum_tree::Align(n * sizeof(double));
  } while (n > 1);
  return bytes;
}

inline SumTree MakeSumTree(uint64_t leaves, unsigned char* memory) {
  SumTree tree = {};
  tree.leaves = leaves;
  tree.leaf = reinterpret_cast<float*>(memory);
  memory += sum_tree::Align(leaves * sizeof(float));
  tree.largest = reinterpret_cast<float*>(memory);
  tree.stale = reinterpret_cast<uint64_t*>(memory + 8);
  tree.refused = reinterpret_cast<uint64_t*>(memory + 16);
  memory += 256;
  uint64_t n = leaves;
  do {
    n = (n + SumTree::kFanOut - 1) / SumTree::kFanOut;
    tree.size[tree.levels] = n;
    tree.sum[tree.levels++] = reinterpret_cast<double*>(memory);
    memory += sum_tree::Align(n * sizeof(double));
  } while (n > 1);
  return tree;
}

// After leaves [first, first + count) have changed. They may go beyond the
// last leaf and on from the first.
template <typename Team>
SF_HOST_DEVICE void SumUpwardsRing(const Team& team, const SumTree& tree,
                                   uint64_t first, uint64_t count) {
  if (count == 0) return;
  const bool wraps = first + count > tree.leaves;
  uint64_t low = first;
  uint64_t high = wraps ? tree.leaves - 1 : first + count - 1;
  uint64_t wrapped = wraps ? first + count - tree.leaves - 1 : 0;
  for (int level = 0; level < tree.levels; ++level) {
    low /= SumTree::kFanOut;
    high /= SumTree::kFanOut;
    wrapped /= SumTree::kFanOut;
    sum_tree::SumLevel(team, tree, level, low, high);
    if (wraps) sum_tree::SumLevel(team, tree, level, 0, wrapped);
    team.Sync();
  }
}

// The leaf in which the cumulative mass exceeds `target` in [0, total). A leaf
// without mass is never given while there is one with.
SF_HOST_DEVICE inline uint64_t FindLeaf(const SumTree& tree, double target) {
  uint64_t node = 0;
  for (int level = tree.levels - 1; level >= 0; --level) {
    const uint64_t begin = node * SumTree::kFanOut;
    const uint64_t below = level == 0 ? tree.leaves : tree.size[level - 1];
    const uint64_t end =
        begin + SumTree::kFanOut < below ? begin + SumTree::kFanOut : below;
    uint64_t last = begin;  // with mass: rounding may leave target beyond all
    bool found = false;
    for (uint64_t i = begin; i < end && !found; ++i) {
      const double mass = level == 0 ? static_cast<double>(tree.leaf[i])
                                     : tree.sum[level - 1][i];
      if (mass <= 0) continue;
      last = i;
      if (target < mass) {
        found = true;
      } else {
        target -= mass;
      }
    }
    if (!found) target = HUGE_VAL;  // the last one with mass, all the way
    node = last;
  }
  return node;
}

}  // namespace softfleet

#endif  // SOFTFLEET_SAC_RING_SUM_TREE_H_
