// SPDX-License-Identifier: Apache-2.0
#include "evaluation/make_evaluator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "core/file_system.h"
#include "core/hash.h"
#include "environments/environment_config.h"
#include "tests/evaluation/testing.h"

namespace softfleet {
namespace {

using ::testing::HasSubstr;

v1::RunConfig Config() {
  v1::RunConfig config;
  config.set_seed(8);
  config.mutable_environment()->set_name("Pendulum-v1");
  config.mutable_evaluation()->set_episodes(4);
  return config;
}

std::string PanelText(const v1::RunConfig& config) {
  return absl::StrCat(
      "environment: \"Pendulum-v1\"\nenvironment_hash: \"",
      HexHash(EnvironmentHash(MakeEnvironmentOptions(config.environment()))),
      "\"\nstarts { seed: 5 }\nstarts { seed: 6 }\n");
}

TEST(MakeEvaluator, WithoutAPanelDrawsStartsFromTheRunsSeed) {
  const v1::RunConfig config = Config();
  const auto made = MakeEvaluator(config, "", "");
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ((*made)->panel(),
            RandomStarts(MakeEnvironmentOptions(config.environment()), 4, 8));
}

TEST(MakeEvaluator, ReadsThePanelFromATextOrItsFileAlike) {
  v1::RunConfig config = Config();
  const std::string path =
      absl::StrCat(::testing::TempDir(), "panel.textproto");
  config.mutable_evaluation()->set_panel(path);
  config.mutable_evaluation()->mutable_success()->set_return_at_least(-200);
  ASSERT_TRUE(
      WriteFileAtomically(RealFileSystem(), path, PanelText(config)).ok());
  const auto from_text = MakeEvaluator(config, PanelText(config), "panel");
  ASSERT_TRUE(from_text.ok()) << from_text.status();
  const auto from_file = MakeEvaluator(RealFileSystem(), config);
  ASSERT_TRUE(from_file.ok()) << from_file.status();
  EXPECT_EQ((*from_text)->panel(), (*from_file)->panel());
  EXPECT_EQ((*from_text)->panel().starts.size(), 2u);
  ASSERT_TRUE((*from_text)->panel().success.has_value());
  EXPECT_EQ((*from_text)->panel().success->value, -200);
}

TEST(MakeEvaluator, AWrongPanelIsAnErrorWithItsPlace) {
  v1::RunConfig config = Config();
  config.mutable_evaluation()->set_panel("panels/p.textproto");
  const auto made =
      MakeEvaluator(config, "environment: 3\n", "panels/p.textproto");
  EXPECT_EQ(made.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(made.status().message(), HasSubstr("panels/p.textproto:1:"));
  // A configured panel is never replaced by random starts.
  EXPECT_FALSE(MakeEvaluator(config, "", "panels/p.textproto").ok());
}

TEST(MakeEvaluator, AnEvaluationCanBeStopped) {
  int asked = 0;
  const auto made =
      MakeEvaluator(Config(), "", "", [&asked] { return ++asked > 20; });
  ASSERT_TRUE(made.ok()) << made.status();
  EnvironmentOptions environment;
  environment.name = "Pendulum-v1";
  const auto result = (*made)->Evaluate(
      testing::Share(testing::RandomSnapshot(testing::SpecOf(environment), 1)));
  EXPECT_EQ(result.status().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(asked, 21);
}

}  // namespace
}  // namespace softfleet
