// SPDX-License-Identifier: Apache-2.0
// Gives every actor that joins a shard to write to and environment numbers of
// its own. Thread-safe.
//
//  1. The shard is an attached one with the fewest live sessions. An actor
//     that was just sent to a shard has no session there yet and is counted
//     with them, until a session has come up or kSettling has passed; so ten
//     actors that join at once spread over all shards.
//  2. An actor's environments are numbered from (learner incarnation << 40) +
//     (n << 16), n = 0, 1, ...: never the same twice in a run, 65,536
//     environments per actor and 16 million joins per start of the learner.
#ifndef SOFTFLEET_LEARNER_JOIN_DESK_H_
#define SOFTFLEET_LEARNER_JOIN_DESK_H_

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "core/clock.h"
#include "core/mutex.h"

namespace softfleet {

class JoinDesk {
 public:
  static constexpr absl::Duration kSettling = absl::Seconds(20);

  struct ShardState {
    std::string address;
    bool attached = false;
    uint64_t live_sessions = 0;
  };
  struct Ticket {
    std::string shard;
    uint64_t first_environment = 0;
  };

  JoinDesk(uint64_t incarnation, Clock& clock)
      : incarnation_(incarnation), clock_(&clock) {}

  // For one actor; nullopt while no shard is attached. `shards` are always the
  // same, in the same order.
  std::optional<Ticket> Assign(const std::vector<ShardState>& shards)
      SF_EXCLUDES(mutex_);

 private:
  // What was assigned to one shard and may not be a session there yet.
  struct Pending {
    std::deque<absl::Duration> assigned;  // when
    uint64_t sessions = 0;                // at the last look
  };
  void Settle(const std::vector<ShardState>& shards) SF_REQUIRES(mutex_);

  const uint64_t incarnation_;
  Clock* const clock_;
  Mutex mutex_;
  std::vector<Pending> pending_ SF_GUARDED_BY(mutex_);
  uint64_t actors_ SF_GUARDED_BY(mutex_) = 0;
};

}  // namespace softfleet

#endif  // SOFTFLEET_LEARNER_JOIN_DESK_H_
