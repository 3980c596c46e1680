// SPDX-License-Identifier: Apache-2.0
// A thread that lives as long as this process, to start children on: the kernel
// sends a child's PR_SET_PDEATHSIG when the thread that started it ends, not
// the process. Thread-safe.
#ifndef SOFTFLEET_ENVIRONMENTS_GYMNASIUM_PARENT_THREAD_H_
#define SOFTFLEET_ENVIRONMENTS_GYMNASIUM_PARENT_THREAD_H_

#include <deque>
#include <functional>

#include "core/mutex.h"
#include "core/thread.h"

namespace softfleet {

class ParentThread {
 public:
  // The process's own, begun by the first call; ends when the process exits.
  static ParentThread& Get();

  // Runs `function` there; returns when it has.
  void Run(const std::function<void()>& function) SF_EXCLUDES(mutex_);

 private:
  // A function to run; its caller waits for `done`.
  struct Job {
    const std::function<void()>* function;
    bool done = false;
  };

  ParentThread();
  ~ParentThread();
  void Work() SF_EXCLUDES(mutex_);

  Mutex mutex_;
  Condition changed_;
  std::deque<Job*> jobs_ SF_GUARDED_BY(mutex_);
  bool ending_ SF_GUARDED_BY(mutex_) = false;
  Thread thread_;  // last: it uses the above
};

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_GYMNASIUM_PARENT_THREAD_H_
