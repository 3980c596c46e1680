// SPDX-License-Identifier: Apache-2.0
// What the perturbations share: each wraps an environment and is one itself. It
// knows the number of the step and the seed of the episode, from which alone
// its random numbers come: what happens at a step does not depend on how often
// it is asked for, nor on what happened before. An episode that begins at a
// state has a seed made of that state.
//
// A new one overrides what it disturbs. Not thread-safe, as every Environment;
// allocates nothing in Step and Observe.
#ifndef SOFTFLEET_ENVIRONMENTS_PERTURBATION_PERTURBED_ENVIRONMENT_H_
#define SOFTFLEET_ENVIRONMENTS_PERTURBATION_PERTURBED_ENVIRONMENT_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/philox.h"
#include "environments/environment.h"
#include "environments/perturbation/perturbation_options.h"

namespace softfleet {

// What is disturbed, and by which perturbation.
struct PerturbationPlace {
  std::unique_ptr<Environment> inner;
  PerturbationOptions options;
  // Tells apart the random numbers of the perturbations of one environment.
  uint32_t index = 0;
};

class PerturbedEnvironment : public Environment {
 public:
  const EnvironmentSpec& spec() const final { return inner_->spec(); }
  const Environment& innermost() const final { return inner_->innermost(); }
  std::vector<double> state() const final { return inner_->state(); }

  absl::Status Reset(uint64_t seed) final;
  absl::Status ResetTo(std::span<const double> state) final;
  absl::StatusOr<StepResult> Step(std::span<const float> action) override;
  absl::StatusOr<StepResult> Step(int32_t action) override;
  // After an episode's last step too it is what a policy would be shown: as
  // late, as noisy and as incomplete as any other.
  void Observe(ObservationPlaces groups) const override;
  absl::Status SetPhysics(const Physics& physics) override;

  // Little endian: format version, length and text of the kind and the
  // perturbation, step, seed, length of what SaveOwn wrote and that, what the
  // inner environment saved.
  absl::StatusOr<std::string> Save() const final;
  absl::Status Restore(absl::string_view saved) final;

 protected:
  // `kind` tells the classes apart in a saved state.
  PerturbedEnvironment(PerturbationPlace place, absl::string_view kind);

  // Before the inner environment begins an episode, and before it takes the
  // step step(). They may be called again for the same one.
  virtual absl::Status PrepareReset() { return absl::OkStatus(); }
  virtual absl::Status PrepareStep() { return absl::OkStatus(); }
  // After it began one, and after it took a step; step() is the next one's.
  virtual void Began() {}
  virtual void Stepped() {}

  // What else is needed to continue bit-exactly. RestoreOwn: false, and nothing
  // has changed, where the bytes are none of its own.
  virtual void SaveOwn(std::string* /*bytes*/) const {}
  virtual bool RestoreOwn(absl::string_view bytes) { return bytes.empty(); }

  Environment& inner() { return *inner_; }
  const Environment& inner() const { return *inner_; }
  const PerturbationOptions& options() const { return options_; }
  // The step to take next, which the current observation is for.
  int64_t step() const { return step_; }
  // Whether the perturbation holds at step().
  bool holds() const { return options_.steps.contains(step_); }
  // The random numbers of step().
  Philox Random(Purpose purpose) const;

 private:
  template <typename Begin>
  absl::Status BeginWith(uint64_t seed, Begin begin);
  template <typename Action>
  absl::StatusOr<StepResult> StepWith(Action action);

  std::unique_ptr<Environment> inner_;
  const PerturbationOptions options_;
  const uint32_t index_;
  const std::string header_;  // what every saved state begins with
  uint64_t seed_ = 0;
  int64_t step_ = 0;
};

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_PERTURBATION_PERTURBED_ENVIRONMENT_H_
