// SPDX-License-Identifier: Apache-2.0
#include "environments/perturbation/random_pushes.h"

#include <cmath>
#include <numbers>
#include <utility>

#include "environments/state_bytes.h"

namespace softfleet {

RandomPushes::RandomPushes(PerturbationPlace place)
    : PerturbedPhysics(std::move(place), "pushes") {}

absl::Status RandomPushes::PrepareReset() { return SetOwn(Physics()); }

absl::Status RandomPushes::PrepareStep() {
  prepared_ = Next();
  Physics own;
  own.force = {prepared_.x, prepared_.y, 0};
  return SetOwn(own);
}

RandomPushes::Push RandomPushes::Next() const {
  if (!holds()) return {};
  if (step() < push_.end) return push_;
  Philox random = Random(Purpose::kRandomPush);
  if (random.NextUniform() >= options().push_probability) return {};
  const double angle = 2 * std::numbers::pi * random.NextUniform();
  const double force = options().push_force;
  return {step() + options().push_steps, force * std::cos(angle),
          force * std::sin(angle)};
}

void RandomPushes::SaveOwn(std::string* bytes) const {
  PutState(push_.end, bytes);
  PutState(push_.x, bytes);
  PutState(push_.y, bytes);
}

bool RandomPushes::RestoreOwn(absl::string_view bytes) {
  Push push;
  if (!TakeState(&bytes, &push.end) || !TakeState(&bytes, &push.x) ||
      !TakeState(&bytes, &push.y) || !bytes.empty()) {
    return false;
  }
  if (push.end < 0 || !std::isfinite(push.x) || !std::isfinite(push.y)) {
    return false;
  }
  push_ = push;
  return true;
}

}  // namespace softfleet
