// SPDX-License-Identifier: Apache-2.0
// Executes the action that was given a number of steps before; before an
// episode's first one, zeros or the index 0. Not thread-safe.
#ifndef SOFTFLEET_ENVIRONMENTS_PERTURBATION_ACTION_DELAY_H_
#define SOFTFLEET_ENVIRONMENTS_PERTURBATION_ACTION_DELAY_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "environments/perturbation/perturbed_environment.h"

namespace softfleet {

class ActionDelay : public PerturbedEnvironment {
 public:
  // The delay is at least 1.
  explicit ActionDelay(PerturbationPlace place);

  absl::StatusOr<StepResult> Step(std::span<const float> action) override;
  absl::StatusOr<StepResult> Step(int32_t action) override;

 private:
  void Began() override;
  void SaveOwn(std::string* bytes) const override;
  bool RestoreOwn(absl::string_view bytes) override;

  // Where the action of step() comes to, and that given `delay` steps before
  // is until then.
  size_t Slot() const {
    return static_cast<size_t>(step() % options().action_delay);
  }

  // The last `delay` actions given; one of both is empty.
  std::vector<float> vectors_;  // [slot][dimension]
  std::vector<int32_t> indices_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_PERTURBATION_ACTION_DELAY_H_
