// SPDX-License-Identifier: Apache-2.0
// The numbers a process shows to Prometheus: counters, gauges and histograms
// in one registry per process. A room declares what it counts in one struct
// that registers its metrics in its constructor and keeps the references:
//
//   struct ActorMetrics {
//     explicit ActorMetrics(MetricRegistry& registry)
//         : steps(registry.AddCounter(
//               {.name = "sac_actor_steps_total",
//                .kind = MetricKind::kCounter,
//                .unit = "steps",
//                .help = "Environment steps taken, all environments."})) {}
//     Counter& steps;
//   };
//
// Thread-safe. The registry must outlive everybody who uses its metrics.
#ifndef SOFTFLEET_CORE_METRICS_H_
#define SOFTFLEET_CORE_METRICS_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace prometheus {  // Only core includes its headers.
class Collectable;
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace softfleet {

enum class MetricKind { kCounter, kGauge, kHistogram };

absl::string_view MetricKindName(MetricKind kind);  // "counter"

// What a metric is. Values of one name that differ in their labels share it.
struct MetricDefinition {
  // "sac_" and lower-case words; ends in "_total" if it is a counter, and
  // only then.
  std::string name;
  MetricKind kind = MetricKind::kGauge;
  // A base unit ("seconds", "bytes", "rows", ...); "1" for a pure number.
  std::string unit;
  // One sentence for the operator.
  std::string help;
  // Names of the labels.
  std::vector<std::string> labels = {};
  // Upper bounds of a histogram's buckets, rising; +Inf comes by itself.
  // Empty for the other kinds.
  std::vector<double> buckets = {};

  bool operator==(const MetricDefinition&) const = default;
};

// `count` bucket bounds: first, first * factor, first * factor^2, ...
std::vector<double> ExponentialBuckets(double first, double factor, int count);

// A sum that never falls, from zero at the process's start. An increment is
// one atomic addition.
class Counter {
 public:
  explicit Counter(prometheus::Counter& counter) : counter_(counter) {}
  Counter(const Counter&) = delete;
  Counter& operator=(const Counter&) = delete;
  // by >= 0; anything else is ignored.
  void Increment(double by = 1);
  double value() const;

 private:
  prometheus::Counter& counter_;
};

// A value that may rise and fall; zero at first.
class Gauge {
 public:
  explicit Gauge(prometheus::Gauge& gauge) : gauge_(gauge) {}
  Gauge(const Gauge&) = delete;
  Gauge& operator=(const Gauge&) = delete;
  void Set(double value);
  void Add(double by);
  double value() const;

 private:
  prometheus::Gauge& gauge_;
};

// How often a value was at most each bound.
class Histogram {
 public:
  explicit Histogram(prometheus::Histogram& histogram)
      : histogram_(histogram) {}
  Histogram(const Histogram&) = delete;
  Histogram& operator=(const Histogram&) = delete;
  void Observe(double value);
  uint64_t count() const;  // observations so far
  double sum() const;      // of the observed values

 private:
  prometheus::Histogram& histogram_;
};

class MetricRegistry {
 public:
  MetricRegistry();
  // The same metrics as in `registry`, where everything that is added through
  // this one has one more label, the last: for parts of which a process has
  // several, side by side in one page.
  MetricRegistry(const MetricRegistry& registry, std::string label,
                 std::string value);
  ~MetricRegistry();
  MetricRegistry(const MetricRegistry&) = delete;
  MetricRegistry& operator=(const MetricRegistry&) = delete;

  // The metric of `definition` with one value per label, in the order of
  // definition.labels; made the first time, the same object every time after.
  // It lives as long as the registry.
  //
  // Ends the process with a message when `definition` is not what
  // MetricDefinition asks for, is of another kind, or differs from the one
  // already registered under its name: that is a mistake in the program.
  Counter& AddCounter(const MetricDefinition& definition,
                      const std::vector<std::string>& label_values = {});
  Gauge& AddGauge(const MetricDefinition& definition,
                  const std::vector<std::string>& label_values = {});
  Histogram& AddHistogram(const MetricDefinition& definition,
                          const std::vector<std::string>& label_values = {});

  // Every definition once, in the order in which they were first added.
  std::vector<MetricDefinition> definitions() const;

  // All values in Prometheus's text format 0.0.4, as a scrape would see them.
  std::string Text() const;

  // What MetricsServer serves.
  std::shared_ptr<prometheus::Collectable> collectable() const;

 private:
  friend class MetricRefresh;
  struct Impl;
  MetricDefinition Labelled(MetricDefinition definition) const;
  std::vector<std::string> Labelled(std::vector<std::string> values) const;

  const std::shared_ptr<Impl> impl_;
  // Of everything added here, after their own.
  std::vector<std::string> labels_, label_values_;
};

// Calls a function before each scrape and each Text(), to bring values up to
// date that nobody writes as they change. The function may set and add
// metrics; it must not make or destroy a MetricRefresh, nor call Text().
class MetricRefresh {
 public:
  MetricRefresh(MetricRegistry& registry, std::function<void()> function);
  // Waits for a call in progress; none comes after. Do not hold a lock here
  // that the function takes.
  ~MetricRefresh();
  MetricRefresh(const MetricRefresh&) = delete;
  MetricRefresh& operator=(const MetricRefresh&) = delete;

 private:
  const std::shared_ptr<MetricRegistry::Impl> registry_;
  const int64_t key_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_CORE_METRICS_H_
