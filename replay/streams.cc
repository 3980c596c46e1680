// SPDX-License-Identifier: Apache-2.0
#include "replay/streams.h"

#include <algorithm>

namespace softfleet {

std::optional<uint64_t> Streams::Continued(const StepBlock& block) const {
  const auto found = open_.find(block.environment);
  if (found == open_.end()) return std::nullopt;
  const OpenStream& stream = found->second;
  if (stream.episode != block.episode || stream.next_step != block.first_step) {
    return std::nullopt;
  }
  return stream.closing_id;
}

void Streams::Record(const StepBlock& block, uint64_t closing_id,
                     uint64_t tail) {
  if (block.end != EpisodeEnd::kNone) {
    open_.erase(block.environment);
    return;
  }
  open_[block.environment] = {
      block.episode, block.first_step + static_cast<uint64_t>(block.rows),
      closing_id};
  if (open_.size() > prune_above_) Prune(tail);
}

void Streams::Prune(uint64_t tail) {
  std::erase_if(open_, [tail](const auto& entry) {
    return entry.second.closing_id < tail;
  });
  // Doubling makes the sweep cost a constant per recorded block.
  prune_above_ = std::max<size_t>(64, 2 * open_.size());
}

}  // namespace softfleet
