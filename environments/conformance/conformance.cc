// SPDX-License-Identifier: Apache-2.0
#include "environments/conformance/conformance.h"

#include <utility>

#include "core/status.h"
#include "environments/conformance/rules.h"

namespace softfleet {
namespace {

using Outcome = ConformanceFinding::Outcome;

struct Rule {
  const char* name;
  const char* promise;
  const char* advice;
  absl::StatusOr<Verdict> (*check)(const Subject& subject);
};

constexpr Rule kRules[] = {
    {"spec", "The spec has a name, groups, an action and bounds that fit.",
     "Correct this first; the other rules were not looked at.", CheckSpec},
    {"episodes", "Reset and Step work with actions within the bounds.",
     "Correct this first; the other rules were not looked at.", CheckEpisodes},
    {"determinism",
     "A seed and its actions decide the whole episode, in every instance.",
     "Draw everything random from the seed of Reset, and reset every member.",
     CheckDeterminism},
    {"seeds", "Different seeds start differently.",
     "Draw the start from the seed of Reset.", CheckSeeds},
    {"observation",
     "Observe writes every byte of every group, no other, and finite numbers.",
     "Compare the spec's shapes and dtypes with what Observe writes.",
     CheckObservations},
    {"reward",
     "Rewards are finite and the sum of their components, one per name.",
     "Return the components in the order of the spec's names.", CheckRewards},
    {"wide actions", "Actions of ten times the bounds do no harm.",
     "Clip the action inside of Step; a policy's noise goes beyond bounds.",
     CheckWideActions},
    {"bad actions",
     "What is no action is refused and changes nothing: NaN, a wrong size or "
     "kind.",
     "Check the action before anything is changed.", CheckBadActions},
    {"before reset", "There is no step before the first reset.",
     "Return FailedPrecondition until Reset was called.", CheckBeforeReset},
    {"after the end",
     "There is no step after an episode's end; a reset begins a new one.",
     "Return FailedPrecondition after an end, and change nothing.",
     CheckAfterEnd},
    {"time limit", "Exactly the last allowed step is truncated.",
     "Count steps from Reset and truncate where they reach the limit.",
     CheckTimeLimit},
    {"final observation",
     "After a truncated step Observe shows that step, not the next start.",
     "Do not reset by yourself; whoever steps the environment does.",
     CheckFinalObservation},
    {"save", "A saved episode goes on bit by bit, also in another instance.",
     "Save everything that the next steps depend on, random numbers too.",
     CheckSave},
    {"damaged save", "Bytes that Save did not give are refused.",
     "Check version and size before anything is changed.", CheckDamagedSave},
    {"reset to",
     "An episode begun at state() is the same; what is no state is refused.",
     "state() must be the whole physical state, and ResetTo must set it.",
     CheckResetTo},
    {"interleaving", "Instances do not influence each other.",
     "Look for static or global variables.", CheckInterleaving},
    {"allocation", "Step and Observe allocate nothing.",
     "Make buffers members and fill them in place.", CheckAllocation},
    {"speed", "What a step takes.", "", CheckSpeed},
};

ConformanceFinding Apply(const Rule& rule, const Subject& subject) {
  ConformanceFinding finding;
  finding.rule = rule.name;
  finding.promise = rule.promise;
  absl::StatusOr<Verdict> verdict = rule.check(subject);
  if (!verdict.ok()) verdict = Fail(std::string(verdict.status().message()));
  finding.outcome = verdict->outcome;
  finding.seen = std::move(verdict->seen);
  if (finding.outcome == Outcome::kFail) {
    finding.advice = rule.advice;
  }
  return finding;
}

}  // namespace

absl::StatusOr<std::vector<ConformanceFinding>> CheckConformance(
    const EnvironmentMaker& make, const ConformanceOptions& options) {
  SF_RETURN_IF_ERROR(make(std::nullopt).status());
  const Subject subject = {make, options};
  std::vector<ConformanceFinding> findings;
  for (const Rule& rule : kRules) {
    if (rule.check == CheckAllocation && !options.allocations) continue;
    findings.push_back(Apply(rule, subject));
    const bool first = rule.check == CheckSpec || rule.check == CheckEpisodes;
    if (first && findings.back().outcome != Outcome::kPass) break;
  }
  return findings;
}

}  // namespace softfleet
