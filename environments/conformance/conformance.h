// SPDX-License-Identifier: Apache-2.0
// Whether an environment keeps what environment.h promises. For whoever writes
// one: `softfleet check-environment` prints it, tests run it over everything
// there is. Thread-safe: free functions.
//
// The rules, in their order (conformance.cc has a sentence about each): spec,
// episodes, determinism, seeds, observation, reward, wide actions, bad actions,
// before reset, after the end, time limit, final observation, save, damaged
// save, reset to, interleaving, allocation, speed. Where one of the first two
// is broken the others say nothing and are left out.
//
// What no rule can see: whether the physics is right, and whether the last
// observation of an episode that terminated is its own; that of a truncated one
// is compared with an environment that goes on.
#ifndef SOFTFLEET_ENVIRONMENTS_CONFORMANCE_CONFORMANCE_H_
#define SOFTFLEET_ENVIRONMENTS_CONFORMANCE_CONFORMANCE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/clock.h"
#include "environments/environment.h"

namespace softfleet {

// Makes the environment, with another limit of episodes where there is one.
using EnvironmentMaker =
    std::function<absl::StatusOr<std::unique_ptr<Environment>>(
        std::optional<int64_t> max_episode_steps)>;

struct ConformanceOptions {
  // Episodes have this seed and those that follow.
  uint64_t seed = 1;
  // Of an episode, at most; where its own end is not asked for.
  int64_t steps = 200;
  // Allocations of this thread until now. Unset: nobody counts them and the
  // rule about them is left out.
  std::function<int64_t()> allocations;
  Clock* clock = &SystemClock();
};

struct ConformanceFinding {
  enum class Outcome { kPass, kFail, kNote };

  std::string rule;     // "determinism"
  std::string promise;  // what it asks for, a sentence
  Outcome outcome = Outcome::kPass;
  // What was seen, with the seed; empty where it passed.
  std::string seen;
  std::string advice;  // what to do about a failure
};

// One finding per rule that was looked at. The error with which the environment
// cannot be made at all; later ones are findings.
absl::StatusOr<std::vector<ConformanceFinding>> CheckConformance(
    const EnvironmentMaker& make, const ConformanceOptions& options);

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_CONFORMANCE_CONFORMANCE_H_
