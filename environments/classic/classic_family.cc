// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "environments/classic/acrobot.h"
#include "environments/classic/cart_pole.h"
#include "environments/classic/mountain_car.h"
#include "environments/classic/mountain_car_continuous.h"
#include "environments/classic/pendulum.h"
#include "environments/family.h"

namespace softfleet {
namespace {

using Made = absl::StatusOr<std::unique_ptr<EpisodicEnvironment>>;

Made MakeAcrobot(SettingsReader& settings) {
  std::string equations = "book";
  settings.Read("book_or_nips", &equations);
  if (equations != "book" && equations != "nips") {
    return absl::InvalidArgumentError(absl::StrCat(
        "book_or_nips is \"", equations, "\", not \"book\" or \"nips\""));
  }
  return std::make_unique<Acrobot>(
      AcrobotSpec(), equations == "book" ? Acrobot::Equations::kBook
                                         : Acrobot::Equations::kPaper);
}

Made MakeCartPole(SettingsReader& settings) {
  bool sutton_barto_reward = false;
  settings.Read("sutton_barto_reward", &sutton_barto_reward);
  return std::make_unique<CartPole>(CartPoleSpec(), sutton_barto_reward);
}

Made MakeMountainCar(SettingsReader& settings) {
  double goal_velocity = 0;
  settings.Read("goal_velocity", &goal_velocity);
  return std::make_unique<MountainCar>(MountainCarSpec(), goal_velocity);
}

Made MakeMountainCarContinuous(SettingsReader& settings) {
  double goal_velocity = 0;
  settings.Read("goal_velocity", &goal_velocity);
  return std::make_unique<MountainCarContinuous>(MountainCarContinuousSpec(),
                                                 goal_velocity);
}

Made MakePendulum(SettingsReader& settings) {
  double gravity = 10;
  settings.Read("g", &gravity);
  return std::make_unique<Pendulum>(PendulumSpec(), gravity);
}

constexpr FamilyMember kMembers[] = {
    {"Acrobot-v1", MakeAcrobot},
    {"CartPole-v1", MakeCartPole},
    {"MountainCar-v0", MakeMountainCar},
    {"MountainCarContinuous-v0", MakeMountainCarContinuous},
    {"Pendulum-v1", MakePendulum},
};

}  // namespace

std::span<const FamilyMember> ClassicFamily() { return kMembers; }

}  // namespace softfleet
