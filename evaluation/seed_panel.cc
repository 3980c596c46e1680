// SPDX-License-Identifier: Apache-2.0
#include "evaluation/seed_panel.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "evaluation/report_data.h"
#include "evaluation/seed_panel_report.h"
#include "run/seed_directories.h"

namespace softfleet {
namespace {

using Json = nlohmann::ordered_json;

// Streams of the bootstrap.
constexpr uint32_t kDeterministic = 0;
constexpr uint32_t kStochastic = 1;

// The evaluation that stands for a run at `step`, or null.
const AuditRecord* EvaluationAt(const ReportData& run, uint64_t step) {
  for (const AuditRecord& record : run.audit) {
    if (record.step == step) return &record;
  }
  const bool ended_before = !run.stopped_by.empty() && !run.audit.empty() &&
                            run.audit.back().step < step;
  return ended_before ? &run.audit.back() : nullptr;
}

// Whether the starts are a panel's: random ones are each run's own.
bool HasPanel(const SeedPanelData& data) {
  return std::ranges::any_of(
      data.runs, [](const ReportData& run) { return !run.panel.empty(); });
}

// Nothing where a record is missing or they are of different panels.
std::optional<SeedPanelPoint> PointOf(
    uint64_t step, bool one_panel,
    const std::vector<const AuditRecord*>& records) {
  Stratum deterministic, stochastic;
  for (const AuditRecord* record : records) {
    if (record == nullptr) return std::nullopt;
    if (one_panel && record->panel_hash != records.front()->panel_hash) {
      return std::nullopt;
    }
    deterministic.push_back(record->deterministic.return_mean);
    stochastic.push_back(record->stochastic.return_mean);
  }
  if (records.empty()) return std::nullopt;
  return SeedPanelPoint{
      step, records.size(),
      EstimateInterquartileMean({deterministic},
                                {.index = kDeterministic, .step = step}),
      EstimateInterquartileMean({stochastic},
                                {.index = kStochastic, .step = step})};
}

Json Number(double value) {
  return std::isfinite(value) ? Json(value) : Json(nullptr);
}

Json EstimateJson(const Estimate& estimate) {
  return {{"iqm", Number(estimate.value)},
          {"low", Number(estimate.low)},
          {"high", Number(estimate.high)}};
}

Json PointJson(const SeedPanelPoint& point) {
  return {{"seeds", point.seeds},
          {"deterministic_return", EstimateJson(point.deterministic)},
          {"stochastic_return", EstimateJson(point.stochastic)}};
}

Json RunJson(const ReportData& run) {
  const ReportHeadline headline = Headline(run);
  Json json = {{"seed", run.seed},
               {"run_id", run.run_id},
               {"step", headline.steps},
               {"updates", headline.updates},
               {"finished", headline.finished},
               {"stopped_by", run.stopped_by},
               {"wall_seconds", Number(headline.wall_seconds)},
               {"evaluation", nullptr}};
  if (headline.evaluation.has_value()) {
    json["evaluation"] =
        Json::parse(FormatAuditJson({*headline.evaluation})).at(0);
  }
  return json;
}

// An empty field where there is no number.
std::string CsvNumber(double value) {
  return std::isfinite(value) ? Json(value).dump() : "";
}

std::string CsvEstimate(const Estimate& estimate) {
  return absl::StrCat(CsvNumber(estimate.value), ",", CsvNumber(estimate.low),
                      ",", CsvNumber(estimate.high));
}

}  // namespace

absl::StatusOr<SeedPanelData> GatherSeedPanel(FileSystem& files,
                                              const std::string& panel_dir) {
  SF_ASSIGN_OR_RETURN(const std::vector<uint64_t> seeds,
                      SeedsIn(files, panel_dir));
  if (seeds.empty()) {
    return absl::NotFoundError(
        absl::StrCat(panel_dir, " holds no runs of seeds (seed-<n>)"));
  }
  SeedPanelData data;
  for (const uint64_t seed : seeds) {
    SF_ASSIGN_OR_RETURN(ReportData run,
                        GatherReport(files, SeedDirectory(panel_dir, seed)));
    run.seed = seed;  // known even where the configuration cannot be read
    data.runs.push_back(std::move(run));
  }
  return data;
}

std::vector<SeedPanelPoint> SeedPanelCurve(const SeedPanelData& data) {
  std::set<uint64_t> steps;
  for (const ReportData& run : data.runs) {
    for (const AuditRecord& record : run.audit) steps.insert(record.step);
  }
  std::vector<SeedPanelPoint> curve;
  for (const uint64_t step : steps) {
    std::vector<const AuditRecord*> records;
    for (const ReportData& run : data.runs) {
      records.push_back(EvaluationAt(run, step));
    }
    const auto point = PointOf(step, HasPanel(data), records);
    if (point.has_value()) curve.push_back(*point);
  }
  return curve;
}

SeedPanelPoint SeedPanelResult(const SeedPanelData& data) {
  std::vector<const AuditRecord*> records;
  for (const ReportData& run : data.runs) {
    records.push_back(run.audit.empty() ? nullptr : &run.audit.back());
  }
  return PointOf(0, HasPanel(data), records).value_or(SeedPanelPoint{});
}

std::string FormatSeedPanelCsv(const SeedPanelData& data) {
  std::string text =
      "step,seeds,deterministic_return_iqm,deterministic_return_low,"
      "deterministic_return_high,stochastic_return_iqm,stochastic_return_low,"
      "stochastic_return_high\n";
  for (const SeedPanelPoint& point : SeedPanelCurve(data)) {
    absl::StrAppend(&text, point.step, ",", point.seeds, ",",
                    CsvEstimate(point.deterministic), ",",
                    CsvEstimate(point.stochastic), "\n");
  }
  return text;
}

std::string FormatSeedPanelJson(const SeedPanelData& data) {
  const BootstrapOptions bootstrap;
  Json json;
  json["environment"] = data.runs.empty() ? "" : data.runs.front().environment;
  json["seeds"] = Json::array();
  json["bootstrap"] = {{"confidence", bootstrap.confidence},
                       {"resamples", bootstrap.resamples}};
  const SeedPanelPoint result = SeedPanelResult(data);
  json["final"] = result.seeds > 0 ? PointJson(result) : Json(nullptr);
  json["curve"] = Json::array();
  for (const SeedPanelPoint& point : SeedPanelCurve(data)) {
    Json row = {{"step", point.step}};
    row.update(PointJson(point));
    json["curve"].push_back(row);
  }
  json["runs"] = Json::array();
  for (const ReportData& run : data.runs) {
    json["seeds"].push_back(run.seed);
    json["runs"].push_back(RunJson(run));
  }
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

absl::Status WriteSeedPanelReport(FileSystem& files,
                                  const std::string& panel_dir,
                                  const std::string& report) {
  SF_ASSIGN_OR_RETURN(const SeedPanelData data,
                      GatherSeedPanel(files, panel_dir));
  SF_RETURN_IF_ERROR(WriteFileAtomically(
      files, JoinPath(panel_dir, "seeds.json"), FormatSeedPanelJson(data)));
  SF_RETURN_IF_ERROR(WriteFileAtomically(
      files, JoinPath(panel_dir, "seeds.csv"), FormatSeedPanelCsv(data)));
  return WriteFileAtomically(files, report, RenderSeedPanelReport(data));
}

}  // namespace softfleet
