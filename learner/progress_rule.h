// SPDX-License-Identifier: Apache-2.0
// How many rows the learner may have received by now, all shards together:
// what it tells every shard, and what opens and closes their gates. A pure
// function. Thread-safe.
//
// Nothing is divided among shards: each of them admits rows while it holds
// fewer than min(slack, allowed - received) beyond the learner's position. So
// whichever shard has rows can bring the next update about, however the
// sessions are spread and whoever is away; the overshoot is at most one slack
// and one batch per shard.
#ifndef SOFTFLEET_LEARNER_PROGRESS_RULE_H_
#define SOFTFLEET_LEARNER_PROGRESS_RULE_H_

#include <cstdint>

namespace softfleet {

struct LearnerProgress {
  int64_t received = 0;
  int64_t updates = 0;
  int64_t warmup_steps = 0;
  int64_t forgone = 0;  // rows that earn no updates (LearnerLoop)
  // Rows still to come before updates go on after a restart.
  int64_t missing = 0;
  double updates_per_step = 1;
  int64_t slack = 0;
  int64_t total_steps = 0;
};

// min(total_steps, warmup + forgone + slack + updates / updates_per_step), but
// always enough for the next update, whatever the slack, and for the missing
// rows. total_steps where updates_per_step is 0.
int64_t AllowedRows(const LearnerProgress& progress);

// How many more rows (and the rest of a block) the learner takes before it does
// the updates that it owes: never more than kMostOwedRows earn are owed (and
// always enough for the next update), so that updates per step are even over
// any window of rows that is long against that, after a restart as well. What
// is not taken waits in the shards. Unlimited where updates_per_step is 0.
inline constexpr int64_t kMostOwedRows = 64;
int64_t ReceivableRows(const LearnerProgress& progress);

}  // namespace softfleet

#endif  // SOFTFLEET_LEARNER_PROGRESS_RULE_H_
