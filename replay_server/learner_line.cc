// SPDX-License-Identifier: Apache-2.0
#include "replay_server/learner_line.h"

#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/log.h"
#include "core/status.h"

namespace softfleet {

void LearnerLine::Opened(uint64_t stream, ProgressPeer* peer) {
  streams_[stream] = {peer, clock_.Monotonic()};
  if (draining_) Drain();
}

absl::Status LearnerLine::Check(const v1::ProgressUpdate& update) const {
  const std::shared_ptr<const Binding> binding = shard_.binding();
  if (binding == nullptr) {
    return absl::FailedPreconditionError(
        "this shard is not attached to a run: attach it first");
  }
  SF_RETURN_IF_ERROR(binding->CheckRun(update.run_id()));
  if (update.learner_incarnation() == shard_.learner_incarnation()) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(absl::StrCat(
      "progress of learner incarnation ", update.learner_incarnation(),
      ", but ", shard_.learner_incarnation(), " has attached"));
}

void LearnerLine::Arrived(uint64_t id, const v1::ProgressUpdate& update) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;
  const absl::Status checked = Check(update);
  if (!checked.ok()) {
    Finish(id, checked);
    return;
  }
  found->second.heard = clock_.Monotonic();
  found->second.learner_incarnation = update.learner_incarnation();
  if (current_ != id) {
    if (id < current_) return;
    const uint64_t older = current_;
    current_ = id;
    if (older != 0) {
      Finish(older, absl::AbortedError(
                        "superseded: the learner has a newer progress stream"));
    }
    LogInfo(absl::StrCat("learner incarnation ", update.learner_incarnation(),
                         " reports its progress"));
  }
  Apply(update);
}

void LearnerLine::Apply(const v1::ProgressUpdate& update) {
  Gate::Pacing pacing;
  pacing.received = update.received();
  pacing.allowed = update.allowed();
  pacing.slack = update.slack();
  pacing.finished = update.phase() == v1::RUN_PHASE_FINISHED;
  // Of an earlier start it means that nothing of this one was read.
  if (update.position().incarnation() == shard_.incarnation()) {
    pacing.position = update.position().next_id();
  }
  shard_.gate().SetPacing(pacing);
  shard_.UpdateGate();
}

void LearnerLine::Ended(uint64_t stream) { Finish(stream, absl::OkStatus()); }

void LearnerLine::Finish(uint64_t id, const absl::Status& status) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;
  ProgressPeer* const peer = found->second.peer;
  streams_.erase(found);
  if (id == current_) {
    current_ = 0;
    shard_.gate().LearnerLeft();
    shard_.UpdateGate();
    LogInfo(absl::StrCat("the learner's progress stream has ended",
                         status.ok() ? "" : ": ", status.message()));
  }
  peer->Finish(status);
}

void LearnerLine::Attached() {
  std::vector<uint64_t> older;
  for (const auto& [id, stream] : streams_) {
    if (stream.learner_incarnation != 0 &&
        stream.learner_incarnation < shard_.learner_incarnation()) {
      older.push_back(id);
    }
  }
  for (const uint64_t id : older) {
    Finish(id, absl::FailedPreconditionError(
                   "another learner of this run has taken over"));
  }
}

void LearnerLine::Tick() {
  std::vector<uint64_t> silent;
  for (const auto& [id, stream] : streams_) {
    if (clock_.Monotonic() - stream.heard >= silence_) silent.push_back(id);
  }
  for (const uint64_t id : silent) {
    Finish(id,
           absl::DeadlineExceededError(absl::StrCat(
               "no progress came within ", absl::FormatDuration(silence_))));
  }
}

void LearnerLine::Drain() {
  draining_ = true;
  while (!streams_.empty()) {
    Finish(streams_.begin()->first,
           absl::UnavailableError("this shard is stopping"));
  }
}

}  // namespace softfleet
