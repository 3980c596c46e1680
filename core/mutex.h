// SPDX-License-Identifier: Apache-2.0
// std::mutex with clang's thread-safety annotations: g++ ignores them, `make
// lint` checks them. std::mutex and not absl::Mutex because the thread
// sanitizer does not see into Debian's uninstrumented Abseil.
#ifndef SOFTFLEET_CORE_MUTEX_H_
#define SOFTFLEET_CORE_MUTEX_H_

#include <mutex>

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
  Mutex& mutex_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_CORE_MUTEX_H_
