// SPDX-License-Identifier: Apache-2.0
// Counts the seconds spent waiting, by reason: the metric that tells an
// operator what a process lacks. Thread-safe.
#ifndef SOFTFLEET_CORE_WAITING_TIMER_H_
#define SOFTFLEET_CORE_WAITING_TIMER_H_

#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "core/clock.h"
#include "core/metrics.h"
#include "core/mutex.h"

namespace softfleet {

// sac_waiting_seconds_total{reason}, which every process has.
MetricDefinition WaitingSecondsDefinition();

// One thing that waits for one reason at a time, such as a loop or a gate. A
// wait in progress is counted up to each scrape. Several timers may add to one
// metric: two that wait at once count two seconds per second.
class WaitingTimer {
 public:
  // `definition` is a counter of seconds with one label, the reason. All
  // reasons show as 0 from the start. Registry and clock must outlive this.
  WaitingTimer(MetricRegistry& registry, const MetricDefinition& definition,
               const std::vector<std::string>& reasons, Clock& clock);
  // The metric that all programs share.
  WaitingTimer(MetricRegistry& registry,
               const std::vector<std::string>& reasons, Clock& clock);
  // Ends a wait in progress.
  ~WaitingTimer();

  // From now on time counts as waiting for `reason`, one of `reasons` (checked,
  // fatal). Ends a wait for another reason; goes on with one for the same.
  void Start(const std::string& reason) SF_EXCLUDES(mutex_);
  // From now on time does not count. Does nothing outside a wait.
  void Stop() SF_EXCLUDES(mutex_);

 private:
  // Counts what has passed since `counted_until_`.
  void Count() SF_REQUIRES(mutex_);

  Clock& clock_;
  std::map<std::string, Counter*> counters_;  // by reason; fixed
  Mutex mutex_;
  Counter* waiting_ SF_GUARDED_BY(mutex_) = nullptr;  // null: not waiting
  absl::Duration counted_until_ SF_GUARDED_BY(mutex_);
  const MetricRefresh refresh_;
};

// A wait that lasts as long as this object.
class WaitingScope {
 public:
  WaitingScope(WaitingTimer& timer, const std::string& reason) : timer_(timer) {
    timer_.Start(reason);
  }
  ~WaitingScope() { timer_.Stop(); }
  WaitingScope(const WaitingScope&) = delete;
  WaitingScope& operator=(const WaitingScope&) = delete;

 private:
  WaitingTimer& timer_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_CORE_WAITING_TIMER_H_
