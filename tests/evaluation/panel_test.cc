// SPDX-License-Identifier: Apache-2.0
#include "evaluation/panel.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/hash.h"
#include "core/philox.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/evaluation/testing.h"

namespace softfleet {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::Named;
using ::testing::StartsWith;

EnvironmentOptions Pendulum() { return Named("Pendulum-v1"); }

// A panel text for Pendulum-v1; `rest` begins on line 3.
std::string Text(absl::string_view rest) {
  return absl::StrCat("environment: \"Pendulum-v1\"\nenvironment_hash: \"",
                      HexHash(EnvironmentHash(Pendulum())), "\"\n", rest);
}

absl::StatusOr<Panel> Parse(absl::string_view rest) {
  return ParsePanel(Text(rest), "p.textproto", Pendulum());
}

Panel Example() {
  return Parse(
             "success { within_of_reference: 5 }\n"
             "starts { state: [0.5, -1] reference_return: -3 }\n"
             "starts { seed: 9 reference_return: -4.5 }\n")
      .value();
}

void ExpectRefused(absl::string_view rest, absl::string_view place,
                   absl::string_view what) {
  const auto panel = Parse(rest);
  EXPECT_EQ(panel.status().code(), absl::StatusCode::kInvalidArgument) << rest;
  EXPECT_THAT(std::string(panel.status().message()),
              AllOf(StartsWith(absl::StrCat("p.textproto:", place)),
                    HasSubstr(std::string(what))));
}

TEST(PanelTest, TheShippedPendulumPanelLoadsWithItsHundredStarts) {
  // The path as configurations write it, without the extension.
  const auto panel =
      LoadPanel(RealFileSystem(),
                SOFTFLEET_SOURCE_DIR "/configs/panels/pendulum", Pendulum());
  ASSERT_TRUE(panel.ok()) << panel.status();
  ASSERT_EQ(panel->starts.size(), 100u);
  double sum = 0;
  for (const PanelStart& start : panel->starts) {
    ASSERT_EQ(start.state.size(), 2u);
    sum += start.reference_return.value();
  }
  EXPECT_NEAR(sum / 100, -125.613, 1e-3);
  EXPECT_EQ(panel->success,
            (SuccessCriterion{SuccessCriterion::Kind::kWithinOfReference, 50}));
}

TEST(PanelTest, AMissingFileIsNotFoundUnderItsFieldAndTheNameGiven) {
  const auto panel = LoadPanel(RealFileSystem(), "no/such/panel", Pendulum());
  EXPECT_EQ(panel.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(panel.status().message()),
              AllOf(HasSubstr("evaluation.panel is \"no/such/panel\""),
                    HasSubstr("there is no /"), HasSubstr("random starts")));
}

TEST(PanelTest, StatesSeedsReferencesAndCriterionAreReadAsWritten) {
  const Panel panel = Example();
  EXPECT_EQ(panel.environment, "Pendulum-v1");
  EXPECT_EQ(panel.environment_hash, EnvironmentHash(Pendulum()));
  ASSERT_EQ(panel.starts.size(), 2u);
  EXPECT_EQ(panel.starts[0].state, (std::vector<double>{0.5, -1}));
  EXPECT_EQ(panel.starts[0].reference_return, -3);
  EXPECT_TRUE(panel.starts[1].state.empty());
  EXPECT_EQ(panel.starts[1].seed, 9u);
  EXPECT_EQ(panel.starts[1].reference_return, -4.5);
}

TEST(PanelTest, APanelWithoutCriterionOrReferencesHasNone) {
  const auto panel = Parse("starts { seed: 1 }");
  ASSERT_TRUE(panel.ok()) << panel.status();
  EXPECT_EQ(panel->success, std::nullopt);
  EXPECT_EQ(panel->starts[0].reference_return, std::nullopt);
}

TEST(PanelTest, TextErrorsSayWhereTheyAre) {
  ExpectRefused("starts { seed: 1 }\nstrats { seed: 2 }", "4:1", "strats");
  ExpectRefused("starts { sead: 1 }", "3:10", "sead");
  ExpectRefused("starts { strats\n\n: 1 }", "3:10", "strats");
  ExpectRefused("starts { seed: x }", "3:16", "");
  ExpectRefused("starts { seed: 1", "3:17", "");
}

TEST(PanelTest, AStartHasExactlyOneOfStateAndSeed) {
  ExpectRefused("starts { seed: 1 }\n  starts { state: [0, 0] seed: 2 }",
                "4:3: start 1", "a state and a seed");
  ExpectRefused("starts { reference_return: 2 }", "3:1: start 0",
                "neither a state nor a seed");
}

TEST(PanelTest, NumbersMustBeFinite) {
  ExpectRefused("starts { state: [0, nan] }", "3:1: start 0",
                "state[1] is nan");
  ExpectRefused("starts { state: [inf, 0] }", "3:1: start 0",
                "state[0] is inf");
  ExpectRefused("starts { seed: 1 reference_return: nan }", "3:1: start 0",
                "reference_return is nan");
  ExpectRefused("starts { seed: 1 }\nsuccess { return_at_least: inf }", "4:1",
                "inf");
}

TEST(PanelTest, APanelNeedsAStart) { ExpectRefused("", "", "no starts"); }

TEST(PanelTest, ACriterionAgainstReferencesNeedsOneAtEveryStart) {
  ExpectRefused(
      "success { within_of_reference: 5 }\n"
      "starts { seed: 1 reference_return: 0 }\nstarts { seed: 2 }",
      "5:1: start 1", "within_of_reference");
}

TEST(PanelTest, CriteriaThatMeanNothingAreRefused) {
  ExpectRefused("success { environment_flag: false }\nstarts { seed: 1 }",
                "3:1", "environment_flag is false");
  ExpectRefused(
      "success { within_of_reference: -1 }\n"
      "starts { seed: 1 reference_return: 0 }",
      "3:1", "within_of_reference is -1");
}

TEST(PanelTest, TheHashIsSixteenHexadecimalDigits) {
  for (const char* hash : {"", "12", "0123456789abcdeg", "00123456789abcdef"}) {
    const auto panel = ParsePanel(
        absl::StrCat("environment: \"Pendulum-v1\" environment_hash: \"", hash,
                     "\" starts { seed: 1 }"),
        "p", Pendulum());
    EXPECT_EQ(panel.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(panel.status().message()),
                HasSubstr("p:1:28: environment_hash"));
  }
}

TEST(PanelTest, APanelOfAnotherEnvironmentIsRefusedAndNamesBoth) {
  EnvironmentOptions longer = Pendulum();
  longer.max_episode_steps = 400;
  const std::string text = Text("starts { seed: 1 }");
  for (const auto& [options, name] :
       {std::pair{longer, "max_episode_steps:400"},
        std::pair{Named("CartPole-v1"), "CartPole-v1"}}) {
    const auto panel = ParsePanel(text, "p.textproto", options);
    EXPECT_EQ(panel.status().code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(
        std::string(panel.status().message()),
        AllOf(StartsWith("p.textproto:1:1"),
              HasSubstr("is for environment \"Pendulum-v1\""),
              HasSubstr(HexHash(EnvironmentHash(Pendulum()))), HasSubstr(name),
              HasSubstr(HexHash(EnvironmentHash(options)))));
  }
}

// Each of these changes what an evaluation computes.
TEST(PanelTest, TheHashCoversEverythingThatAffectsTheNumbers) {
  const Panel panel = Example();
  std::vector<Panel> others(9, panel);
  others[0].environment_hash ^= 1;
  others[1].success = std::nullopt;
  others[2].success->value = 6;
  others[3].success->kind = SuccessCriterion::Kind::kReturnAtLeast;
  others[4].starts[0].state[1] = std::nextafter(-1.0, 0.0);
  others[5].starts[1].seed = 10;
  others[6].starts[1].reference_return = std::nullopt;
  others[7].starts.pop_back();
  std::swap(others[8].starts[0], others[8].starts[1]);
  std::set<uint64_t> hashes = {PanelHash(panel)};
  for (const Panel& other : others) hashes.insert(PanelHash(other));
  EXPECT_EQ(hashes.size(), 1 + others.size());
  EXPECT_EQ(PanelHash(panel), PanelHash(Example()));
}

TEST(PanelTest, TheHashIsFnv1aOfTheDocumentedText) {
  std::string text =
      "panel\nenvironment " + HexHash(EnvironmentHash(Pendulum())) +
      "\nsuccess within_of_reference 5\n"
      "start state 0.5 -1 reference -3\nstart seed 9 reference -4.5\n";
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ uint8_t(c)) * 0x100000001b3;
  EXPECT_EQ(PanelHash(Example()), hash);
}

TEST(PanelTest, NoiseSeedsFollowFromTheHashAndTheStartsNumber) {
  const Panel panel = Example();
  for (uint32_t i = 0; i < 2; ++i) {
    EXPECT_EQ(panel.starts[i].noise_seed,
              Philox(PanelHash(panel), Purpose::kPanelNoiseSeed, i).NextU64());
  }
  EXPECT_NE(panel.starts[0].noise_seed, panel.starts[1].noise_seed);
}

TEST(PanelTest, AnotherCriterionMakesAnotherPanelWithItsOwnNoise) {
  const Panel panel = Example();
  const Panel other = WithSuccess(panel, std::nullopt);
  EXPECT_NE(PanelHash(other), PanelHash(panel));
  EXPECT_NE(other.starts[0].noise_seed, panel.starts[0].noise_seed);
  EXPECT_EQ(WithSuccess(other, panel.success), panel);
}

TEST(PanelTest, RandomStartsAreAFunctionOfTheirSeed) {
  const Panel panel = RandomStarts(Pendulum(), 10, 3);
  EXPECT_EQ(panel, RandomStarts(Pendulum(), 10, 3));
  EXPECT_TRUE(CheckPanel(panel).ok());
  EXPECT_TRUE(CheckPanelEnvironment(panel, Pendulum()).ok());
  std::set<uint64_t> seeds;
  for (uint32_t i = 0; i < 10; ++i) {
    EXPECT_EQ(panel.starts[i].seed,
              Philox(3, Purpose::kEvaluationReset, i).NextU64());
    seeds.insert(panel.starts[i].seed);
  }
  EXPECT_EQ(seeds.size(), 10u);
  EXPECT_NE(PanelHash(panel), PanelHash(RandomStarts(Pendulum(), 10, 4)));
}

}  // namespace
}  // namespace softfleet
