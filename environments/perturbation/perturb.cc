// SPDX-License-Identifier: Apache-2.0
#include "environments/perturbation/perturb.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "environments/perturbation/action_delay.h"
#include "environments/perturbation/observation_delay.h"
#include "environments/perturbation/observation_dropout.h"
#include "environments/perturbation/observation_noise.h"
#include "environments/perturbation/perturbed_physics.h"
#include "environments/perturbation/random_pushes.h"

namespace softfleet {
namespace {

// Whether the environment can have that physics, which it then has not. To ask
// for what it does not have is a mistake of who asks.
absl::Status TryPhysics(const Physics& physics, Environment& environment) {
  const absl::Status status = environment.SetPhysics(physics);
  if (absl::IsUnimplemented(status)) {
    return absl::InvalidArgumentError(status.message());
  }
  SF_RETURN_IF_ERROR(status);
  return environment.SetPhysics(Physics());
}

absl::Status CheckFits(const PerturbationOptions& options,
                       Environment& environment) {
  SF_RETURN_IF_ERROR(CheckPerturbation(options));
  SF_RETURN_IF_ERROR(TryPhysics(options.physics, environment));
  if (options.has_pushes()) {
    Physics pushed;
    pushed.force = {options.push_force, 0, 0};
    SF_RETURN_IF_ERROR(Annotate(TryPhysics(pushed, environment), "push_force"));
  }
  if (options.has_noise()) {
    SF_RETURN_IF_ERROR(
        Annotate(CheckNoiseFits(environment.spec()), "observation_noise"));
  }
  return absl::OkStatus();
}

// An environment in what one perturbation wraps it in, inside first.
class Wrapping {
 public:
  Wrapping(std::unique_ptr<Environment> inner,
           const PerturbationOptions& options, uint32_t index)
      : environment_(std::move(inner)), options_(options), index_(index) {}

  template <typename Wrapper, typename... More>
  void Wrap(bool wanted, More... more) {
    if (!wanted) return;
    environment_ = std::make_unique<Wrapper>(
        PerturbationPlace{std::move(environment_), options_, index_},
        std::move(more)...);
  }

  std::unique_ptr<Environment> Take() { return std::move(environment_); }

 private:
  std::unique_ptr<Environment> environment_;
  const PerturbationOptions& options_;
  const uint32_t index_;
};

absl::StatusOr<std::unique_ptr<Environment>> PerturbOnce(
    std::unique_ptr<Environment> environment,
    const PerturbationOptions& options, uint32_t index) {
  SF_RETURN_IF_ERROR(CheckFits(options, *environment));
  auto parts =
      FindObservationParts(environment->spec(), options.dropout_groups);
  SF_RETURN_IF_ERROR(Annotate(parts.status(), "dropout_group"));
  Wrapping wrapping(std::move(environment), options, index);
  wrapping.Wrap<PhysicsPerturbation>(options.has_physics());
  wrapping.Wrap<RandomPushes>(options.has_pushes());
  wrapping.Wrap<ActionDelay>(options.action_delay > 0);
  wrapping.Wrap<ObservationNoise>(options.has_noise());
  wrapping.Wrap<ObservationDelay>(options.observation_delay > 0);
  wrapping.Wrap<ObservationDropout>(options.has_dropout(), *std::move(parts));
  return wrapping.Take();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Environment>> Perturb(
    std::unique_ptr<Environment> environment,
    const std::vector<PerturbationOptions>& perturbations) {
  uint32_t index = 0;  // among those that change anything
  for (size_t i = 0; i < perturbations.size(); ++i) {
    auto perturbed =
        PerturbOnce(std::move(environment), perturbations[i], index);
    SF_RETURN_IF_ERROR(
        Annotate(perturbed.status(), absl::StrCat("perturbation[", i, "]")));
    environment = *std::move(perturbed);
    if (!DescribePerturbation(perturbations[i]).empty()) ++index;
  }
  return environment;
}

}  // namespace softfleet
