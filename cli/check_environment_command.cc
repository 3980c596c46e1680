// SPDX-License-Identifier: Apache-2.0
// softfleet check-environment: does an environment keep its contract?
#include <algorithm>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/commands.h"
#include "core/file_system.h"
#include "core/status.h"
#include "environments/conformance/conformance.h"
#include "environments/environment_config.h"
#include "environments/registry.h"
#include "run/config.h"

namespace softfleet {
namespace {

using Outcome = ConformanceFinding::Outcome;

const char* OutcomeText(Outcome outcome) {
  switch (outcome) {
    case Outcome::kFail:
      return "FAIL";
    case Outcome::kNote:
      return "note";
    case Outcome::kPass:
      break;
  }
  return "pass";
}

absl::StatusOr<EnvironmentOptions> Options(const CheckEnvironmentFlags& flags) {
  v1::RunConfig config;
  if (!flags.config.empty()) {
    SF_ASSIGN_OR_RETURN(config,
                        LoadConfig(RealFileSystem(), flags.config, flags.set));
    return MakeEnvironmentOptions(config.environment());
  }
  v1::EnvironmentConfig& environment = *config.mutable_environment();
  if (!flags.name.empty()) environment.set_name(flags.name);
  if (!flags.plugin.empty()) environment.set_plugin(flags.plugin);
  if (!flags.gymnasium.empty()) environment.set_gymnasium(flags.gymnasium);
  if (!flags.module.empty()) environment.set_module(flags.module);
  for (const std::string& assignment : flags.set) {
    SF_RETURN_IF_ERROR(Annotate(ApplyOverride(assignment, &config),
                                absl::StrCat("--set ", assignment)));
  }
  SF_RETURN_IF_ERROR(ValidateConfig(config));
  return MakeEnvironmentOptions(config.environment());
}

absl::StatusOr<std::vector<ConformanceFinding>> Check(
    const CheckEnvironmentFlags& flags) {
  SF_ASSIGN_OR_RETURN(const EnvironmentOptions options, Options(flags));
  ConformanceOptions check;
  check.seed = flags.seed;
  return CheckConformance(
      [&](std::optional<int64_t> max_episode_steps) {
        EnvironmentOptions limited = options;
        if (max_episode_steps) limited.max_episode_steps = max_episode_steps;
        return MakeEnvironment(limited);
      },
      check);
}

void PrintJson(const std::vector<ConformanceFinding>& findings) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const ConformanceFinding& finding : findings) {
    json.push_back({{"rule", finding.rule},
                    {"outcome", OutcomeText(finding.outcome)},
                    {"promise", finding.promise},
                    {"seen", finding.seen},
                    {"advice", finding.advice}});
  }
  std::printf("%s\n", json.dump(2).c_str());
}

void PrintText(const std::vector<ConformanceFinding>& findings) {
  for (const ConformanceFinding& finding : findings) {
    absl::PrintF("%s  %-17s  %s\n", OutcomeText(finding.outcome), finding.rule,
                 finding.promise);
    if (!finding.seen.empty()) absl::PrintF("%25s%s\n", "", finding.seen);
    if (!finding.advice.empty()) {
      absl::PrintF("%25sWhat to do: %s\n", "", finding.advice);
    }
  }
}

}  // namespace

int RunCheckEnvironment(const CheckEnvironmentFlags& flags) {
  const auto findings = Check(flags);
  if (!findings.ok()) {
    ReportError(findings.status());
    return kExitBadInput;
  }
  flags.json ? PrintJson(*findings) : PrintText(*findings);
  const auto failed = std::ranges::count(*findings, Outcome::kFail,
                                         &ConformanceFinding::outcome);
  if (failed == 0) return kExitOk;
  absl::FPrintF(stderr, "softfleet: %d of %d rules are broken\n", failed,
                findings->size());
  return kExitFailure;
}

}  // namespace softfleet
