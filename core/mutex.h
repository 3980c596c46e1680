// SPDX-License-Identifier: Apache-2.0
// std::mutex with clang's thread-safety annotations: g++ ignores them, `make
// lint` checks them, and a condition to wait for. std::mutex and not
// absl::Mutex because the thread sanitizer does not see into Debian's
// uninstrumented Abseil.
#ifndef SOFTFLEET_CORE_MUTEX_H_
#define SOFTFLEET_CORE_MUTEX_H_

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>

#include "absl/time/time.h"

#if defined(__clang__)
#define SF_THREAD_ANNOTATION_(x) __attribute__((x))
#else
#define SF_THREAD_ANNOTATION_(x)
#endif

// The member may be touched only while the mutex is held.
#define SF_GUARDED_BY(mutex) SF_THREAD_ANNOTATION_(guarded_by(mutex))
// The function must be called with the mutex held / not held.
#define SF_REQUIRES(mutex) SF_THREAD_ANNOTATION_(requires_capability(mutex))
#define SF_EXCLUDES(mutex) SF_THREAD_ANNOTATION_(locks_excluded(mutex))

namespace softfleet {

class SF_THREAD_ANNOTATION_(capability("mutex")) Mutex {
 public:
  void lock() SF_THREAD_ANNOTATION_(acquire_capability()) { mutex_.lock(); }
  void unlock() SF_THREAD_ANNOTATION_(release_capability()) { mutex_.unlock(); }

 private:
  friend class Condition;
  std::mutex mutex_;
};

// Holds a mutex for a scope.
class SF_THREAD_ANNOTATION_(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex)
      SF_THREAD_ANNOTATION_(acquire_capability(mutex))
      : mutex_(mutex) {
    mutex_.lock();
  }
  ~MutexLock() SF_THREAD_ANNOTATION_(release_capability()) { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  friend class Condition;
  Mutex& mutex_;
};

// Something that threads holding one mutex wait for. Who changes the state
// holds that mutex and then notifies. A predicate reads guarded members, so
// clang wants to know that it runs under the mutex:
//
//   MutexLock lock(mutex_);
//   changed_.Wait(lock, [this]() SF_REQUIRES(mutex_) { return done_; });
class Condition {
 public:
  // Wakes one / all of the waiting threads.
  void NotifyOne() { condition_.notify_one(); }
  void NotifyAll() { condition_.notify_all(); }

  // Gives the mutex up, waits for a notification and takes it again. May
  // return without one: call in a loop, or with a predicate.
  void Wait(MutexLock& lock) {
    Adopted adopted(lock);
    condition_.wait(adopted.lock);
  }

  // Waits until the predicate holds. (Clang does not see that `lock` holds
  // what the predicate requires; the predicate itself is checked.)
  template <typename Predicate>
  void Wait(MutexLock& lock, Predicate predicate)
      SF_THREAD_ANNOTATION_(no_thread_safety_analysis) {
    while (!predicate()) Wait(lock);
  }

  // Waits until the predicate holds, at most `timeout` of real time (for ever
  // if it is infinite). Whether the predicate held at the end.
  template <typename Predicate>
  bool WaitFor(MutexLock& lock, absl::Duration timeout, Predicate predicate)
      SF_THREAD_ANNOTATION_(no_thread_safety_analysis) {
    // Longer waits would overflow the deadline; no process waits that long.
    constexpr absl::Duration kLongest = absl::Hours(24 * 365);
    const auto deadline =
        std::chrono::steady_clock::now() +
        absl::ToChronoNanoseconds(std::min(timeout, kLongest));
    while (!predicate()) {
      Adopted adopted(lock);
      if (condition_.wait_until(adopted.lock, deadline) ==
          std::cv_status::timeout) {
        return predicate();
      }
    }
    return true;
  }

 private:
  // What std::condition_variable takes, for a mutex that stays locked.
  struct Adopted {
    explicit Adopted(MutexLock& held)
        : lock(held.mutex_.mutex_, std::adopt_lock) {}
    ~Adopted() { lock.release(); }
    std::unique_lock<std::mutex> lock;
  };

  std::condition_variable condition_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_CORE_MUTEX_H_
