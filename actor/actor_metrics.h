// SPDX-License-Identifier: Apache-2.0
// What an actor counts. Thread-safe.
#ifndef SOFTFLEET_ACTOR_ACTOR_METRICS_H_
#define SOFTFLEET_ACTOR_ACTOR_METRICS_H_

#include <array>
#include <cstdint>
#include <optional>

#include "actor/actor_loop.h"
#include "core/clock.h"
#include "core/metrics.h"
#include "core/mutex.h"

namespace softfleet {

class ActorMetrics {
 public:
  // Registry and clock must outlive this.
  ActorMetrics(MetricRegistry& registry, Clock& clock);

  // After RunOnce, which took `duration`: brings everything up to date. One
  // caller at a time.
  void AfterStep(const ActorLoop& loop, absl::Duration duration);

 private:
  void AdoptPolicy(const Snapshot& policy) SF_EXCLUDES(mutex_);
  void CountEpisodes(const ActorLoop& loop);
  // How old the policy is now.
  void Refresh() SF_EXCLUDES(mutex_);

  Clock& clock_;
  Counter& steps_;
  Counter& episodes_;
  Gauge& episode_return_;
  Gauge& episode_length_;
  Gauge& policy_version_;
  Gauge& policy_updates_;
  Gauge& policy_age_;
  Histogram& step_seconds_;
  std::array<Counter*, kFailureReasons.size()> failures_;
  Counter& dropped_rows_;
  Counter& taken_over_rows_;
  Counter& missed_by_policy_;
  Counter& missed_by_step_;
  Histogram& tick_lateness_;
  ActorCounts counted_;
  Mutex mutex_;
  uint64_t version_ SF_GUARDED_BY(mutex_) = 0;
  // When it was first acted by.
  std::optional<absl::Duration> adopted_ SF_GUARDED_BY(mutex_);
  const MetricRefresh refresh_;  // last: it uses the above
};

}  // namespace softfleet

#endif  // SOFTFLEET_ACTOR_ACTOR_METRICS_H_
