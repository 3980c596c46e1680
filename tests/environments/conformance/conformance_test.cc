// SPDX-License-Identifier: Apache-2.0
// Every environment of the registry keeps what environment.h promises.
#include "environments/conformance/conformance.h"

#include <algorithm>
#include <memory>
#include <string>

#include "environments/registry.h"
#include "gtest/gtest.h"
#include "tests/testing/allocations.h"

namespace softfleet {
namespace {

EnvironmentMaker Maker(EnvironmentOptions options) {
  return [options](std::optional<int64_t> max_episode_steps) mutable {
    if (max_episode_steps) options.max_episode_steps = max_episode_steps;
    return MakeEnvironment(options);
  };
}

EnvironmentOptions Named(const std::string& name) {
  EnvironmentOptions options;
  options.name = name;
  return options;
}

EnvironmentOptions GoalConditioned(const std::string& name) {
  EnvironmentOptions options = Named(name);
  options.settings.emplace_back();
  options.settings.back().name = "goal_conditioned";
  options.settings.back().flag = true;
  return options;
}

void ExpectConformance(const EnvironmentOptions& options) {
  ConformanceOptions check;
  check.allocations = testing::Allocations;
  const auto findings = CheckConformance(Maker(options), check);
  ASSERT_TRUE(findings.ok()) << findings.status();
  EXPECT_EQ(findings->size(), 18u);
  for (const ConformanceFinding& finding : *findings) {
    EXPECT_NE(finding.outcome, ConformanceFinding::Outcome::kFail)
        << finding.rule << ": " << finding.seen;
    if (finding.rule == "speed") continue;
    EXPECT_EQ(finding.outcome, ConformanceFinding::Outcome::kPass)
        << finding.rule << ": " << finding.seen;
  }
}

class Conformance : public ::testing::TestWithParam<std::string> {};

TEST_P(Conformance, EveryRuleIsKept) { ExpectConformance(Named(GetParam())); }

TEST_P(Conformance, TheSpecHasItsNameAndALimit) {
  const auto environment = MakeEnvironment(Named(GetParam())).value();
  EXPECT_EQ(environment->spec().name, GetParam());
  EXPECT_GT(environment->spec().max_episode_steps, 0);
}

TEST_P(Conformance, WhatAnotherEnvironmentSavedIsRefused) {
  const auto environment = MakeEnvironment(Named(GetParam())).value();
  ASSERT_TRUE(environment->Reset(1).ok());
  const std::string saved = environment->Save().value();
  for (const char* const name : {"Pendulum-v1", "PointMass-v0"}) {
    if (name == GetParam()) continue;
    const auto other = MakeEnvironment(Named(name)).value();
    ASSERT_TRUE(other->Reset(1).ok());
    EXPECT_EQ(environment->Restore(other->Save().value()).code(),
              absl::StatusCode::kInvalidArgument);
  }
  EXPECT_EQ(environment->Save().value(), saved);
}

INSTANTIATE_TEST_SUITE_P(Registry, Conformance,
                         ::testing::ValuesIn(EnvironmentNames()),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::erase_if(name, [](char c) {
                             return c == '-' || c == '/';
                           });
                           return name;
                         });

TEST(ConformanceOfSettings, DrawnGoalsKeepEveryRule) {
  ExpectConformance(GoalConditioned("PointMass-v0"));
  ExpectConformance(GoalConditioned("PointMassGrid-v0"));
}

}  // namespace
}  // namespace softfleet
