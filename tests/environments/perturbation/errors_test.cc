// SPDX-License-Identifier: Apache-2.0
// What an environment does not have is an error when it is made.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>

#include "environments/registry.h"
#include "tests/environments/perturbation/recorder.h"

namespace softfleet {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

using Change = std::function<void(PerturbationOptions&)>;

// The error of the environment with a second perturbation like that.
std::string ErrorOf(const std::string& name, const Change& change) {
  EnvironmentOptions options;
  options.name = name;
  options.perturbations.resize(2);
  change(options.perturbations[1]);
  const auto made = MakeEnvironment(options);
  EXPECT_TRUE(made.ok() || absl::IsInvalidArgument(made.status()));
  return std::string(made.status().message());
}

TEST(PerturbationErrors, NameThePhysicsThatAnEnvironmentDoesNotHave) {
  EXPECT_THAT(ErrorOf("Pendulum-v1", [](auto& p) { p.physics.friction = 0.5; }),
              AllOf(StartsWith("perturbation[1]: Pendulum-v1: "),
                    HasSubstr("no friction"), HasSubstr("mass")));
  EXPECT_THAT(ErrorOf("CartPole-v1",
                      [](auto& p) {
                        p.push_probability = 0.1;
                        p.push_force = 1;
                      }),
              AllOf(StartsWith("perturbation[1]: push_force: CartPole-v1: "),
                    HasSubstr("no force")));
  EXPECT_THAT(ErrorOf("HalfCheetah-v5",
                      [](auto& p) { p.physics.blocked = {"tunnel"}; }),
              AllOf(StartsWith("perturbation[1]: HalfCheetah-v5: "),
                    HasSubstr("no blocked")));
}

TEST(PerturbationErrors, NameTheWayThatThereIsNot) {
  EXPECT_THAT(
      ErrorOf("PointMass-v0", [](auto& p) { p.physics.blocked = {"tunel"}; }),
      AllOf(StartsWith("perturbation[1]: PointMass-v0: "), HasSubstr("tunel")));
}

TEST(PerturbationErrors, NameTheGroupOrElementThatThereIsNot) {
  const auto with = [](const std::string& group) {
    return [group](auto& p) { p.dropout_groups = {"state", group}; };
  };
  EXPECT_EQ(ErrorOf("Pendulum-v1", with("stat")),
            "perturbation[1]: dropout_group: Pendulum-v1 has no observation "
            "group \"stat\"; did you mean \"state\"?");
  for (const std::string group : {"state[3]", "state[-1]", "state[x]",
                                  "state[]", "state[1", "state[1]]"}) {
    EXPECT_EQ(ErrorOf("Pendulum-v1", with(group)),
              "perturbation[1]: dropout_group: \"" + group +
                  "\" is no element of Pendulum-v1's group \"state\", which "
                  "has [0] to [2]");
  }
  EXPECT_EQ(ErrorOf("Pendulum-v1", with("state[2]")), "");
}

TEST(PerturbationErrors, NameTheGroupThatCannotBeNoisy) {
  PerturbationOptions options;
  options.observation_noise = 0.1;
  const auto made =
      Perturb(std::make_unique<Recorder>(2, /*pixels=*/true), {options});
  EXPECT_EQ(made.status().message(),
            "perturbation[0]: observation_noise: Recorder's observation group "
            "\"pixels\" is of U8, and noise is for float numbers");
}

TEST(PerturbationErrors, NameTheValueThatIsNone) {
  const std::vector<std::pair<std::string, Change>> changes = {
      {"from_step",
       [](auto& p) {
         p.steps = {4, 4};
       }},
      {"from_step", [](auto& p) { p.steps.from = -1; }},
      {"mass", [](auto& p) { p.physics.mass = 0; }},
      {"gain", [](auto& p) { p.physics.gain = NAN; }},
      {"push_probability", [](auto& p) { p.push_probability = 1.5; }},
      {"push_force", [](auto& p) { p.push_force = INFINITY; }},
      {"push_steps", [](auto& p) { p.push_steps = 0; }},
      {"action_delay", [](auto& p) { p.action_delay = -1; }},
      {"observation_delay", [](auto& p) { p.observation_delay = 1001; }},
      {"dropout_probability", [](auto& p) { p.dropout_probability = NAN; }},
      {"observation_noise", [](auto& p) { p.observation_noise = -0.1; }},
  };
  for (const auto& [field, change] : changes) {
    EXPECT_THAT(ErrorOf("HalfCheetah-v5", change),
                AllOf(StartsWith("perturbation[1]: "), HasSubstr(field)));
  }
}

}  // namespace
}  // namespace softfleet
