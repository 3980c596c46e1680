// SPDX-License-Identifier: Apache-2.0
// What every process shows about itself: program and version, health, start
// time, processor time and memory. Thread-safe.
#ifndef SOFTFLEET_CORE_PROCESS_METRICS_H_
#define SOFTFLEET_CORE_PROCESS_METRICS_H_

#include <string>

#include "core/clock.h"
#include "core/metrics.h"

namespace softfleet {

class ProcessMetrics {
 public:
  // `program` is the label of sac_build_info ("softfleet-actor"). The process
  // starts unhealthy; its start is now by `clock`. One per registry, which
  // must outlive it.
  ProcessMetrics(MetricRegistry& registry, const std::string& program,
                 Clock& clock = SystemClock());

  // sac_process_healthy, which --probe of actors and evaluators asks for.
  void SetHealthy(bool healthy) { healthy_.Set(healthy ? 1 : 0); }

 private:
  // Processor time and memory as the system tells them now.
  void Refresh();

  Gauge& healthy_;
  Counter& cpu_seconds_;
  Gauge& resident_bytes_;
  const MetricRefresh refresh_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_CORE_PROCESS_METRICS_H_
