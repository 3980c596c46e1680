// SPDX-License-Identifier: Apache-2.0
#include "core/metrics_page.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

namespace softfleet {
namespace {

constexpr char kIntroduction[] =
    "# Metrics\n"
    "\n"
    "What each process serves at `/metrics` of its `--metrics_listen` address, "
    "in Prometheus's text format.\n"
    "Beside these stand three of the web server's own, about the scrapes: "
    "`exposer_scrapes_total`,\n"
    "`exposer_transferred_bytes_total` and `exposer_request_latencies`.\n";

constexpr char kTableHead[] =
    "| name | kind | unit | labels | meaning |\n"
    "| --- | --- | --- | --- | --- |\n";

std::string Code(const std::string& text) {
  return absl::StrCat("`", text, "`");
}

std::string Row(const MetricDefinition& definition) {
  const std::string labels = absl::StrJoin(
      definition.labels, ", ", [](std::string* out, const std::string& label) {
        absl::StrAppend(out, Code(label));
      });
  return absl::StrCat(
      "| ", Code(definition.name), " | ", MetricKindName(definition.kind),
      " | ", definition.unit, " | ", labels, " | ",
      absl::StrReplaceAll(definition.help, {{"|", "\\|"}}), " |\n");
}

}  // namespace

std::string FormatMetricsPage(
    const std::vector<ProcessDefinitions>& processes) {
  std::string page = kIntroduction;
  for (const auto& [process, definitions] : processes) {
    absl::StrAppend(&page, "\n## ", process, "\n\n", kTableHead);
    for (const MetricDefinition& definition : definitions) {
      absl::StrAppend(&page, Row(definition));
    }
  }
  return page;
}

}  // namespace softfleet
