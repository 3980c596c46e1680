// SPDX-License-Identifier: Apache-2.0
#include "environments/perturbation/perturbed_physics.h"

#include <algorithm>
#include <utility>

#include "core/status.h"

namespace softfleet {
namespace {

void Combine(const Physics& more, Physics* physics) {
  physics->friction *= more.friction;
  physics->mass *= more.mass;
  physics->gain *= more.gain;
  physics->contact_time *= more.contact_time;
  physics->contact_damping *= more.contact_damping;
  physics->gravity_tilt += more.gravity_tilt;
  for (size_t i = 0; i < physics->force.size(); ++i) {
    physics->force[i] += more.force[i];
  }
  for (const std::string& way : more.blocked) {
    if (std::ranges::count(physics->blocked, way) > 0) continue;
    physics->blocked.push_back(way);
  }
}

}  // namespace

absl::Status PerturbedPhysics::SetPhysics(const Physics& physics) {
  return Set(physics, own_);
}

absl::Status PerturbedPhysics::SetOwn(const Physics& own) {
  return own == own_ ? absl::OkStatus() : Set(outer_, own);
}

absl::Status PerturbedPhysics::Set(const Physics& outer, const Physics& own) {
  combined_ = outer;
  Combine(own, &combined_);
  SF_RETURN_IF_ERROR(inner().SetPhysics(combined_));
  outer_ = outer;
  own_ = own;
  return absl::OkStatus();
}

PhysicsPerturbation::PhysicsPerturbation(PerturbationPlace place)
    : PerturbedPhysics(std::move(place), "physics") {}

absl::Status PhysicsPerturbation::PrepareReset() {
  return SetOwn(options().steps.contains(0) ? options().physics : nominal_);
}

absl::Status PhysicsPerturbation::PrepareStep() {
  return SetOwn(holds() ? options().physics : nominal_);
}

}  // namespace softfleet
