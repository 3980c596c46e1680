// SPDX-License-Identifier: Apache-2.0
// The check finds what is wrong: for every rule environments that break it, and
// with it what else their defect breaks.
#include <memory>
#include <string>
#include <vector>

#include "environments/conformance/conformance.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/environments/conformance/broken_environments.h"
#include "tests/testing/allocations.h"

namespace softfleet {
namespace {

using ::testing::ElementsAreArray;
using ::testing::HasSubstr;

template <typename T>
EnvironmentMaker MakerOf() {
  return [](std::optional<int64_t> limit)
             -> absl::StatusOr<std::unique_ptr<Environment>> {
    return std::make_unique<T>(limit);
  };
}

std::vector<ConformanceFinding> Check(const EnvironmentMaker& make) {
  ConformanceOptions options;
  options.allocations = testing::Allocations;
  return CheckConformance(make, options).value();
}

std::vector<std::string> RulesWith(
    const std::vector<ConformanceFinding>& findings,
    ConformanceFinding::Outcome outcome) {
  std::vector<std::string> rules;
  for (const ConformanceFinding& finding : findings) {
    if (finding.outcome == outcome) rules.push_back(finding.rule);
  }
  return rules;
}

struct Case {
  const char* name;
  EnvironmentMaker make;
  std::vector<std::string> broken;  // in the order of the rules
  const char* seen;                 // by the first of them
};

class Broken : public ::testing::TestWithParam<Case> {};

TEST_P(Broken, IsFound) {
  const auto findings = Check(GetParam().make);
  EXPECT_THAT(RulesWith(findings, ConformanceFinding::Outcome::kFail),
              ElementsAreArray(GetParam().broken));
  for (const ConformanceFinding& finding : findings) {
    if (finding.rule != GetParam().broken.front()) continue;
    EXPECT_THAT(finding.seen, HasSubstr(GetParam().seen));
    EXPECT_FALSE(finding.advice.empty());
  }
}

INSTANTIATE_TEST_SUITE_P(
    Ways, Broken,
    ::testing::Values(Case{"ReversedBounds",
                           MakerOf<testing::ReversedBounds>(),
                           {"spec"},
                           "the bounds of action dimension 0 are 2 and -2"},
                      Case{"GroupsOfOneName",
                           MakerOf<testing::GroupsOfOneName>(),
                           {"spec"},
                           "state"},
                      Case{"FailsAtItsThirdStep",
                           MakerOf<testing::FailsAtItsThirdStep>(),
                           {"episodes"},
                           "seed 1: step 3: the motor burnt"},
                      Case{"RemembersEpisodes",
                           MakerOf<testing::RemembersEpisodes>(),
                           {"determinism", "after the end", "save", "reset to",
                            "interleaving"},
                           "step 1: reward is"},
                      Case{"AlwaysStartsAlike",
                           MakerOf<testing::AlwaysStartsAlike>(),
                           {"seeds"},
                           "seeds 1 to 64 start alike"},
                      Case{"WritesTooFar",
                           MakerOf<testing::WritesTooFar>(),
                           {"observation", "wide actions"},
                           "Observe writes beyond the places"},
                      Case{"LeavesOutANumber",
                           MakerOf<testing::LeavesOutANumber>(),
                           {"observation", "wide actions"},
                           "group state is not all written"},
                      Case{"ObservesNan",
                           MakerOf<testing::ObservesNan>(),
                           {"observation", "wide actions"},
                           "observation group state element 2 is nan"},
                      Case{"ForgetsAComponent",
                           MakerOf<testing::ForgetsAComponent>(),
                           {"reward", "wide actions"},
                           "there are 0 reward components and 1 names"},
                      Case{"AddsUpWrongly",
                           MakerOf<testing::AddsUpWrongly>(),
                           {"reward", "wide actions"},
                           "add up to"},
                      Case{"RewardsNan",
                           MakerOf<testing::RewardsNan>(),
                           {"reward", "wide actions"},
                           "reward is nan"},
                      Case{"BreaksUnderForce",
                           MakerOf<testing::BreaksUnderForce>(),
                           {"wide actions"},
                           "reward is inf"},
                      Case{"TakesNan",
                           MakerOf<testing::TakesNan>(),
                           {"bad actions"},
                           "with NaN"},
                      Case{"TakesAnIndex",
                           MakerOf<testing::TakesAnIndex>(),
                           {"bad actions"},
                           "index"},
                      Case{"MovesBeforeItRefuses",
                           MakerOf<testing::MovesBeforeItRefuses>(),
                           {"bad actions"},
                           "after refused actions state 0 is"},
                      Case{"StartsByItself",
                           MakerOf<testing::StartsByItself>(),
                           {"before reset"},
                           "no reset before"},
                      Case{"GoesOnAfterTheEnd",
                           MakerOf<testing::GoesOnAfterTheEnd>(),
                           {"after the end"},
                           "the episode's end before"},
                      Case{"TruncatesEarly",
                           MakerOf<testing::TruncatesEarly>(),
                           {"time limit", "final observation"},
                           "with a limit of 5 step 4 is truncated"},
                      Case{"IgnoresTheLimit",
                           MakerOf<testing::IgnoresTheLimit>(),
                           {"after the end", "time limit"},
                           "not ended after 5 steps"},
                      Case{"ResetsByItself",
                           MakerOf<testing::ResetsByItself>(),
                           {"final observation"},
                           "state 0 is"},
                      Case{"SavesTooLittle",
                           MakerOf<testing::SavesTooLittle>(),
                           {"save"},
                           "reward"},
                      Case{"RestoresAnything",
                           MakerOf<testing::RestoresAnything>(),
                           {"damaged save"},
                           "are restored"},
                      Case{"ForgetsSpeed",
                           MakerOf<testing::ForgetsSpeed>(),
                           {"reset to"},
                           "state 1"},
                      Case{"TakesAnyState",
                           MakerOf<testing::TakesAnyState>(),
                           {"reset to"},
                           "a number too many is taken"},
                      Case{"SharesAVariable",
                           MakerOf<testing::SharesAVariable>(),
                           {"reset to", "interleaving"},
                           "step 0: reward is"},
                      Case{"Allocates",
                           MakerOf<testing::Allocates>(),
                           {"allocation"},
                           "200 allocations in 200 steps"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(Notes, WhatNobodyCanDoIsNoFailure) {
  const auto unsaved = Check(MakerOf<testing::CannotBeSaved>());
  EXPECT_THAT(RulesWith(unsaved, ConformanceFinding::Outcome::kFail),
              ::testing::IsEmpty());
  EXPECT_THAT(RulesWith(unsaved, ConformanceFinding::Outcome::kNote),
              ::testing::ElementsAre("save", "damaged save", "speed"));
  const auto stateless = Check(MakerOf<testing::HasNoState>());
  EXPECT_THAT(RulesWith(stateless, ConformanceFinding::Outcome::kFail),
              ::testing::IsEmpty());
  EXPECT_THAT(RulesWith(stateless, ConformanceFinding::Outcome::kNote),
              ::testing::ElementsAre("reset to", "speed"));
}

TEST(Notes, NothingElseIsLookedAtWhereNothingRuns) {
  EXPECT_EQ(Check(MakerOf<testing::ReversedBounds>()).size(), 1u);
  EXPECT_EQ(Check(MakerOf<testing::FailsAtItsThirdStep>()).size(), 2u);
}

TEST(Notes, WhatCannotBeMadeIsAnError) {
  const auto findings = CheckConformance(
      [](std::optional<int64_t>)
          -> absl::StatusOr<std::unique_ptr<Environment>> {
        return absl::NotFoundError("no such thing");
      },
      {});
  EXPECT_EQ(findings.status(), absl::NotFoundError("no such thing"));
}

TEST(Notes, AllocationsAreLeftOutWhereNobodyCounts) {
  const auto findings =
      CheckConformance(MakerOf<testing::Pendulum>(), {}).value();
  for (const ConformanceFinding& finding : findings) {
    EXPECT_NE(finding.rule, "allocation");
  }
}

}  // namespace
}  // namespace softfleet
