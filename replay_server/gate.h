// SPDX-License-Identifier: Apache-2.0
// Pacing at the shard: whether the next batch may be stored now. The learner
// alone decides how far actors may be ahead; the gate only compares numbers,
// and counts for how long it was closed and why. Not thread-safe.
//
//  1. Unattached, nothing is admitted.
//  2. With a learner a batch is admitted while the rows held at or beyond the
//     learner's position are fewer than min(slack, allowed - received). They
//     are counted before the batch, so the overshoot is one batch.
//  3. Without one the shard holds at the slack: what actors make while the
//     learner is away is bounded.
//  4. Once the learner said that the run is finished, everything is admitted:
//     actors flush and go.
//  5. The slack is never more than half the capacity: paced rows are read
//     before they are overwritten.
#ifndef SOFTFLEET_REPLAY_SERVER_GATE_H_
#define SOFTFLEET_REPLAY_SERVER_GATE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "core/clock.h"

namespace softfleet {

class Gate {
 public:
  enum class State : uint8_t {
    kOpen,
    kUnattached,
    kNoLearner,
    kSlack,
    kPacing
  };
  static constexpr size_t kNumStates = 5;
  // "", "unattached", "no_learner", "slack", "pacing".
  static absl::string_view Name(State state);

  // What the learner said last. Rows.
  struct Pacing {
    uint64_t received = 0;  // by the learner, from all shards
    uint64_t allowed = 0;   // that it may receive in all by now
    uint64_t slack = 0;
    uint64_t position = 0;  // number of this shard's first row not read yet
    bool finished = false;
  };

  explicit Gate(Clock& clock);

  // `slack` holds until the learner says another.
  void Attach(uint64_t slack, uint64_t capacity_rows);
  void SetPacing(const Pacing& pacing);
  void LearnerLeft() { learner_ = false; }

  // The state for a shard whose next row has number `next_row`; counts the
  // time since the last call for the state that was in force. Call after every
  // change, and now and then.
  State Update(uint64_t next_row);
  State state() const { return state_; }
  // How long `state` has been in force in all, up to the last Update.
  absl::Duration time_in(State state) const {
    return times_[static_cast<size_t>(state)];
  }
  // The numbers that it compares, for people.
  std::string Describe(uint64_t next_row) const;
  // Rows at or beyond the learner's position.
  uint64_t held(uint64_t next_row) const;

 private:
  State Judge(uint64_t next_row) const;

  Clock& clock_;
  bool attached_ = false;
  bool learner_ = false;
  uint64_t most_slack_ = 0;
  Pacing pacing_;
  State state_ = State::kUnattached;
  absl::Duration since_;
  std::array<absl::Duration, kNumStates> times_{};
};

}  // namespace softfleet

#endif  // SOFTFLEET_REPLAY_SERVER_GATE_H_
