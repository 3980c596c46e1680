// SPDX-License-Identifier: Apache-2.0
// What disturbs an environment: a configuration's Perturbation as a plain value
// (environment.proto says what each field means). Values; thread-safe.
#ifndef SOFTFLEET_ENVIRONMENTS_PERTURBATION_PERTURBATION_OPTIONS_H_
#define SOFTFLEET_ENVIRONMENTS_PERTURBATION_PERTURBATION_OPTIONS_H_

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "environments/physics.h"

namespace softfleet {

// Steps of an episode, counted from 0: [from, until).
struct StepRange {
  int64_t from = 0;
  int64_t until = std::numeric_limits<int64_t>::max();

  bool contains(int64_t step) const { return from <= step && step < until; }
  bool operator==(const StepRange&) const = default;
};

struct PerturbationOptions {
  StepRange steps;  // in which it holds

  Physics physics;

  double push_probability = 0;
  double push_force = 0;  // N
  int64_t push_steps = 1;

  int64_t action_delay = 0;       // steps
  int64_t observation_delay = 0;  // steps

  double dropout_probability = 0;
  std::vector<std::string> dropout_groups;  // "state", "state[3]"; empty = all

  double observation_noise = 0;  // standard deviation

  bool operator==(const PerturbationOptions&) const = default;

  bool has_physics() const { return physics != Physics(); }
  bool has_pushes() const { return push_probability > 0 && push_force > 0; }
  bool has_dropout() const { return dropout_probability > 0; }
  bool has_noise() const { return observation_noise > 0; }
};

// InvalidArgument names the field that no environment could have so.
absl::Status CheckPerturbation(const PerturbationOptions& options);

// A text that is equal exactly when two perturbations are; "" for one that
// changes nothing. "{from_step:100 friction:0.5}"
std::string DescribePerturbation(const PerturbationOptions& options);

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_PERTURBATION_PERTURBATION_OPTIONS_H_
