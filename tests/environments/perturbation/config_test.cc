// SPDX-License-Identifier: Apache-2.0
// A configuration's perturbations reach the environment.
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numbers>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "environments/environment_config.h"
#include "tests/environments/perturbation/trajectory.h"

namespace softfleet {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::TextFormat;

PerturbationOptions Parse(const std::string& text) {
  v1::Perturbation config;
  EXPECT_TRUE(TextFormat::ParseFromString(text, &config)) << text;
  return MakePerturbationOptions(config);
}

TEST(PerturbationConfig, EveryFieldReachesTheOptions) {
  EXPECT_EQ(Parse(""), PerturbationOptions());
  const auto& type = *v1::Perturbation::descriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    const bool text = field.cpp_type() == FieldDescriptor::CPPTYPE_STRING;
    // 0.25 would be no step.
    const bool whole = field.cpp_type() != FieldDescriptor::CPPTYPE_DOUBLE;
    const std::string value = text ? "'state'" : whole ? "3" : "0.25";
    EXPECT_NE(Parse(field.name() + ": " + value), PerturbationOptions())
        << field.name();
  }
}

TEST(PerturbationConfig, EveryFieldKeepsItsValue) {
  const PerturbationOptions options = Parse(
      "from_step: 1 until_step: 2 friction: 3 mass: 4 gain: 5 contact_time: 6 "
      "contact_damping: 7 gravity_tilt: 45 force: [8, 9, 10] "
      "blocked: ['tunnel', 'bridge'] push_probability: 0.5 push_force: 11 "
      "push_steps: 12 action_delay: 13 observation_delay: 14 "
      "dropout_probability: 0.25 dropout_group: ['state', 'state[1]'] "
      "observation_noise: 0.125");
  PerturbationOptions expected;
  expected.steps = {1, 2};
  expected.physics = {
      3, 4, 5, 6, 7, std::numbers::pi / 4, {8, 9, 10}, {"tunnel", "bridge"}};
  expected.push_probability = 0.5;
  expected.push_force = 11;
  expected.push_steps = 12;
  expected.action_delay = 13;
  expected.observation_delay = 14;
  expected.dropout_probability = 0.25;
  expected.dropout_groups = {"state", "state[1]"};
  expected.observation_noise = 0.125;
  EXPECT_EQ(options, expected);
}

// The same as telling the simulation directly.
TEST(PerturbationConfig, PhysicsReachesTheSimulation) {
  const struct {
    const char* text;
    void (*change)(Physics&);
  } cases[] = {
      {"friction: 0.4", [](Physics& p) { p.friction = 0.4; }},
      {"mass: 1.5", [](Physics& p) { p.mass = 1.5; }},
      {"gain: 0.6", [](Physics& p) { p.gain = 0.6; }},
      {"contact_time: 2", [](Physics& p) { p.contact_time = 2; }},
      {"contact_damping: 0.5", [](Physics& p) { p.contact_damping = 0.5; }},
      {"gravity_tilt: 10",
       [](Physics& p) { p.gravity_tilt = 10 * std::numbers::pi / 180; }},
      {"force: [5, 0, 2]",
       [](Physics& p) {
         p.force = {5, 0, 2};
       }},
  };
  for (const std::string name : {"HalfCheetah-v5", "Hopper-v5"}) {
    const auto bare = Episode(*MakePerturbed(name, {}), 3, 40);
    for (const auto& [text, change] : cases) {
      SCOPED_TRACE(name + " " + text);
      v1::EnvironmentConfig config;
      ASSERT_TRUE(TextFormat::ParseFromString(
          "name: '" + name + "' perturbation { " + text + " }", &config));
      const auto perturbed =
          MakeEnvironment(MakeEnvironmentOptions(config)).value();
      const auto twin = MakePerturbed(name, {});
      Physics physics;
      change(physics);
      ASSERT_TRUE(twin->SetPhysics(physics).ok());
      const auto episode = Episode(*perturbed, 3, 40);
      EXPECT_EQ(episode, Episode(*twin, 3, 40));
      EXPECT_NE(episode, bare);
    }
  }
}

// What tells panels apart.
TEST(PerturbationConfig, EveryFieldIsPartOfTheDescription) {
  std::vector<std::string> descriptions;
  for (const char* text :
       {"", "gain: 0.5", "gain: 0.25", "mass: 2", "gain: 0.5 from_step: 1",
        "gain: 0.5 until_step: 1", "observation_noise: 0.1",
        "dropout_probability: 0.1",
        "dropout_probability: 0.1 dropout_group: 'state'", "action_delay: 1",
        "observation_delay: 1", "gain: 0.5 } perturbation { mass: 2",
        "mass: 2 } perturbation { gain: 0.5"}) {
    v1::EnvironmentConfig config;
    ASSERT_TRUE(TextFormat::ParseFromString(
        absl::StrCat("name: 'Pendulum-v1' perturbation { ", text, " }"),
        &config));
    descriptions.push_back(DescribeEnvironment(MakeEnvironmentOptions(config)));
    EXPECT_TRUE(descriptions.back().starts_with("Pendulum-v1 "))
        << descriptions.back();
  }
  std::sort(descriptions.begin(), descriptions.end());
  EXPECT_EQ(std::adjacent_find(descriptions.begin(), descriptions.end()),
            descriptions.end());
}

}  // namespace
}  // namespace softfleet
