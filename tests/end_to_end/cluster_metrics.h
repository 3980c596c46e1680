// SPDX-License-Identifier: Apache-2.0
// What the processes of a cluster serve at /metrics, and what docs/metrics.md
// says that they serve.
#ifndef SOFTFLEET_TESTS_END_TO_END_CLUSTER_METRICS_H_
#define SOFTFLEET_TESTS_END_TO_END_CLUSTER_METRICS_H_

#include <map>
#include <optional>
#include <set>
#include <string>

namespace softfleet {

// Values by what stands before them: "sac_y{a=\"b\"}".
using MetricValues = std::map<std::string, double>;

// Of a local cluster: "replay-0" and the like with its /metrics address, as
// prometheus_targets.json says. Empty while there is none.
std::map<std::string, std::string> MetricsTargets(const std::string& run_dir);

// Nothing where nobody answers.
std::optional<MetricValues> Scrape(const std::string& address);

// The value, or NaN and a test failure where it is not served.
double Value(const MetricValues& values, const std::string& name);

// Series without their labels; the web server's own are left out.
std::set<std::string> Names(const MetricValues& values);

// The series of docs/metrics.md by section ("softfleet-actor"): a histogram is
// three, _bucket, _count and _sum.
std::map<std::string, std::set<std::string>> DocumentedNames();

}  // namespace softfleet

#endif  // SOFTFLEET_TESTS_END_TO_END_CLUSTER_METRICS_H_
