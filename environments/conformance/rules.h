// SPDX-License-Identifier: Apache-2.0
// The rules of conformance.h, each a function that looks at fresh environments.
// An error is a failure too: something was refused that should not have been.
// Thread-safe: free functions.
#ifndef SOFTFLEET_ENVIRONMENTS_CONFORMANCE_RULES_H_
#define SOFTFLEET_ENVIRONMENTS_CONFORMANCE_RULES_H_

#include <string>

#include "absl/status/statusor.h"
#include "environments/conformance/conformance.h"

namespace softfleet {

struct Verdict {
  ConformanceFinding::Outcome outcome = ConformanceFinding::Outcome::kPass;
  std::string seen;
};

// What a rule is given.
struct Subject {
  const EnvironmentMaker& make;
  const ConformanceOptions& options;
};

// episode_rules.cc: what an episode shows.
absl::StatusOr<Verdict> CheckSpec(const Subject& subject);
absl::StatusOr<Verdict> CheckEpisodes(const Subject& subject);
absl::StatusOr<Verdict> CheckDeterminism(const Subject& subject);
absl::StatusOr<Verdict> CheckSeeds(const Subject& subject);
absl::StatusOr<Verdict> CheckObservations(const Subject& subject);
absl::StatusOr<Verdict> CheckRewards(const Subject& subject);
absl::StatusOr<Verdict> CheckWideActions(const Subject& subject);
absl::StatusOr<Verdict> CheckInterleaving(const Subject& subject);

// end_rules.cc: what is refused, and how episodes end.
absl::StatusOr<Verdict> CheckBadActions(const Subject& subject);
absl::StatusOr<Verdict> CheckBeforeReset(const Subject& subject);
absl::StatusOr<Verdict> CheckAfterEnd(const Subject& subject);
absl::StatusOr<Verdict> CheckTimeLimit(const Subject& subject);
absl::StatusOr<Verdict> CheckFinalObservation(const Subject& subject);

// state_rules.cc: what is saved, restored and set.
absl::StatusOr<Verdict> CheckSave(const Subject& subject);
absl::StatusOr<Verdict> CheckDamagedSave(const Subject& subject);
absl::StatusOr<Verdict> CheckResetTo(const Subject& subject);

// cost_rules.cc: what a step costs.
absl::StatusOr<Verdict> CheckAllocation(const Subject& subject);
absl::StatusOr<Verdict> CheckSpeed(const Subject& subject);

inline Verdict Pass() { return {}; }
inline Verdict Fail(std::string seen) {
  return {ConformanceFinding::Outcome::kFail, std::move(seen)};
}
inline Verdict Note(std::string seen) {
  return {ConformanceFinding::Outcome::kNote, std::move(seen)};
}

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_CONFORMANCE_RULES_H_
