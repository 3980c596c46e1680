// SPDX-License-Identifier: Apache-2.0
#include "evaluation/perturbed_evaluation.h"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "environments/environment_config.h"
#include "evaluation/evaluator.h"
#include "evaluation/make_audit_record.h"
#include "evaluation/make_evaluator.h"
#include "run/config.h"

namespace softfleet {
namespace {

constexpr int64_t kEnd = std::numeric_limits<int64_t>::max();

// What is evaluated beside the configured environment.
struct Condition {
  std::string text;
  EnvironmentOptions environment;
  std::set<int64_t> switches;  // steps at which something begins or ends
};

absl::StatusOr<v1::EnvironmentConfig> ParsePerturbations(
    absl::string_view text) {
  text = absl::StripAsciiWhitespace(text);
  const bool list = absl::StartsWith(text, "{") || absl::StartsWith(text, "[");
  v1::RunConfig parsed;
  SF_RETURN_IF_ERROR(
      ApplyOverride(absl::StrCat("environment.perturbation=", list ? "" : "{",
                                 text, list ? "" : "}"),
                    &parsed));
  v1::RunConfig named = parsed;  // only the perturbations are looked at
  named.mutable_environment()->set_name("unnamed");
  SF_RETURN_IF_ERROR(ValidateConfig(named));
  return parsed.environment();
}

absl::StatusOr<Condition> MakeCondition(
    const v1::EnvironmentConfig& environment, const std::string& text) {
  SF_ASSIGN_OR_RETURN(const v1::EnvironmentConfig perturbations,
                      ParsePerturbations(text));
  v1::EnvironmentConfig disturbed = environment;
  disturbed.MergeFrom(perturbations);
  Condition condition{text, MakeEnvironmentOptions(disturbed), {}};
  SF_RETURN_IF_ERROR(MakeEnvironment(condition.environment).status());
  for (const v1::Perturbation& perturbation : perturbations.perturbation()) {
    condition.switches.insert(perturbation.from_step());
    if (perturbation.has_until_step()) {
      condition.switches.insert(perturbation.until_step());
    }
  }
  condition.switches.erase(0);
  return condition;
}

double MeanBetween(const ModeResult& mode, int64_t from, int64_t until) {
  double sum = 0;
  for (const std::vector<double>& rewards : mode.rewards) {
    const auto length = static_cast<int64_t>(rewards.size());
    for (int64_t t = from; t < std::min(until, length); ++t) {
      sum += rewards[static_cast<size_t>(t)];
    }
  }
  return sum / static_cast<double>(mode.rewards.size());
}

std::vector<EvaluatedPhase> Phases(const std::set<int64_t>& switches,
                                   const EvaluationResult& nominal,
                                   const EvaluationResult& perturbed) {
  std::vector<EvaluatedPhase> phases;
  if (switches.empty()) return phases;
  int64_t from = 0;
  std::vector<int64_t> ends(switches.begin(), switches.end());
  ends.push_back(kEnd);
  for (const int64_t until : ends) {
    EvaluatedPhase& phase = phases.emplace_back();
    phase.from = from;
    if (until != kEnd) phase.until = until;
    phase.deterministic = MeanBetween(perturbed.deterministic, from, until);
    phase.stochastic = MeanBetween(perturbed.stochastic, from, until);
    phase.nominal_deterministic =
        MeanBetween(nominal.deterministic, from, until);
    phase.nominal_stochastic = MeanBetween(nominal.stochastic, from, until);
    from = until;
  }
  return phases;
}

absl::StatusOr<EvaluationResult> EvaluateIn(
    const EnvironmentOptions& environment, const Panel& panel,
    std::shared_ptr<const Snapshot> snapshot) {
  Evaluator::Options options;
  options.environment = environment;
  options.panel = WithEnvironment(panel, environment);
  options.keep_rewards = true;
  SF_ASSIGN_OR_RETURN(const auto evaluator,
                      Evaluator::Create(std::move(options)));
  return evaluator->Evaluate(std::move(snapshot));
}

// The configured panel, with the criterion in force.
absl::StatusOr<Panel> LoadPanelOf(FileSystem& files,
                                  const v1::RunConfig& config) {
  SF_ASSIGN_OR_RETURN(const auto evaluator, MakeEvaluator(files, config));
  return evaluator->panel();
}

}  // namespace

absl::StatusOr<std::vector<PerturbedEvaluation>> EvaluatePerturbed(
    FileSystem& files, const v1::RunConfig& config,
    const std::vector<std::string>& perturbations,
    std::shared_ptr<const Snapshot> snapshot) {
  std::vector<Condition> conditions;
  for (const std::string& text : perturbations) {
    auto condition = MakeCondition(config.environment(), text);
    SF_RETURN_IF_ERROR(Annotate(condition.status(),
                                absl::StrCat("perturbation \"", text, "\"")));
    conditions.push_back(*std::move(condition));
  }
  SF_ASSIGN_OR_RETURN(const Panel panel, LoadPanelOf(files, config));
  SF_ASSIGN_OR_RETURN(const EvaluationResult nominal,
                      EvaluateIn(MakeEnvironmentOptions(config.environment()),
                                 panel, snapshot));
  const std::string hash = ConfigHash(config);
  std::vector<PerturbedEvaluation> rows = {
      {"", MakeAuditRecord(nominal, *snapshot, hash), {}}};
  for (const Condition& condition : conditions) {
    SF_ASSIGN_OR_RETURN(const EvaluationResult result,
                        EvaluateIn(condition.environment, panel, snapshot));
    rows.push_back({condition.text, MakeAuditRecord(result, *snapshot, hash),
                    Phases(condition.switches, nominal, result)});
  }
  return rows;
}

}  // namespace softfleet
