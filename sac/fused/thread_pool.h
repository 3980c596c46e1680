// SPDX-License-Identifier: Apache-2.0
// A few threads that share the tasks of one short job after another. The
// caller works too. Threads wait for the next job by spinning for some
// microseconds, then asleep; the caller never waits for a thread that has
// taken no task, so on a busy machine it does the work alone. A thread that
// finds itself on the caller's processor does not spin there: asleep, it is
// woken on an idle one, where the scheduler would take a tenth of a second to
// move one that is never idle. With one thread
// there is none besides the caller, and nothing is shared.
//
// Which thread does a task differs from run to run: tasks must write to places
// of their own and must not depend on each other. One caller at a time.
#ifndef SOFTFLEET_SAC_FUSED_THREAD_POOL_H_
#define SOFTFLEET_SAC_FUSED_THREAD_POOL_H_

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace softfleet::fused {

class ThreadPool {
 public:
  // `threads` counts the caller.
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int threads() const { return static_cast<int>(workers_.size()) + 1; }

  // Calls function(task, thread) for every task in [0, tasks), thread in
  // [0, threads()); returns when all are done. Allocates nothing.
  template <typename Function>
  void Run(int tasks, Function&& function) {
    Start(tasks, &function, [](void* context, int task, int thread) {
      (*static_cast<std::remove_reference_t<Function>*>(context))(task, thread);
    });
  }

 private:
  using Call = void (*)(void* context, int task, int thread);

  void Start(int tasks, void* context, Call call);
  // Does tasks until none is left.
  void Work(int thread);
  void Serve(int thread);
  // Until a job with number other than `job` has begun; its number.
  uint32_t AwaitJob(uint32_t job) const;
  // Whether the calling thread runs on the processor that the caller ran on
  // when the job began.
  bool BesideCaller() const;

  // The job in progress; written between jobs.
  void* context_ = nullptr;
  Call call_ = nullptr;
  // Tasks of the job (upper half) and the next one to do (lower half) in one
  // word: who takes a number sees whether it is a task of this job.
  std::atomic<uint64_t> ticket_ = 0;
  std::atomic<int> unfinished_ = 0;
  std::atomic<uint32_t> job_ = 0;
  std::atomic<bool> stop_ = false;
  std::atomic<int> caller_processor_ = -1;
  std::vector<std::thread> workers_;
};

}  // namespace softfleet::fused

#endif  // SOFTFLEET_SAC_FUSED_THREAD_POOL_H_
