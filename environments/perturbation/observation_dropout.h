// SPDX-License-Identifier: Apache-2.0
// Parts of an observation that read zero at random, each for itself at every
// step: a group, or one element of it. Not thread-safe.
#ifndef SOFTFLEET_ENVIRONMENTS_PERTURBATION_OBSERVATION_DROPOUT_H_
#define SOFTFLEET_ENVIRONMENTS_PERTURBATION_OBSERVATION_DROPOUT_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "environments/perturbation/perturbed_environment.h"

namespace softfleet {

// Bytes of a group.
struct ObservationPart {
  size_t group = 0;
  size_t offset = 0;
  size_t size = 0;
};

// Of "state" or "state[3]" each; of none, all groups. InvalidArgument names
// what is no group, or no element of it.
absl::StatusOr<std::vector<ObservationPart>> FindObservationParts(
    const EnvironmentSpec& spec, const std::vector<std::string>& names);

class ObservationDropout : public PerturbedEnvironment {
 public:
  ObservationDropout(PerturbationPlace place,
                     std::vector<ObservationPart> parts);

  void Observe(ObservationPlaces groups) const override;

 private:
  const std::vector<ObservationPart> parts_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_PERTURBATION_OBSERVATION_DROPOUT_H_
