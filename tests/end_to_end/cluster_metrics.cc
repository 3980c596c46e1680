// SPDX-License-Identifier: Apache-2.0
#include "tests/end_to_end/cluster_metrics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "core/file_system.h"
#include "core/http_get.h"
#include "tests/core/exposition.h"

namespace softfleet {

std::map<std::string, std::string> MetricsTargets(const std::string& run_dir) {
  std::map<std::string, std::string> targets;
  const auto text = RealFileSystem().Read(
      JoinPath(run_dir, "cluster/prometheus_targets.json"));
  if (!text.ok()) return targets;
  const nlohmann::json groups = nlohmann::json::parse(*text);
  for (const nlohmann::json& group : groups) {
    targets[group.at("labels").at("process")] = group.at("targets").at(0);
  }
  return targets;
}

std::optional<MetricValues> Scrape(const std::string& address) {
  const auto page = HttpGet(address, "/metrics", absl::Seconds(5));
  if (!page.ok()) return std::nullopt;
  return ParseExposition(*page);
}

double Value(const MetricValues& values, const std::string& name) {
  const auto found = values.find(name);
  if (found != values.end()) return found->second;
  ADD_FAILURE() << name << " is not served";
  return std::nan("");
}

std::set<std::string> Names(const MetricValues& values) {
  std::set<std::string> names;
  for (const auto& [series, value] : values) {
    const std::string name = series.substr(0, series.find('{'));
    if (!absl::StartsWith(name, "exposer_")) names.insert(name);
  }
  return names;
}

std::map<std::string, std::set<std::string>> DocumentedNames() {
  std::map<std::string, std::set<std::string>> sections;
  const auto page =
      RealFileSystem().Read(SOFTFLEET_SOURCE_DIR "/docs/metrics.md");
  EXPECT_TRUE(page.ok()) << page.status();
  std::string section;
  const std::string text = page.value_or("");
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    if (absl::StartsWith(line, "## ")) section = std::string(line.substr(3));
    if (!absl::StartsWith(line, "| `")) continue;
    const std::vector<std::string> cells = absl::StrSplit(line, " | ");
    const std::string name =
        cells.at(0).substr(3, cells[0].rfind('`') - 3);  // "| `name`"
    if (cells.at(1) != "histogram") {
      sections[section].insert(name);
      continue;
    }
    for (const char* part : {"_bucket", "_count", "_sum"}) {
      sections[section].insert(name + part);
    }
  }
  return sections;
}

}  // namespace softfleet
