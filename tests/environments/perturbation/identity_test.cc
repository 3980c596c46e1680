// SPDX-License-Identifier: Apache-2.0
// What changes nothing changes not one bit, in every environment.
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "environments/registry.h"
#include "tests/environments/perturbation/trajectory.h"

namespace softfleet {
namespace {

constexpr int64_t kSteps = 60;
constexpr int64_t kNever = 1000000;  // beyond every episode

// A perturbation of each kind, strong enough to be seen.
std::map<std::string, PerturbationOptions> Kinds() {
  std::map<std::string, PerturbationOptions> kinds;
  kinds["friction"].physics.friction = 0.3;
  kinds["mass"].physics.mass = 1.7;
  kinds["gain"].physics.gain = 0.4;
  kinds["contact_time"].physics.contact_time = 3;
  kinds["contact_damping"].physics.contact_damping = 0.5;
  kinds["gravity_tilt"].physics.gravity_tilt = 0.2;
  kinds["force"].physics.force = {3, 0, 0};
  kinds["blocked"].physics.blocked = {"tunnel"};
  kinds["pushes"].push_probability = 0.5;
  kinds["pushes"].push_force = 5;
  kinds["action_delay"].action_delay = 3;
  kinds["observation_delay"].observation_delay = 2;
  kinds["dropout"].dropout_probability = 0.5;
  kinds["noise"].observation_noise = 0.1;
  return kinds;
}

// Whether the environment has what the perturbation is about.
bool Supports(const std::string& name, const PerturbationOptions& options) {
  EnvironmentOptions perturbed;
  perturbed.name = name;
  perturbed.perturbations = {options};
  return MakeEnvironment(perturbed).ok();
}

class PerturbationIdentity : public ::testing::TestWithParam<std::string> {};

TEST_P(PerturbationIdentity, WhatNeverHoldsChangesNotOneBit) {
  const auto bare = MakePerturbed(GetParam(), {});
  const std::vector<Seen> expected = Episode(*bare, 7, kSteps);
  for (auto [kind, options] : Kinds()) {
    if (!Supports(GetParam(), options)) continue;
    SCOPED_TRACE(kind);
    options.steps.from = kNever;
    EXPECT_EQ(Episode(*MakePerturbed(GetParam(), {options}), 7, kSteps),
              expected);
  }
}

TEST_P(PerturbationIdentity, NominalValuesWrapNothing) {
  PerturbationOptions nominal;
  nominal.steps = {3, 9};
  nominal.push_force = 5;  // with a probability of 0
  nominal.push_steps = 4;  // likewise
  const auto bare = MakePerturbed(GetParam(), {});
  const auto perturbed = MakePerturbed(GetParam(), {nominal, {}});
  EXPECT_EQ(&perturbed->innermost(), perturbed.get());
  EXPECT_EQ(Episode(*perturbed, 7, kSteps), Episode(*bare, 7, kSteps));
  EXPECT_EQ(perturbed->Save().value(), bare->Save().value());
  EnvironmentOptions options;
  options.name = GetParam();
  const std::string description = DescribeEnvironment(options);
  options.perturbations = {nominal, {}};
  EXPECT_EQ(DescribeEnvironment(options), description);
}

// Without it the tests above would hold of perturbations that do nothing.
TEST_P(PerturbationIdentity, WhatHoldsIsSeen) {
  const auto bare = MakePerturbed(GetParam(), {});
  std::vector<Seen> expected = Episode(*bare, 7, kSteps);
  for (const auto& [kind, options] : Kinds()) {
    // Random actions reach no way within these steps; a contact may be missing.
    if (kind == "blocked" || kind == "friction" ||
        kind.starts_with("contact")) {
      continue;
    }
    if (!Supports(GetParam(), options)) continue;
    SCOPED_TRACE(kind);
    EXPECT_NE(Episode(*MakePerturbed(GetParam(), {options}), 7, kSteps),
              expected);
  }
}

TEST_P(PerturbationIdentity, PhysicsThatIsSetBackLeavesNothingBehind) {
  const std::vector<Seen> expected =
      Episode(*MakePerturbed(GetParam(), {}), 8, kSteps);
  for (auto [kind, options] : Kinds()) {
    if (!Supports(GetParam(), options)) continue;
    SCOPED_TRACE(kind);
    options.steps = {kNever - 1, kNever};
    const auto perturbed = MakePerturbed(GetParam(), {options});
    ASSERT_TRUE(perturbed->SetPhysics(options.physics).ok());
    Episode(*perturbed, 7, 5);
    ASSERT_TRUE(perturbed->SetPhysics(Physics()).ok());
    EXPECT_EQ(Episode(*perturbed, 8, kSteps), expected);
  }
}

std::string TestName(const ::testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  std::erase_if(name, [](char c) { return c == '-' || c == '/'; });
  return name;
}

INSTANTIATE_TEST_SUITE_P(Registry, PerturbationIdentity,
                         ::testing::ValuesIn(EnvironmentNames()), TestName);

}  // namespace
}  // namespace softfleet
