// SPDX-License-Identifier: Apache-2.0
#include "replay_server/gate.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

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

std::string Gate::Describe(uint64_t next_row) const {
  return absl::StrCat(
      held(next_row), " rows are held at or beyond the learner's position ",
      pacing_.position, ", the slack is ", std::min(pacing_.slack, most_slack_),
      "; the learner ",
      learner_ ? "has received " : "is away and had received ",
      pacing_.received, " rows of ", pacing_.allowed, " allowed");
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
