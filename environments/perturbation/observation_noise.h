// SPDX-License-Identifier: Apache-2.0
// Normal noise on every element of an observation, drawn anew at every step.
// Not thread-safe.
#ifndef SOFTFLEET_ENVIRONMENTS_PERTURBATION_OBSERVATION_NOISE_H_
#define SOFTFLEET_ENVIRONMENTS_PERTURBATION_OBSERVATION_NOISE_H_

#include "environments/perturbation/perturbed_environment.h"

namespace softfleet {

// InvalidArgument names the first group that is not of float numbers.
absl::Status CheckNoiseFits(const EnvironmentSpec& spec);

class ObservationNoise : public PerturbedEnvironment {
 public:
  // CheckNoiseFits of the inner environment's spec.
  explicit ObservationNoise(PerturbationPlace place);

  void Observe(ObservationPlaces groups) const override;
};

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_PERTURBATION_OBSERVATION_NOISE_H_
