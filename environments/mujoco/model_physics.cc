// SPDX-License-Identifier: Apache-2.0
#include "environments/mujoco/model_physics.h"

#include <cmath>
#include <utility>

#include "absl/strings/string_view.h"
#include "core/status.h"
#include "environments/mujoco/call_mujoco.h"

namespace softfleet {
namespace {

// to[i] = factor * from[i] for `count` numbers, every `stride`-th.
void Scale(const mjtNum* from, mjtNum* to, int count, double factor,
           int stride = 1) {
  for (int i = 0; i < count; ++i) to[i * stride] = factor * from[i * stride];
}

bool CanTouch(const mjModel& model, int a, int b) {
  const auto wants = [&](int i, int j) {
    return (model.geom_contype[i] & model.geom_conaffinity[j]) != 0;
  };
  const int body_a = model.body_weldid[model.geom_bodyid[a]];
  const int body_b = model.body_weldid[model.geom_bodyid[b]];
  const int parent_a = model.body_weldid[model.body_parentid[body_a]];
  const int parent_b = model.body_weldid[model.body_parentid[body_b]];
  const bool neighbours =
      body_a != 0 && body_b != 0 && (body_a == parent_b || body_b == parent_a);
  return (wants(a, b) || wants(b, a)) && body_a != body_b && !neighbours;
}

bool HasContacts(const mjModel& model) {
  if (model.npair > 0) return true;
  for (int a = 0; a < model.ngeom; ++a) {
    for (int b = 0; b < a; ++b) {
      if (CanTouch(model, a, b)) return true;
    }
  }
  return false;
}

// Negative ones are stiffness and damping, which the factors are not about.
bool HasContactTimes(const mjModel& model) {
  for (int i = 0; i < model.ngeom; ++i) {
    if (model.geom_solref[i * mjNREF] <= 0) return false;
  }
  for (int i = 0; i < model.npair; ++i) {
    if (model.pair_solref[i * mjNREF] <= 0) return false;
  }
  return true;
}

bool ChangesContacts(const Physics& a, const Physics& b) {
  return a.friction != b.friction || a.contact_time != b.contact_time ||
         a.contact_damping != b.contact_damping;
}

bool HasGravity(const mjModel& model) {
  const mjtNum* const gravity = model.opt.gravity;
  return gravity[0] != 0 || gravity[2] != 0;
}

// The fields of Physics that mean something for the model.
std::vector<absl::string_view> KnownPhysics(const mjModel& model) {
  std::vector<absl::string_view> known = {"mass", "gain", "force"};
  if (HasGravity(model)) known.push_back("gravity_tilt");
  if (!HasContacts(model)) return known;
  known.push_back("friction");
  if (!HasContactTimes(model)) return known;
  known.insert(known.end(), {"contact_time", "contact_damping"});
  return known;
}

}  // namespace

ModelPhysics::ModelPhysics(SharedModel nominal)
    : nominal_(std::move(nominal)), known_(KnownPhysics(*nominal_)) {}

absl::Status ModelPhysics::MakeEdited() {
  if (edited_ != nullptr) return absl::OkStatus();
  mjModel* copy = nullptr;
  SF_RETURN_IF_ERROR(
      CallMujoco([&] { copy = mj_copyModel(nullptr, nominal_.get()); }));
  edited_.reset(copy);
  SF_ASSIGN_OR_RETURN(scratch_, MakeData(*edited_));
  return absl::OkStatus();
}

absl::Status ModelPhysics::Set(const Physics& physics) {
  SF_RETURN_IF_ERROR(CheckPhysics(physics, known_));
  Physics wanted = physics;
  wanted.force = Physics().force;
  if (wanted == now_) return absl::OkStatus();
  SF_RETURN_IF_ERROR(MakeEdited());
  if (wanted.mass != now_.mass) SF_RETURN_IF_ERROR(SetMass(wanted.mass));
  if (ChangesContacts(wanted, now_)) SetContacts(wanted);
  if (wanted.gain != now_.gain) SetGain(wanted.gain);
  if (wanted.gravity_tilt != now_.gravity_tilt) SetTilt(wanted.gravity_tilt);
  now_ = wanted;
  return absl::OkStatus();
}

// mj_setConst writes more than a list here could keep up with, so the copy is
// made anew; what else was changed is applied again by Set.
absl::Status ModelPhysics::SetMass(double factor) {
  const mjModel& from = *nominal_;
  now_ = Physics();
  return CallMujoco([&] {
    mj_copyModel(edited_.get(), &from);
    if (factor == 1) return;
    Scale(from.body_mass, edited_->body_mass, from.nbody, factor);
    Scale(from.body_inertia, edited_->body_inertia, 3 * from.nbody, factor);
    mj_setConst(edited_.get(), scratch_.get());
  });
}

void ModelPhysics::SetContacts(const Physics& physics) {
  const mjModel& from = *nominal_;
  mjModel& to = *edited_;
  Scale(from.geom_friction, to.geom_friction, 3 * from.ngeom, physics.friction);
  Scale(from.pair_friction, to.pair_friction, 5 * from.npair, physics.friction);
  Scale(from.geom_solref, to.geom_solref, from.ngeom, physics.contact_time,
        mjNREF);
  Scale(from.pair_solref, to.pair_solref, from.npair, physics.contact_time,
        mjNREF);
  Scale(from.geom_solref + 1, to.geom_solref + 1, from.ngeom,
        physics.contact_damping, mjNREF);
  Scale(from.pair_solref + 1, to.pair_solref + 1, from.npair,
        physics.contact_damping, mjNREF);
}

void ModelPhysics::SetGain(double factor) {
  Scale(nominal_->actuator_gainprm, edited_->actuator_gainprm, nominal_->nu,
        factor, mjNGAIN);
}

void ModelPhysics::SetTilt(double angle) {
  const mjtNum* const from = nominal_->opt.gravity;
  mjtNum* const to = edited_->opt.gravity;
  const double sine = std::sin(angle);
  const double cosine = std::cos(angle);
  to[0] = cosine * from[0] - sine * from[2];
  to[2] = sine * from[0] + cosine * from[2];
}

}  // namespace softfleet
