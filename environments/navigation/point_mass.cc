// SPDX-License-Identifier: Apache-2.0
#include "environments/navigation/point_mass.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "core/status.h"

namespace softfleet {
namespace {

constexpr double kMaxForce = 4;
constexpr double kMaxSpeed = 2;
constexpr double kTimeStep = 0.1;

}  // namespace

EnvironmentSpec PointMassSpec() {
  EnvironmentSpec spec;
  spec.name = "PointMass-v0";
  spec.observations = {{"state", DType::kF32, {4}}};
  spec.action = {ActionSpec::Kind::kContinuous, 2, 0};
  spec.action_low = {-kMaxForce, -kMaxForce};
  spec.action_high = {kMaxForce, kMaxForce};
  spec.max_episode_steps = 200;
  spec.control_frequency = 1 / kTimeStep;
  return spec;
}

PointMass::PointMass(const NavigationOptions& options)
    : Navigation(PointMassSpec(), 4, options) {}

absl::Status PointMass::SetPhysics(const Physics& physics) {
  SF_RETURN_IF_ERROR(
      Annotate(CheckPhysics(physics, {"mass", "gain", "force", "blocked"}),
               spec().name));
  if (physics.force[2] != 0) {
    return absl::UnimplementedError(
        absl::StrCat(spec().name, " moves in a plane: the third number of ",
                     "force is ", physics.force[2], ", not 0"));
  }
  SF_RETURN_IF_ERROR(SetBlocked(physics.blocked));
  mass_ = physics.mass;
  gain_ = physics.gain;
  push_ = {physics.force[0], physics.force[1]};
  return absl::OkStatus();
}

Point PointMass::DrawPosition(Philox& random, Cell cell) const {
  const double x = random.NextUniform();
  return {cell.x + x, cell.y + random.NextUniform()};
}

absl::Status PointMass::CheckBody(std::span<const double> body) const {
  for (const double speed : body.subspan(2)) {
    if (std::abs(speed) <= kMaxSpeed) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        "state: a speed of ", speed, " is above ", kMaxSpeed, " m/s"));
  }
  return absl::OkStatus();
}

std::optional<Way> PointMass::MoveBody(std::span<const float> action,
                                       int32_t /*index*/,
                                       std::span<double> body) const {
  const auto speed_up = [&](double speed, double force, double push) {
    const double pull = gain_ * std::clamp(force, -kMaxForce, kMaxForce);
    return std::clamp(speed + (pull + push) / mass_ * kTimeStep, -kMaxSpeed,
                      kMaxSpeed);
  };
  const Point velocity = {speed_up(body[2], action[0], push_.x),
                          speed_up(body[3], action[1], push_.y)};
  const TwoWaysMap::Motion motion = map().Move(
      {body[0], body[1]}, {velocity.x * kTimeStep, velocity.y * kTimeStep});
  body[0] = motion.to.x;
  body[1] = motion.to.y;
  body[2] = motion.hit_x ? 0 : velocity.x;
  body[3] = motion.hit_y ? 0 : velocity.y;
  return motion.crossed;
}

}  // namespace softfleet
