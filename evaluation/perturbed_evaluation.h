// SPDX-License-Identifier: Apache-2.0
// How well a policy does where its environment is disturbed, beside how well it
// does where it is not: on the same starts with the same action noise.
// Thread-safe: free functions.
#ifndef SOFTFLEET_EVALUATION_PERTURBED_EVALUATION_H_
#define SOFTFLEET_EVALUATION_PERTURBED_EVALUATION_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/file_system.h"
#include "experience/snapshot.h"
#include "run/audit_record.h"
#include "softfleet/v1/run.pb.h"

namespace softfleet {

// Steps of the episodes, [from, until), and the mean over the starts of what
// was earned in them; an episode that has ended earns nothing.
struct EvaluatedPhase {
  int64_t from = 0;
  std::optional<int64_t> until;  // unset: to the end
  double deterministic = 0;
  double stochastic = 0;
  // The same steps in the environment as it is configured.
  double nominal_deterministic = 0;
  double nominal_stochastic = 0;
};

struct PerturbedEvaluation {
  std::string perturbation;  // as given; "" = the environment as configured
  // Its panel's hash covers the perturbation.
  AuditRecord record;
  // Between the steps at which a perturbation begins or ends; empty where none
  // does within an episode.
  std::vector<EvaluatedPhase> phases;
};

// The configured environment first, then one evaluation for each text: a
// Perturbation in text format, "friction: 0.5", or a list of them that hold
// together, "{friction: 0.5}, {from_step: 100 mass: 2}". They come on top of
// the configuration's own. InvalidArgument quotes the text and says what is
// wrong with it or what the environment lacks, before anything is evaluated;
// also MakeEvaluator's and Evaluator's errors.
absl::StatusOr<std::vector<PerturbedEvaluation>> EvaluatePerturbed(
    FileSystem& files, const v1::RunConfig& config,
    const std::vector<std::string>& perturbations,
    std::shared_ptr<const Snapshot> snapshot);

// One table with a row for each, and one with the phases where there are any.
std::string FormatPerturbedTable(const std::vector<PerturbedEvaluation>& rows);
// The objects of FormatAuditJson with "perturbation" before and "phases" after
// its keys.
std::string FormatPerturbedJson(const std::vector<PerturbedEvaluation>& rows);

}  // namespace softfleet

#endif  // SOFTFLEET_EVALUATION_PERTURBED_EVALUATION_H_
