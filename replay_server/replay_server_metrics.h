// SPDX-License-Identifier: Apache-2.0
// What a replay shard counts. Thread-safe.
#ifndef SOFTFLEET_REPLAY_SERVER_REPLAY_SERVER_METRICS_H_
#define SOFTFLEET_REPLAY_SERVER_REPLAY_SERVER_METRICS_H_

#include <string>

#include "core/metrics.h"
#include "replay_server/gate.h"

namespace softfleet {

class ReplayServerMetrics {
 public:
  explicit ReplayServerMetrics(MetricRegistry& registry);

  Counter& inserted_rows;
  Counter& duplicate_rows;
  Gauge& rows;
  Gauge& capacity_rows;
  Gauge& bytes;
  Gauge& queued_bytes;
  Gauge& sessions;
  Gauge& followers;
  Gauge& follower_lag_rows;
  Counter& followed_rows;
  Gauge& attached;
  Gauge& incarnation;

  // `reason`: "malformed", "invalid" or "too_large".
  Counter& RejectedRows(const std::string& reason);
  // `reason`: "bye", "cancelled" (the client is gone), "credit", "draining",
  // "gap", "hello", "hello_timeout", "seq" or "superseded".
  Counter& StreamsClosed(const std::string& reason);
  // Of a state that is not kOpen.
  Counter& GateClosedSeconds(Gate::State state);

 private:
  MetricRegistry& registry_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_REPLAY_SERVER_REPLAY_SERVER_METRICS_H_
