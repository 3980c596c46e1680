// SPDX-License-Identifier: Apache-2.0
#include "learner/join_desk.h"

#include <algorithm>

namespace softfleet {

void JoinDesk::Settle(const std::vector<ShardState>& shards) {
  const absl::Duration now = clock_->Monotonic();
  pending_.resize(shards.size());
  for (size_t s = 0; s < shards.size(); ++s) {
    Pending& pending = pending_[s];
    const uint64_t sessions = shards[s].live_sessions;
    for (uint64_t came = pending.sessions;
         came < sessions && !pending.assigned.empty(); ++came) {
      pending.assigned.pop_front();
    }
    pending.sessions = sessions;
    while (!pending.assigned.empty() &&
           now - pending.assigned.front() >= kSettling) {
      pending.assigned.pop_front();
    }
  }
}

std::optional<JoinDesk::Ticket> JoinDesk::Assign(
    const std::vector<ShardState>& shards) {
  MutexLock lock(mutex_);
  Settle(shards);
  std::optional<size_t> best;
  uint64_t fewest = 0;
  for (size_t s = 0; s < shards.size(); ++s) {
    const uint64_t sessions =
        shards[s].live_sessions + pending_[s].assigned.size();
    if (!shards[s].attached || (best.has_value() && sessions >= fewest)) {
      continue;
    }
    best = s;
    fewest = sessions;
  }
  if (!best.has_value()) return std::nullopt;
  pending_[*best].assigned.push_back(clock_->Monotonic());
  return Ticket{shards[*best].address,
                (incarnation_ << 40) + (actors_++ << 16)};
}

}  // namespace softfleet
