// SPDX-License-Identifier: Apache-2.0
// A perturbation of the physics: what it changes is combined with what is set
// from outside, by a perturbation around this one for example. Not thread-safe.
#ifndef SOFTFLEET_ENVIRONMENTS_PERTURBATION_PERTURBED_PHYSICS_H_
#define SOFTFLEET_ENVIRONMENTS_PERTURBATION_PERTURBED_PHYSICS_H_

#include "environments/perturbation/perturbed_environment.h"
#include "environments/physics.h"

namespace softfleet {

class PerturbedPhysics : public PerturbedEnvironment {
 public:
  // Factors multiply; tilts and forces add up; what either blocks is blocked.
  absl::Status SetPhysics(const Physics& physics) final;

 protected:
  using PerturbedEnvironment::PerturbedEnvironment;

  // Changes the physics so from now on.
  absl::Status SetOwn(const Physics& own);

 private:
  absl::Status Set(const Physics& outer, const Physics& own);

  Physics outer_;
  Physics own_;
  Physics combined_;
};

// The physics of a perturbation, in the steps in which it holds.
class PhysicsPerturbation : public PerturbedPhysics {
 public:
  explicit PhysicsPerturbation(PerturbationPlace place);

 private:
  absl::Status PrepareReset() override;
  absl::Status PrepareStep() override;

  const Physics nominal_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_PERTURBATION_PERTURBED_PHYSICS_H_
