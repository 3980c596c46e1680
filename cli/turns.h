// SPDX-License-Identifier: Apache-2.0
// Turns for threads of which only some may work at a time: whoever is least
// far goes first, and gives way again when his time is up. So a few processors
// serve many runs, and these stay side by side. Thread-safe.
#ifndef SOFTFLEET_CLI_TURNS_H_
#define SOFTFLEET_CLI_TURNS_H_

#include <cstdint>
#include <set>
#include <utility>

#include "absl/time/time.h"
#include "core/clock.h"
#include "core/mutex.h"

namespace softfleet {

class Turns {
 public:
  // `at_once` threads at a time; a turn is over after `slice`, if somebody
  // waits who is less far.
  Turns(int at_once, absl::Duration slice, Clock& clock);

  // One thread's turn: taken by the constructor, which waits for it, given
  // back by the destructor.
  class Turn {
   public:
    // `progress` is how far the thread is: the lowest goes first.
    Turn(Turns& turns, int64_t progress);
    ~Turn();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    // Gives way if this turn is over, and waits for the next.
    void Offer(int64_t progress);

   private:
    Turns& turns_;
    absl::Duration since_;  // on the clock
  };

 private:
  void Take(int64_t progress) SF_EXCLUDES(mutex_);
  void Give() SF_EXCLUDES(mutex_);
  // If somebody waits who is not further: gives the turn back, waits for the
  // next, and returns true. In one: nobody is to be passed over in between.
  bool GiveWay(int64_t progress) SF_EXCLUDES(mutex_);
  void Wait(MutexLock& lock, int64_t progress) SF_REQUIRES(mutex_);

  const absl::Duration slice_;
  Clock& clock_;
  Mutex mutex_;
  Condition changed_;
  int free_ SF_GUARDED_BY(mutex_);
  uint64_t tickets_ SF_GUARDED_BY(mutex_) = 0;
  // Progress and ticket of those who wait.
  std::set<std::pair<int64_t, uint64_t>> waiting_ SF_GUARDED_BY(mutex_);
};

}  // namespace softfleet

#endif  // SOFTFLEET_CLI_TURNS_H_
