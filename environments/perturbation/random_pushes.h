// SPDX-License-Identifier: Apache-2.0
// Pushes of the main body at random, one at a time: of one strength and length,
// in a horizontal direction drawn for each. Not thread-safe.
#ifndef SOFTFLEET_ENVIRONMENTS_PERTURBATION_RANDOM_PUSHES_H_
#define SOFTFLEET_ENVIRONMENTS_PERTURBATION_RANDOM_PUSHES_H_

#include <cstdint>
#include <string>

#include "environments/perturbation/perturbed_physics.h"

namespace softfleet {

class RandomPushes : public PerturbedPhysics {
 public:
  explicit RandomPushes(PerturbationPlace place);

 private:
  struct Push {
    int64_t end = 0;  // the first step without it
    double x = 0;     // N
    double y = 0;
  };

  absl::Status PrepareReset() override;
  absl::Status PrepareStep() override;
  void Began() override { push_ = Push(); }
  void Stepped() override { push_ = prepared_; }
  void SaveOwn(std::string* bytes) const override;
  bool RestoreOwn(absl::string_view bytes) override;

  // Of step(): the one that lasts, or one that begins, or none.
  Push Next() const;

  Push push_;      // of the last step
  Push prepared_;  // of the step about to be taken
};

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_PERTURBATION_RANDOM_PUSHES_H_
