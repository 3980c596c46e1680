// SPDX-License-Identifier: Apache-2.0
// A perturbed environment keeps what environment.h promises, too, and allocates
// nothing in its steps.
#include "environments/conformance/conformance.h"

#include <gtest/gtest.h>

#include <string>

#include "environments/registry.h"
#include "tests/testing/allocations.h"

namespace softfleet {
namespace {

// What needs no random numbers, and switches within the episodes.
std::vector<PerturbationOptions> Fixed() {
  PerturbationOptions first;
  first.steps = {5, 40};
  first.physics.gain = 0.7;
  first.action_delay = 2;
  PerturbationOptions second;
  second.steps.from = 20;
  second.physics.gain = 0.9;
  second.observation_delay = 3;
  second.action_delay = 1;
  return {first, second};
}

std::vector<PerturbationOptions> Random(bool pushes) {
  PerturbationOptions options;
  options.dropout_probability = 0.3;
  options.dropout_groups = {"state[1]"};
  options.observation_noise = 0.1;
  options.push_probability = pushes ? 0.2 : 0;
  options.push_force = 1;
  options.push_steps = 3;
  return {options, options};
}

std::vector<ConformanceFinding> Check(
    const std::string& name,
    const std::vector<PerturbationOptions>& perturbations) {
  EnvironmentOptions options;
  options.name = name;
  options.perturbations = perturbations;
  ConformanceOptions check;
  check.allocations = testing::Allocations;
  const auto findings = CheckConformance(
      [options](std::optional<int64_t> max_episode_steps) mutable {
        if (max_episode_steps) options.max_episode_steps = max_episode_steps;
        return MakeEnvironment(options);
      },
      check);
  EXPECT_TRUE(findings.ok()) << findings.status();
  return findings.value();
}

class PerturbedConformance : public ::testing::TestWithParam<std::string> {};

TEST_P(PerturbedConformance, SchedulesAndDelaysKeepEveryRule) {
  for (const ConformanceFinding& finding : Check(GetParam(), Fixed())) {
    EXPECT_NE(finding.outcome, ConformanceFinding::Outcome::kFail)
        << finding.rule << ": " << finding.seen;
  }
}

// An episode that is begun at a state has random numbers of its own.
TEST_P(PerturbedConformance, RandomOnesKeepEveryRuleButThatOfStates) {
  const bool pushes =
      GetParam() == "PointMass-v0" || GetParam().ends_with("v5");
  for (const ConformanceFinding& finding : Check(GetParam(), Random(pushes))) {
    EXPECT_EQ(finding.outcome == ConformanceFinding::Outcome::kFail,
              finding.rule == "reset to")
        << finding.rule << ": " << finding.seen;
  }
}

INSTANTIATE_TEST_SUITE_P(Some, PerturbedConformance,
                         ::testing::Values("Pendulum-v1", "CartPole-v1",
                                           "MountainCar-v0", "PointMass-v0",
                                           "HalfCheetah-v5", "Ant-v5"),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::erase(name, '-');
                           return name;
                         });

}  // namespace
}  // namespace softfleet
