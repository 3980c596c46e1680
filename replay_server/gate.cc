// SPDX-License-Identifier: Apache-2.0
#include "replay_server/gate.h"

#include <algorithm>

namespace softfleet {

absl::string_view Gate::Name(State state) {
  switch (state) {
    case State::kOpen:
      return "";
    case State::kUnattached:
      return "unattached";
    case State::kNoLearner:
      return "no_learner";
    case State::kSlack:
      return "slack";
    case State::kPacing:
      return "pacing";
  }
  return "";
}

Gate::Gate(Clock& clock) : clock_(clock), since_(clock.Monotonic()) {}

void Gate::Attach(uint64_t slack, uint64_t capacity_rows) {
  attached_ = true;
  most_slack_ = std::max<uint64_t>(1, capacity_rows / 2);
  pacing_.slack = slack;
}

void Gate::SetPacing(const Pacing& pacing) {
  learner_ = true;
  pacing_ = pacing;
}

uint64_t Gate::held(uint64_t next_row) const {
  return next_row - std::min(pacing_.position, next_row);
}

Gate::State Gate::Judge(uint64_t next_row) const {
  if (!attached_) return State::kUnattached;
  if (pacing_.finished) return State::kOpen;
  const uint64_t held_rows = held(next_row);
  const uint64_t slack = std::min(pacing_.slack, most_slack_);
  if (!learner_) return held_rows < slack ? State::kOpen : State::kNoLearner;
  const uint64_t left =
      pacing_.allowed - std::min(pacing_.received, pacing_.allowed);
  if (held_rows < std::min(slack, left)) return State::kOpen;
  return left < slack ? State::kPacing : State::kSlack;
}

Gate::State Gate::Update(uint64_t next_row) {
  const absl::Duration now = clock_.Monotonic();
  times_[static_cast<size_t>(state_)] += now - since_;
  since_ = now;
  state_ = Judge(next_row);
  return state_;
}

}  // namespace softfleet
