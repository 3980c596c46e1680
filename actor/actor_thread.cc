// SPDX-License-Identifier: Apache-2.0
#include "actor/actor_thread.h"

#include <iterator>
#include <utility>

namespace softfleet {

ActorThread::~ActorThread() {
  {
    MutexLock lock(mutex_);
    stop_ = true;
    changed_.NotifyAll();
  }
  thread_.Join();
}

void ActorThread::Start(ActorLoop& actor, int64_t rows) {
  {
    MutexLock lock(mutex_);
    rows_ = rows;
  }
  thread_ = Thread("actor", [this, &actor] { Run(actor); });
}

void ActorThread::Allow(int64_t rows) {
  MutexLock lock(mutex_);
  allowed_ = rows;
  if (may_step()) changed_.NotifyAll();
}

absl::StatusOr<ActorThread::Delivery> ActorThread::Take(
    absl::Duration timeout) {
  MutexLock lock(mutex_);
  changed_.WaitFor(lock, timeout, [this]() SF_REQUIRES(mutex_) {
    return !made_.blocks.empty() || !failure_.ok();
  });
  if (made_.blocks.empty() && !failure_.ok()) return failure_;
  return std::exchange(made_, {});
}

void ActorThread::Pause() {
  MutexLock lock(mutex_);
  paused_ = true;
  changed_.Wait(lock, [this]() SF_REQUIRES(mutex_) { return !stepping_; });
}

void ActorThread::Resume() {
  MutexLock lock(mutex_);
  paused_ = false;
  changed_.NotifyAll();
}

absl::Duration ActorThread::waited() const {
  MutexLock lock(mutex_);
  return waited_;
}

absl::Status ActorThread::Append(const StepBlock& block) {
  round_.push_back(block);
  return absl::OkStatus();
}

void ActorThread::Run(ActorLoop& actor) {
  while (AwaitTurn()) {
    absl::Status status = actor.RunOnce();
    const auto episodes = actor.finished_episodes();
    MutexLock lock(mutex_);
    stepping_ = false;
    for (const StepBlock& block : round_) rows_ += block.rows;
    std::move(round_.begin(), round_.end(), std::back_inserter(made_.blocks));
    round_.clear();
    made_.episodes.insert(made_.episodes.end(), episodes.begin(),
                          episodes.end());
    failure_ = std::move(status);
    changed_.NotifyAll();
    if (!failure_.ok()) return;
  }
}

bool ActorThread::AwaitTurn() {
  MutexLock lock(mutex_);
  const absl::Duration began = clock_.Monotonic();
  changed_.Wait(lock,
                [this]() SF_REQUIRES(mutex_) { return stop_ || may_step(); });
  waited_ += clock_.Monotonic() - began;
  stepping_ = !stop_;
  return stepping_;
}

}  // namespace softfleet
