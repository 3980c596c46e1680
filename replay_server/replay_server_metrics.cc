// SPDX-License-Identifier: Apache-2.0
#include "replay_server/replay_server_metrics.h"

namespace softfleet {
namespace {

MetricDefinition Define(std::string name, MetricKind kind, std::string unit,
                        std::string help,
                        std::vector<std::string> labels = {}) {
  return {.name = std::move(name),
          .kind = kind,
          .unit = std::move(unit),
          .help = std::move(help),
          .labels = std::move(labels)};
}

MetricDefinition CounterOf(std::string name, std::string unit, std::string help,
                           std::vector<std::string> labels = {}) {
  return Define(std::move(name), MetricKind::kCounter, std::move(unit),
                std::move(help), std::move(labels));
}

MetricDefinition GaugeOf(std::string name, std::string unit, std::string help) {
  return Define(std::move(name), MetricKind::kGauge, std::move(unit),
                std::move(help));
}

}  // namespace

ReplayServerMetrics::ReplayServerMetrics(MetricRegistry& registry)
    : inserted_rows(registry.AddCounter(
          CounterOf("sac_replay_inserted_rows_total", "rows", "Rows stored."))),
      duplicate_rows(registry.AddCounter(
          CounterOf("sac_replay_duplicate_rows_total", "rows",
                    "Rows that came again after a reconnect and were not "
                    "stored twice."))),
      rows(registry.AddGauge(GaugeOf("sac_replay_rows", "rows",
                                     "Rows in the table that can be drawn."))),
      capacity_rows(registry.AddGauge(GaugeOf(
          "sac_replay_capacity_rows", "rows", "Rows the table can hold."))),
      bytes(registry.AddGauge(
          GaugeOf("sac_replay_bytes", "bytes", "Memory of the table."))),
      queued_bytes(registry.AddGauge(
          GaugeOf("sac_replay_queued_bytes", "bytes",
                  "Batches that were received and wait to be stored."))),
      sessions(registry.AddGauge(
          GaugeOf("sac_replay_sessions", "1",
                  "Sessions of actors that are connected now."))),
      followers(registry.AddGauge(GaugeOf("sac_replay_followers", "1",
                                          "Readers that are connected now."))),
      follower_lag_rows(registry.AddGauge(
          GaugeOf("sac_replay_follower_lag_rows", "rows",
                  "Rows stored and not yet sent to the slowest reader."))),
      followed_rows(registry.AddCounter(CounterOf(
          "sac_replay_followed_rows_total", "rows", "Rows sent to readers."))),
      attached(registry.AddGauge(
          GaugeOf("sac_replay_attached", "1",
                  "1 once a learner has made the shard part of its run."))),
      incarnation(registry.AddGauge(
          GaugeOf("sac_replay_incarnation", "1",
                  "Number of the process's start; grows with each."))),
      registry_(registry) {
  for (const char* reason : {"malformed", "invalid", "too_large"}) {
    RejectedRows(reason);
  }
  for (const char* reason : {"bye", "cancelled", "credit", "draining", "gap",
                             "hello", "hello_timeout", "seq", "superseded"}) {
    StreamsClosed(reason);
  }
  for (size_t state = 1; state < Gate::kNumStates; ++state) {
    GateClosedSeconds(static_cast<Gate::State>(state));
  }
}

Counter& ReplayServerMetrics::RejectedRows(const std::string& reason) {
  return registry_.AddCounter(
      CounterOf("sac_replay_rejected_rows_total", "rows",
                "Rows that were refused with their batch.", {"reason"}),
      {reason});
}

Counter& ReplayServerMetrics::StreamsClosed(const std::string& reason) {
  return registry_.AddCounter(
      CounterOf("sac_replay_streams_closed_total", "1",
                "Insert streams that have ended.", {"reason"}),
      {reason});
}

Counter& ReplayServerMetrics::GateClosedSeconds(Gate::State state) {
  return registry_.AddCounter(
      CounterOf("sac_replay_gate_closed_seconds_total", "seconds",
                "Time in which no row was admitted.", {"reason"}),
      {std::string(Gate::Name(state))});
}

}  // namespace softfleet
