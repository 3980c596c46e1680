// SPDX-License-Identifier: Apache-2.0
// A thread that does one thing after the other: what others post, in order,
// and between that the work of its owner. Objects that live on it need no lock
// of their own. Thread-safe.
#ifndef SOFTFLEET_REPLAY_SERVER_SERIAL_EXECUTOR_H_
#define SOFTFLEET_REPLAY_SERVER_SERIAL_EXECUTOR_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "core/mutex.h"
#include "core/thread.h"

namespace softfleet {

class SerialExecutor {
 public:
  struct Options {
    std::string name;  // of the thread
    // Does a small piece of work; whether there is more. May be empty.
    std::function<bool()> work;
    // Called at least this often, in real time. May be empty.
    std::function<void()> tick;
    absl::Duration tick_interval = absl::Milliseconds(250);
  };

  explicit SerialExecutor(Options options);
  // Runs what was posted before, then ends the thread.
  ~SerialExecutor();

  // Never blocks for long, and never runs `task` itself.
  void Post(absl::AnyInvocable<void()> task);

 private:
  using Tasks = std::vector<absl::AnyInvocable<void()>>;

  void Run();
  // Waits for tasks, unless there is work, at most until the next tick. False
  // when it is time to end.
  bool Await(bool has_work, Tasks* tasks);

  const Options options_;
  Mutex mutex_;
  Condition changed_;
  Tasks posted_ SF_GUARDED_BY(mutex_);
  bool stop_ SF_GUARDED_BY(mutex_) = false;
  Thread thread_;  // last: it uses all of the above
};

}  // namespace softfleet

#endif  // SOFTFLEET_REPLAY_SERVER_SERIAL_EXECUTOR_H_
