// SPDX-License-Identifier: Apache-2.0
#include "core/metrics.h"

#include <prometheus/collectable.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/mutex.h"

namespace softfleet {
namespace {

[[noreturn]] void Fail(absl::string_view name, absl::string_view reason) {
  std::fprintf(stderr, "metric %s: %s\n", std::string(name).c_str(),
               std::string(reason).c_str());
  std::abort();
}

bool IsName(absl::string_view text) {
  return !text.empty() && absl::ascii_islower(text[0]) &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '_';
         });
}

void CheckBuckets(const MetricDefinition& definition) {
  const std::vector<double>& buckets = definition.buckets;
  if (buckets.empty() == (definition.kind == MetricKind::kHistogram)) {
    Fail(definition.name, "a histogram has buckets, the other kinds have none");
  }
  if (std::adjacent_find(buckets.begin(), buckets.end(),
                         std::greater_equal<>()) != buckets.end()) {
    Fail(definition.name, absl::StrCat("the buckets do not rise: ",
                                       absl::StrJoin(buckets, ", ")));
  }
}

// Fails on what MetricDefinition does not allow.
void CheckDefinition(const MetricDefinition& definition) {
  if (!IsName(definition.name) || !absl::StartsWith(definition.name, "sac_")) {
    Fail(definition.name, "a name is sac_ and lower-case words");
  }
  const bool total = absl::EndsWith(definition.name, "_total");
  if (total != (definition.kind == MetricKind::kCounter)) {
    Fail(definition.name, "counters, and only they, end in _total");
  }
  if (definition.unit.empty() || definition.help.empty()) {
    Fail(definition.name, "unit or help is missing");
  }
  for (const std::string& label : definition.labels) {
    if (!IsName(label) || label == "le") {
      Fail(definition.name,
           absl::StrCat("\"", label, "\" is no name for a label"));
    }
  }
  CheckBuckets(definition);
}

std::string Describe(const MetricDefinition& definition) {
  return absl::StrCat(MetricKindName(definition.kind), " in ", definition.unit,
                      ", labels [", absl::StrJoin(definition.labels, ", "),
                      "], buckets [", absl::StrJoin(definition.buckets, ", "),
                      "], \"", definition.help, "\"");
}

// The metrics of one kind, by name and label values. `Theirs` is what
// prometheus-cpp calls `Ours`.
template <typename Ours, typename Theirs>
struct Metrics {
  using Key = std::pair<std::string, std::vector<std::string>>;
  std::map<std::string, prometheus::Family<Theirs>*> families;
  std::map<Key, Ours> metrics;
};

prometheus::Labels MakeLabels(const std::vector<std::string>& names,
                              const std::vector<std::string>& values) {
  prometheus::Labels labels;
  for (size_t i = 0; i < names.size(); ++i) labels[names[i]] = values[i];
  return labels;
}

}  // namespace

absl::string_view MetricKindName(MetricKind kind) {
  switch (kind) {
    case MetricKind::kCounter:
      return "counter";
    case MetricKind::kGauge:
      return "gauge";
    case MetricKind::kHistogram:
      return "histogram";
  }
  return "unknown";
}

std::vector<double> ExponentialBuckets(double first, double factor, int count) {
  std::vector<double> buckets;
  for (double bound = first; std::ssize(buckets) < count; bound *= factor) {
    buckets.push_back(bound);
  }
  return buckets;
}

void Counter::Increment(double by) {
  if (by > 0) counter_.Increment(by);
}
double Counter::value() const { return counter_.Value(); }

void Gauge::Set(double value) { gauge_.Set(value); }
void Gauge::Add(double by) { gauge_.Increment(by); }
double Gauge::value() const { return gauge_.Value(); }

void Histogram::Observe(double value) { histogram_.Observe(value); }
uint64_t Histogram::count() const {
  return histogram_.Collect().histogram.sample_count;
}
double Histogram::sum() const {
  return histogram_.Collect().histogram.sample_sum;
}

// A scrape refreshes, then reads. Shared with the server and the refreshes,
// so that they may be destroyed in any order.
struct MetricRegistry::Impl : prometheus::Collectable {
  std::vector<prometheus::MetricFamily> Collect() const override {
    MutexLock lock(refresh_mutex);
    for (const auto& [key, function] : refreshes) function();
    return registry.Collect();
  }

  // Checks `definition` and stores it if it is new.
  void Define(const MetricDefinition& definition, MetricKind kind,
              size_t num_values) SF_REQUIRES(mutex);
  template <typename Ours, typename Theirs, typename... Extra>
  Ours& Add(Metrics<Ours, Theirs>& metrics,
            prometheus::detail::Builder<Theirs> builder, MetricKind kind,
            const MetricDefinition& definition,
            const std::vector<std::string>& values, Extra... extra)
      SF_REQUIRES(mutex);

  prometheus::Registry registry;
  mutable Mutex mutex;
  std::vector<MetricDefinition> definitions SF_GUARDED_BY(mutex);
  Metrics<Counter, prometheus::Counter> counters SF_GUARDED_BY(mutex);
  Metrics<Gauge, prometheus::Gauge> gauges SF_GUARDED_BY(mutex);
  Metrics<Histogram, prometheus::Histogram> histograms SF_GUARDED_BY(mutex);
  // Held while refreshes run; taken before `mutex`.
  mutable Mutex refresh_mutex;
  std::map<int64_t, std::function<void()>> refreshes
      SF_GUARDED_BY(refresh_mutex);
  int64_t next_refresh SF_GUARDED_BY(refresh_mutex) = 0;
};

void MetricRegistry::Impl::Define(const MetricDefinition& definition,
                                  MetricKind kind, size_t num_values) {
  if (definition.kind != kind) {
    Fail(definition.name,
         absl::StrCat("is defined as a ", MetricKindName(definition.kind),
                      ", added as a ", MetricKindName(kind)));
  }
  if (definition.labels.size() != num_values) {
    Fail(definition.name, absl::StrCat("has ", definition.labels.size(),
                                       " labels, got ", num_values, " values"));
  }
  const auto known = std::find_if(
      definitions.begin(), definitions.end(),
      [&](const auto& other) { return other.name == definition.name; });
  if (known == definitions.end()) {
    CheckDefinition(definition);
    definitions.push_back(definition);
  } else if (*known != definition) {
    Fail(definition.name,
         absl::StrCat("is registered as ", Describe(*known),
                      " and cannot also be ", Describe(definition)));
  }
}

template <typename Ours, typename Theirs, typename... Extra>
Ours& MetricRegistry::Impl::Add(Metrics<Ours, Theirs>& metrics,
                                prometheus::detail::Builder<Theirs> builder,
                                MetricKind kind,
                                const MetricDefinition& definition,
                                const std::vector<std::string>& values,
                                Extra... extra) {
  Define(definition, kind, values.size());
  auto& family = metrics.families[definition.name];
  if (family == nullptr) {
    family =
        &builder.Name(definition.name).Help(definition.help).Register(registry);
  }
  const auto key = std::make_pair(definition.name, values);
  const auto found = metrics.metrics.find(key);
  if (found != metrics.metrics.end()) return found->second;
  return metrics.metrics
      .try_emplace(key,
                   family->Add(MakeLabels(definition.labels, values), extra...))
      .first->second;
}

MetricRegistry::MetricRegistry() : impl_(std::make_shared<Impl>()) {}
MetricRegistry::MetricRegistry(const MetricRegistry& registry,
                               std::string label, std::string value)
    : impl_(registry.impl_),
      labels_(registry.labels_),
      label_values_(registry.label_values_) {
  labels_.push_back(std::move(label));
  label_values_.push_back(std::move(value));
}
MetricRegistry::~MetricRegistry() = default;

MetricDefinition MetricRegistry::Labelled(MetricDefinition definition) const {
  definition.labels.insert(definition.labels.end(), labels_.begin(),
                           labels_.end());
  return definition;
}

std::vector<std::string> MetricRegistry::Labelled(
    std::vector<std::string> values) const {
  values.insert(values.end(), label_values_.begin(), label_values_.end());
  return values;
}

Counter& MetricRegistry::AddCounter(
    const MetricDefinition& definition,
    const std::vector<std::string>& label_values) {
  MutexLock lock(impl_->mutex);
  return impl_->Add(impl_->counters, prometheus::BuildCounter(),
                    MetricKind::kCounter, Labelled(definition),
                    Labelled(label_values));
}

Gauge& MetricRegistry::AddGauge(const MetricDefinition& definition,
                                const std::vector<std::string>& label_values) {
  MutexLock lock(impl_->mutex);
  return impl_->Add(impl_->gauges, prometheus::BuildGauge(), MetricKind::kGauge,
                    Labelled(definition), Labelled(label_values));
}

Histogram& MetricRegistry::AddHistogram(
    const MetricDefinition& definition,
    const std::vector<std::string>& label_values) {
  MutexLock lock(impl_->mutex);
  return impl_->Add(impl_->histograms, prometheus::BuildHistogram(),
                    MetricKind::kHistogram, Labelled(definition),
                    Labelled(label_values), definition.buckets);
}

std::vector<MetricDefinition> MetricRegistry::definitions() const {
  MutexLock lock(impl_->mutex);
  return impl_->definitions;
}

std::string MetricRegistry::Text() const {
  return prometheus::TextSerializer().Serialize(impl_->Collect());
}

std::shared_ptr<prometheus::Collectable> MetricRegistry::collectable() const {
  return impl_;
}

MetricRefresh::MetricRefresh(MetricRegistry& registry,
                             std::function<void()> function)
    : registry_(registry.impl_), key_([&] {
        MutexLock lock(registry_->refresh_mutex);
        registry_->refreshes[registry_->next_refresh] = std::move(function);
        return registry_->next_refresh++;
      }()) {}

MetricRefresh::~MetricRefresh() {
  MutexLock lock(registry_->refresh_mutex);
  registry_->refreshes.erase(key_);
}

}  // namespace softfleet
