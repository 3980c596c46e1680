// SPDX-License-Identifier: Apache-2.0
// Blocks on their way to the sink, oldest first, in memory that is used again:
// what stood in a place before is left there for whoever swaps it out. Not
// thread-safe.
#ifndef SOFTFLEET_ACTOR_BLOCK_LIST_H_
#define SOFTFLEET_ACTOR_BLOCK_LIST_H_

#include <algorithm>
#include <cstddef>
#include <vector>

#include "experience/step_block.h"

namespace softfleet {

class BlockList {
 public:
  bool empty() const { return first_ == end_; }
  const StepBlock& front() const { return blocks_[first_]; }

  // A place at the end, with the content of a block of long ago.
  StepBlock& Add() {
    if (end_ == blocks_.size()) blocks_.emplace_back();
    return blocks_[end_++];
  }
  void PopFront() {
    if (++first_ == end_) first_ = end_ = 0;
  }
  // Makes the order independent of who was first; each has one block.
  void SortByEnvironment() {
    std::sort(blocks_.begin() + static_cast<ptrdiff_t>(first_),
              blocks_.begin() + static_cast<ptrdiff_t>(end_),
              [](const StepBlock& a, const StepBlock& b) {
                return a.environment < b.environment;
              });
  }

 private:
  std::vector<StepBlock> blocks_;
  size_t first_ = 0;
  size_t end_ = 0;
};

}  // namespace softfleet

#endif  // SOFTFLEET_ACTOR_BLOCK_LIST_H_
