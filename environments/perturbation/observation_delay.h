// SPDX-License-Identifier: Apache-2.0
// Shows the observation of a number of steps before; before an episode's first
// one, that one. Not thread-safe.
#ifndef SOFTFLEET_ENVIRONMENTS_PERTURBATION_OBSERVATION_DELAY_H_
#define SOFTFLEET_ENVIRONMENTS_PERTURBATION_OBSERVATION_DELAY_H_

#include <string>
#include <vector>

#include "environments/observation_buffer.h"
#include "environments/perturbation/perturbed_environment.h"

namespace softfleet {

class ObservationDelay : public PerturbedEnvironment {
 public:
  explicit ObservationDelay(PerturbationPlace place);

  void Observe(ObservationPlaces groups) const override;

 private:
  void Began() override;
  void Stepped() override;
  void SaveOwn(std::string* bytes) const override;
  bool RestoreOwn(absl::string_view bytes) override;

  // The last delay + 1 observations, that of step t at t modulo their number.
  std::vector<ObservationBuffer> shown_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_PERTURBATION_OBSERVATION_DELAY_H_
