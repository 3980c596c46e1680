// SPDX-License-Identifier: Apache-2.0
#include "sac/fused/thread_pool.h"

#if defined(__linux__)
#include <sched.h>
#endif

#include "sac/fused/floating_point.h"

namespace softfleet::fused {
namespace {

// Some 25 microseconds: longer than the pauses within an update, shorter than
// those between updates.
constexpr int kSpins = 1000;
constexpr int kTaskBits = 32;

void Pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

// That the calling thread runs on; -1 where that is not known.
int Processor() {
#if defined(__linux__)
  return ::sched_getcpu();
#else
  return -1;
#endif
}

}  // namespace

ThreadPool::ThreadPool(int threads) {
  for (int thread = 1; thread < threads; ++thread) {
    workers_.emplace_back([this, thread] { Serve(thread); });
  }
}

ThreadPool::~ThreadPool() {
  stop_.store(true);
  job_.fetch_add(1);
  job_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void ThreadPool::Start(int tasks, void* context, Call call) {
  if (workers_.empty()) {
    for (int task = 0; task < tasks; ++task) call(context, task, 0);
    return;
  }
  caller_processor_.store(Processor(), std::memory_order_relaxed);
  context_ = context;
  call_ = call;
  unfinished_.store(tasks, std::memory_order_relaxed);
  ticket_.store(static_cast<uint64_t>(tasks) << kTaskBits);
  job_.fetch_add(1);
  job_.notify_all();
  Work(0);
  for (int spins = 0;; ++spins) {
    const int unfinished = unfinished_.load();
    if (unfinished == 0) return;
    if (spins < kSpins) {
      Pause();
    } else {
      unfinished_.wait(unfinished);
    }
  }
}

void ThreadPool::Work(int thread) {
  for (;;) {
    const uint64_t ticket = ticket_.fetch_add(1);
    const auto tasks = static_cast<uint32_t>(ticket >> kTaskBits);
    const auto task = static_cast<uint32_t>(ticket);
    if (task >= tasks) return;
    call_(context_, static_cast<int>(task), thread);
    if (unfinished_.fetch_sub(1) == 1 && thread != 0) unfinished_.notify_one();
  }
}

uint32_t ThreadPool::AwaitJob(uint32_t job) const {
  for (int spins = 0; spins < kSpins; ++spins) {
    if (job_.load() != job) return job_.load();
    if (BesideCaller()) break;
    Pause();
  }
  job_.wait(job);
  return job_.load();
}

bool ThreadPool::BesideCaller() const {
  const int caller = caller_processor_.load(std::memory_order_relaxed);
  return caller >= 0 && Processor() == caller;
}

void ThreadPool::Serve(int thread) {
  const FlushDenormals flush;
  uint32_t job = 0;
  for (;;) {
    job = AwaitJob(job);
    if (stop_.load()) return;
    Work(thread);
  }
}

}  // namespace softfleet::fused
