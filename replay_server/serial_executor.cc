// SPDX-License-Identifier: Apache-2.0
#include "replay_server/serial_executor.h"

#include <utility>

#include "core/clock.h"

namespace softfleet {

SerialExecutor::SerialExecutor(Options options)
    : options_(std::move(options)), thread_(options_.name, [this] { Run(); }) {}

SerialExecutor::~SerialExecutor() {
  {
    MutexLock lock(mutex_);
    stop_ = true;
  }
  changed_.NotifyAll();
}

void SerialExecutor::Post(absl::AnyInvocable<void()> task) {
  {
    MutexLock lock(mutex_);
    posted_.push_back(std::move(task));
  }
  changed_.NotifyOne();
}

bool SerialExecutor::Await(bool has_work, Tasks* tasks) {
  MutexLock lock(mutex_);
  if (!has_work) {
    changed_.WaitFor(
        lock, options_.tick_interval,
        [this]() SF_REQUIRES(mutex_) { return stop_ || !posted_.empty(); });
  }
  tasks->clear();
  tasks->swap(posted_);
  return !stop_ || !tasks->empty();
}

void SerialExecutor::Run() {
  Tasks tasks;
  bool has_work = false;
  absl::Duration next_tick = absl::ZeroDuration();
  while (Await(has_work, &tasks)) {
    for (auto& task : tasks) task();
    has_work = options_.work && options_.work();
    const absl::Duration now = SystemClock().Monotonic();
    if (options_.tick && now >= next_tick) {
      options_.tick();
      next_tick = now + options_.tick_interval;
    }
  }
}

}  // namespace softfleet
