// SPDX-License-Identifier: Apache-2.0
// What a learner does after a restart before its updates go on: its mirror is
// empty, and shards send it the rows they still have. A pure state machine.
// Not thread-safe.
//
//  1. Updates wait until every shard has sent what it had (MirrorFeed), but
//     not longer than kPatience for shards that are away.
//  2. The mirror needs min(warmup_steps, rows received before, capacity) of
//     the rows that were received before. Where it gets fewer, because shards
//     lost theirs, as many new ones are received first, and earn no updates:
//     neither does training go on from a handful of rows, nor is it made up
//     for in a burst.
//  3. No more is missing than rows are still wanted, so that the run comes to
//     its end.
#ifndef SOFTFLEET_LEARNER_REFILL_H_
#define SOFTFLEET_LEARNER_REFILL_H_

#include <algorithm>
#include <cstdint>

#include "absl/time/time.h"

namespace softfleet {

class Refill {
 public:
  static constexpr absl::Duration kPatience = absl::Seconds(10);

  // Nothing to refill, where `received` is 0; else a restart at `now`.
  Refill(int64_t received, int64_t warmup_steps, int64_t capacity,
         absl::Duration now)
      : done_(received == 0),
        needed_(std::min({received, warmup_steps, capacity})),
        restarted_at_(received),
        began_(now) {}

  struct Mirror {
    bool any_connected = false;  // of the shards
    bool heard_all = false;      // every one has said where it is
    bool refilled = false;       // those connected have sent what they had
    int64_t refilled_rows = 0;   // received before, and appended again
  };
  // Looks whether the shards are done. Returns the rows to be forgone, once.
  int64_t Look(const Mirror& mirror, int64_t received, int64_t wanted,
               absl::Duration now) {
    const bool waited = now - began_ >= kPatience;
    if (done_ || !mirror.any_connected || !mirror.refilled ||
        !(mirror.heard_all || waited)) {
      return 0;
    }
    done_ = true;
    const int64_t missing = std::clamp<int64_t>(
        needed_ - mirror.refilled_rows, 0, wanted + received - restarted_at_);
    updates_from_ = restarted_at_ + missing;
    return missing;
  }

  // Rows still to come before updates go on; 0 while the shards still send.
  int64_t Missing(int64_t received) const {
    return std::max<int64_t>(0, updates_from_ - received);
  }
  bool MayUpdate(int64_t received) const {
    return done_ && received >= updates_from_;
  }
  bool done() const { return done_; }

 private:
  bool done_;
  int64_t needed_;
  int64_t restarted_at_;  // rows received
  absl::Duration began_;
  int64_t updates_from_ = 0;  // rows received
};

}  // namespace softfleet

#endif  // SOFTFLEET_LEARNER_REFILL_H_
