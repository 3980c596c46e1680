// SPDX-License-Identifier: Apache-2.0
// Wraps an environment in what disturbs it. Thread-safe: a free function.
#ifndef SOFTFLEET_ENVIRONMENTS_PERTURBATION_PERTURB_H_
#define SOFTFLEET_ENVIRONMENTS_PERTURBATION_PERTURB_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "environments/environment.h"
#include "environments/perturbation/perturbation_options.h"

namespace softfleet {

// The first perturbation is the innermost. Within one, actions are delayed
// before they act on the disturbed physics; noise is added to an observation
// where it is made, it is delayed, and it drops out where it arrives. What
// changes nothing wraps nothing: the environment itself is returned then.
// InvalidArgument names the perturbation, the field, and what is wrong with its
// value or what the environment lacks:
// "perturbation[1]: Pendulum-v1: it has no friction that can be changed ...".
absl::StatusOr<std::unique_ptr<Environment>> Perturb(
    std::unique_ptr<Environment> environment,
    const std::vector<PerturbationOptions>& perturbations);

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_PERTURBATION_PERTURB_H_
