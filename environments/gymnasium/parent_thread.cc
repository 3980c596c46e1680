// SPDX-License-Identifier: Apache-2.0
#include "environments/gymnasium/parent_thread.h"

namespace softfleet {

ParentThread& ParentThread::Get() {
  static ParentThread thread;
  return thread;
}

ParentThread::ParentThread() : thread_("parent", [this] { Work(); }) {}

ParentThread::~ParentThread() {
  {
    MutexLock lock(mutex_);
    ending_ = true;
  }
  changed_.NotifyAll();
  thread_.Join();
}

void ParentThread::Run(const std::function<void()>& function) {
  Job job = {&function};
  MutexLock lock(mutex_);
  jobs_.push_back(&job);
  changed_.NotifyAll();
  changed_.Wait(lock, [&job] { return job.done; });
}

void ParentThread::Work() {
  MutexLock lock(mutex_);
  while (true) {
    changed_.Wait(lock, [this]() SF_REQUIRES(mutex_) {
      return ending_ || !jobs_.empty();
    });
    if (jobs_.empty()) return;
    Job* const job = jobs_.front();
    jobs_.pop_front();
    (*job->function)();  // short: to start a process
    job->done = true;
    changed_.NotifyAll();
  }
}

}  // namespace softfleet
