// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/profile.h"
#include "evaluation/summary.h"
#include "evaluation/text_table.h"

namespace softfleet {
namespace {

using Json = nlohmann::ordered_json;

double Gigaflops(double flops, double seconds) {
  return seconds > 0 ? 1e-9 * flops / seconds : 0;
}

// An empty cell where a phase has no products.
std::string Rate(double flops, double seconds) {
  return flops > 0 ? absl::StrFormat("%.1f", Gigaflops(flops, seconds)) : "";
}

TextRow RowOf(const std::string& name, double seconds, double share,
              double flops, double bound_seconds, double bytes) {
  return {
      name,
      absl::StrFormat("%.4f", 1e3 * seconds),
      absl::StrFormat("%.1f%%", 100 * share),
      Rate(flops, seconds),
      Rate(flops, bound_seconds),
      flops > 0 ? absl::StrFormat("%.0f%%", 100 * bound_seconds / seconds) : "",
      bytes > 0 ? FormatBytes(static_cast<uint64_t>(bytes)) : ""};
}

}  // namespace

std::string FormatProfile(const Profile& profile) {
  // Time of all threads.
  const double all = profile.Seconds() + profile.idle_seconds;
  std::vector<TextRow> rows = {
      {"phase", "ms", "share", "GFLOP/s", "alone", "of bound", "bytes"}};
  double bytes = 0;
  for (const PhaseProfile& phase : profile.phases) {
    bytes += phase.bytes;
    if (phase.seconds == 0) continue;
    rows.push_back(RowOf(UpdatePhaseName(phase.phase), phase.seconds,
                         phase.seconds / all, phase.flops, phase.bound_seconds,
                         phase.bytes));
  }
  rows.push_back(RowOf("idle and between", profile.idle_seconds,
                       profile.idle_seconds / all, 0, 0, 0));
  rows.push_back(
      RowOf("all", all, 1, profile.Flops(), profile.BoundSeconds(), bytes));
  return absl::StrCat(
      absl::StrFormat(
          "%s engine, %d thread%s, batch %d: %.1f updates/s over %d updates\n",
          profile.engine, profile.threads, profile.threads == 1 ? "" : "s",
          profile.batch, 1 / profile.wall_seconds, profile.updates),
      FormatTextTable(rows, 1),
      absl::StrFormat(
          "Times are per update, of all threads together. \"alone\": the same "
          "matrix products by\nthemselves on one thread, measured now (%s): "
          "%.1f updates/s if there were nothing else.\nBytes are computed from "
          "the shapes, as if no cache held anything.\n",
          profile.bound, profile.threads / profile.BoundSeconds()));
}

std::string FormatProfileJson(const Profile& profile) {
  Json json = {
      {"engine", profile.engine},
      {"threads", profile.threads},
      {"batch", profile.batch},
      {"updates", profile.updates},
      {"updates_per_second", 1 / profile.wall_seconds},
      {"seconds_per_update", profile.wall_seconds},
      {"idle_seconds", profile.idle_seconds},
      {"gflops", Gigaflops(profile.Flops(), profile.Seconds())},
      {"bound", profile.bound},
      {"bound_updates_per_second", profile.threads / profile.BoundSeconds()},
      {"phases", Json::array()}};
  for (const PhaseProfile& phase : profile.phases) {
    json["phases"].push_back(
        {{"phase", UpdatePhaseName(phase.phase)},
         {"seconds", phase.seconds},
         {"share", phase.seconds / profile.Seconds()},
         {"flops", phase.flops},
         {"gflops", Gigaflops(phase.flops, phase.seconds)},
         {"bound_gflops", Gigaflops(phase.flops, phase.bound_seconds)},
         {"computed_bytes", phase.bytes}});
  }
  return json.dump(2) + "\n";
}

std::string FormatTrace(const PhaseClock& clock) {
  int64_t first = std::numeric_limits<int64_t>::max();
  for (int thread = 0; thread < clock.threads(); ++thread) {
    const auto& spans = clock.spans(thread);
    if (!spans.empty()) first = std::min(first, spans.front().begin);
  }
  Json events = Json::array();
  for (int thread = 0; thread < clock.threads(); ++thread) {
    for (const PhaseClock::Span& span : clock.spans(thread)) {
      events.push_back(
          {{"name", UpdatePhaseName(span.phase)},
           {"cat", "update"},
           {"ph", "X"},
           {"ts", 1e-3 * static_cast<double>(span.begin - first)},
           {"dur", 1e-3 * static_cast<double>(span.end - span.begin)},
           {"pid", 1},
           {"tid", thread}});
    }
  }
  return Json{{"displayTimeUnit", "ms"}, {"traceEvents", std::move(events)}}
             .dump() +
         "\n";
}

}  // namespace softfleet
