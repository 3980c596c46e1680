// SPDX-License-Identifier: Apache-2.0
// softfleet check-environment, of environments that are built in, brought along
// and broken.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/str_cat.h"
#include "core/file_system.h"
#include "tests/core/test_directory.h"
#include "tests/end_to_end/program.h"

namespace softfleet {
namespace {

using Json = nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string Plugin(const std::string& name) {
  return absl::StrCat(SOFTFLEET_BINARY_DIR, "/test_plugins/libtest_plugin_",
                      name, ".so");
}

// A run configuration with the counting plug-in and a fault of it.
std::string WriteFaulty(const std::string& directory,
                        const std::string& fault) {
  const std::string path = JoinPath(directory, "faulty.textproto");
  EXPECT_TRUE(WriteFileAtomically(
                  RealFileSystem(), path,
                  absl::StrCat("environment { plugin: \"", Plugin("counter"),
                               "\" setting { name: \"fault\" text: \"", fault,
                               "\" } }\n"))
                  .ok());
  return path;
}

TEST(CheckEnvironmentTest, ABuiltInEnvironmentKeepsEveryRule) {
  const Finished checked = Softfleet({"check-environment", "CartPole-v1"});
  EXPECT_EQ(checked.exit_code, 0) << checked.err;
  EXPECT_THAT(checked.out,
              AllOf(HasSubstr("pass  time limit"), HasSubstr("note  speed"),
                    Not(HasSubstr("FAIL"))));
}

TEST(CheckEnvironmentTest, SettingsNeedNoConfiguration) {
  const auto check = [](const std::string& settings) {
    return Softfleet({"check-environment", "Hopper-v5", "--set",
                      "environment.setting=" + settings});
  };
  EXPECT_EQ(check("{name: 'healthy_z_range' number: [0.5, inf]}").exit_code, 0);
  const Finished unknown = check("{name: 'healthy_z_rang' number: [0.5, inf]}");
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("did you mean \"healthy_z_range\"?"));
  EXPECT_EQ(check("{name: 'healthy_z_range' number: nan}").exit_code, 2);
}

TEST(CheckEnvironmentTest, APluginIsCheckedLikeAnyOther) {
  const Finished checked =
      Softfleet({"check-environment", "--plugin", Plugin("crane"), "--json"});
  EXPECT_EQ(checked.exit_code, 0) << checked.err;
  const Json rules = Json::parse(checked.out, nullptr, false);
  ASSERT_TRUE(rules.is_array());
  EXPECT_EQ(rules.size(), 17u);
  for (const Json& rule : rules) {
    EXPECT_NE(rule["outcome"], "FAIL") << rule;
    EXPECT_NE(rule["promise"], "");
  }
}

TEST(CheckEnvironmentTest, ABrokenOneIsNamedWithWhatToDo) {
  const TestDirectory directory;
  const Finished checked =
      Softfleet({"check-environment", "--config",
                 WriteFaulty(directory.path(), "nan reward")});
  EXPECT_EQ(checked.exit_code, 1);
  EXPECT_THAT(checked.out,
              AllOf(HasSubstr("FAIL  episodes"), HasSubstr("step 3"),
                    HasSubstr("reward is nan"), HasSubstr("What to do: ")));
  EXPECT_THAT(checked.err, HasSubstr("1 of 2 rules"));
}

TEST(CheckEnvironmentTest, WhatCannotBeMadeIsBadInput) {
  const TestDirectory directory;
  const Finished unknown = Softfleet({"check-environment", "Pendulun-v1"});
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("did you mean \"Pendulum-v1\"?"));
  const Finished refused =
      Softfleet({"check-environment", "--config",
                 WriteFaulty(directory.path(), "constructor")});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("no licence"));
  EXPECT_EQ(Softfleet({"check-environment"}).exit_code, 2);
  EXPECT_EQ(Softfleet({"check-environment", "Pendulum-v1", "--plugin",
                       Plugin("crane")})
                .exit_code,
            2);
}

TEST(ListEnvironmentsTest, ShowsSettingsWithTheirDefaults) {
  const Finished listed = Softfleet({"list", "environments"});
  EXPECT_THAT(listed.out, HasSubstr("settings: g=10\n"));
  EXPECT_THAT(listed.out, HasSubstr("reward=\"dense\""));
  const Finished json = Softfleet({"list", "environments", "--json"});
  const Json environments = Json::parse(json.out, nullptr, false);
  ASSERT_TRUE(environments.is_array());
  for (const Json& environment : environments) {
    if (environment["name"] != "CartPole-v1") continue;
    EXPECT_EQ(environment["settings"],
              Json::array({"sutton_barto_reward=false"}));
  }
}

}  // namespace
}  // namespace softfleet
