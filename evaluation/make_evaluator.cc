// SPDX-License-Identifier: Apache-2.0
#include "evaluation/make_evaluator.h"

#include <utility>

#include "absl/time/time.h"
#include "core/status.h"
#include "environments/environment_config.h"
#include "evaluation/panel.h"

namespace softfleet {
namespace {

using ReadPanel =
    std::function<absl::StatusOr<Panel>(const EnvironmentOptions&)>;

absl::StatusOr<std::unique_ptr<Evaluator>> Make(const v1::RunConfig& config,
                                                const ReadPanel& read_panel,
                                                std::function<bool()> stop) {
  const v1::EvaluationConfig& evaluation = config.evaluation();
  Evaluator::Options options;
  options.environment = MakeEnvironmentOptions(config.environment());
  // One in a process of its own may hang here too.
  if (const double seconds = config.actor().step_deadline_seconds();
      seconds > 0) {
    options.environment.step_deadline = absl::Seconds(seconds);
  }
  options.stop = std::move(stop);
  if (evaluation.has_panel()) {
    SF_ASSIGN_OR_RETURN(options.panel, read_panel(options.environment));
  } else {
    options.panel =
        RandomStarts(options.environment, evaluation.episodes(), config.seed());
  }
  SF_ASSIGN_OR_RETURN(options.success,
                      ParseSuccessCriterion(evaluation.success()));
  return Evaluator::Create(std::move(options));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Evaluator>> MakeEvaluator(
    const v1::RunConfig& config, absl::string_view panel_text,
    absl::string_view panel_source, std::function<bool()> stop) {
  return Make(
      config,
      [&](const EnvironmentOptions& environment) {
        return ParsePanel(panel_text, panel_source, environment);
      },
      std::move(stop));
}

absl::StatusOr<std::unique_ptr<Evaluator>> MakeEvaluator(
    FileSystem& files, const v1::RunConfig& config) {
  return Make(
      config,
      [&](const EnvironmentOptions& environment) {
        return LoadPanel(files, config.evaluation().panel(), environment);
      },
      nullptr);
}

}  // namespace softfleet
