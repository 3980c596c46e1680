// SPDX-License-Identifier: Apache-2.0
#include "core/process_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>

#include "absl/time/time.h"
#include "core/version.h"

namespace softfleet {
namespace {

// User and system time of all threads, also those that have ended.
double CpuSeconds() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return absl::ToDoubleSeconds(absl::DurationFromTimeval(usage.ru_utime) +
                               absl::DurationFromTimeval(usage.ru_stime));
}

double ResidentBytes() {
  int64_t total_pages = 0;
  int64_t resident_pages = 0;
  std::ifstream("/proc/self/statm") >> total_pages >> resident_pages;
  return static_cast<double>(resident_pages) * sysconf(_SC_PAGESIZE);
}

}  // namespace

ProcessMetrics::ProcessMetrics(MetricRegistry& registry,
                               const std::string& program, Clock& clock)
    : healthy_(registry.AddGauge(
          {.name = "sac_process_healthy",
           .kind = MetricKind::kGauge,
           .unit = "1",
           .help = "1 while the process does its work, 0 while it starts, "
                   "stops or cannot."})),
      cpu_seconds_(registry.AddCounter(
          {.name = "sac_process_cpu_seconds_total",
           .kind = MetricKind::kCounter,
           .unit = "seconds",
           .help = "Processor time used, user and system, by all threads."})),
      resident_bytes_(registry.AddGauge(
          {.name = "sac_process_resident_bytes",
           .kind = MetricKind::kGauge,
           .unit = "bytes",
           .help = "Main memory that the process occupies."})),
      refresh_(registry, [this] { Refresh(); }) {
  registry
      .AddGauge({.name = "sac_build_info",
                 .kind = MetricKind::kGauge,
                 .unit = "1",
                 .help = "Always 1; the labels say what runs.",
                 .labels = {"program", "version"}},
                {program, std::string(SoftwareVersion())})
      .Set(1);
  registry
      .AddGauge({.name = "sac_process_start_time_seconds",
                 .kind = MetricKind::kGauge,
                 .unit = "seconds",
                 .help = "When the process started, since the Unix epoch."})
      .Set(absl::ToDoubleSeconds(clock.Now() - absl::UnixEpoch()));
  Refresh();
}

void ProcessMetrics::Refresh() {
  cpu_seconds_.Increment(CpuSeconds() - cpu_seconds_.value());
  resident_bytes_.Set(ResidentBytes());
}

}  // namespace softfleet
