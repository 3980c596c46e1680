// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/plural.h"
#include "evaluation/audit_table.h"
#include "evaluation/perturbed_evaluation.h"
#include "evaluation/text_table.h"

namespace softfleet {
namespace {

using Json = nlohmann::ordered_json;

TextRow RowOf(const PerturbedEvaluation& row) {
  return {row.perturbation.empty() ? "nominal" : row.perturbation,
          row.record.panel_hash,
          ReturnText(row.record.deterministic),
          ReturnText(row.record.stochastic),
          RegretText(row.record),
          SuccessText(row.record)};
}

std::string NumberText(double number) {
  return absl::StrFormat("%.1f", number);
}

// "0 to 99", "from 100".
std::string StepsText(const EvaluatedPhase& phase) {
  return phase.until.has_value()
             ? absl::StrCat(phase.from, " to ", *phase.until - 1)
             : absl::StrCat("from ", phase.from);
}

TextRow RowOf(const std::string& perturbation, const EvaluatedPhase& phase) {
  return {perturbation,
          StepsText(phase),
          NumberText(phase.deterministic),
          NumberText(phase.nominal_deterministic),
          NumberText(phase.stochastic),
          NumberText(phase.nominal_stochastic)};
}

Json JsonOf(const EvaluatedPhase& phase) {
  return {{"from_step", phase.from},
          {"until_step", phase.until ? Json(*phase.until) : Json()},
          {"deterministic_return_mean", phase.deterministic},
          {"stochastic_return_mean", phase.stochastic},
          {"nominal_deterministic_return_mean", phase.nominal_deterministic},
          {"nominal_stochastic_return_mean", phase.nominal_stochastic}};
}

Json JsonOf(const PerturbedEvaluation& row) {
  Json json = {{"perturbation", row.perturbation}};
  json.update(Json::parse(FormatAuditJson({row.record}))[0]);
  json["phases"] = Json::array();
  for (const EvaluatedPhase& phase : row.phases) {
    json["phases"].push_back(JsonOf(phase));
  }
  return json;
}

// Half a disturbance, "push_probability: 0.1" without a force, is none and must
// not look like robustness.
std::string EffectlessText(const std::vector<PerturbedEvaluation>& rows) {
  std::string text;
  for (const PerturbedEvaluation& row : rows) {
    if (&row == &rows.front() ||
        row.record.panel_hash != rows.front().record.panel_hash) {
      continue;
    }
    absl::StrAppend(&text, "\"", row.perturbation,
                    "\" changes nothing: it is the nominal environment\n");
  }
  return text;
}

}  // namespace

std::string FormatPerturbedTable(const std::vector<PerturbedEvaluation>& rows) {
  std::vector<TextRow> table = {{"environment", "panel", "deterministic",
                                 "stochastic", "regret det / sto",
                                 "success det / sto"}};
  std::vector<TextRow> phases = {{"return in steps", "", "deterministic",
                                  "nominal", "stochastic", "nominal"}};
  for (const PerturbedEvaluation& row : rows) {
    table.push_back(RowOf(row));
    for (const EvaluatedPhase& phase : row.phases) {
      phases.push_back(RowOf(row.perturbation, phase));
    }
  }
  std::string text = absl::StrCat(
      Counted(rows.front().record.panel_starts, "start"), " per mode\n",
      FormatTextTable(table, 1), EffectlessText(rows));
  if (phases.size() == 1) return text;
  return absl::StrCat(text, "\n", FormatTextTable(phases, 2));
}

std::string FormatPerturbedJson(const std::vector<PerturbedEvaluation>& rows) {
  Json json = Json::array();
  for (const PerturbedEvaluation& row : rows) json.push_back(JsonOf(row));
  return json.dump(2) + "\n";
}

}  // namespace softfleet
