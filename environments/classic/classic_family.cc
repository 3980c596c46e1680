// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "environments/classic/cart_pole.h"
#include "environments/classic/pendulum.h"
#include "environments/family.h"

namespace softfleet {
namespace {

absl::StatusOr<std::unique_ptr<EpisodicEnvironment>> MakeCartPole(
    SettingsReader& /*settings*/) {
  return std::make_unique<CartPole>(CartPoleSpec());
}

absl::StatusOr<std::unique_ptr<EpisodicEnvironment>> MakePendulum(
    SettingsReader& settings) {
  double gravity = 10;
  settings.Read("g", &gravity);
  return std::make_unique<Pendulum>(PendulumSpec(), gravity);
}

constexpr FamilyMember kMembers[] = {
    {"CartPole-v1", MakeCartPole},
    {"Pendulum-v1", MakePendulum},
};

}  // namespace

std::span<const FamilyMember> ClassicFamily() { return kMembers; }

}  // namespace softfleet
