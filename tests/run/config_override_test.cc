// SPDX-License-Identifier: Apache-2.0
// What is not the same for every field (that is in config_fields_test.cc).
#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include "run/config.h"
#include "tests/run/config_testing.h"

namespace softfleet {
namespace {

using ::google::protobuf::util::MessageDifferencer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Applies it to `config`, or returns the error and checks that nothing else
// happened.
std::string ErrorOf(const std::string& assignment,
                    v1::RunConfig config = Pendulum()) {
  const v1::RunConfig before = config;
  const absl::Status status = ApplyOverride(assignment, &config);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << assignment;
  EXPECT_TRUE(MessageDifferencer::Equals(config, before)) << assignment;
  return std::string(status.message());
}

v1::RunConfig With(std::vector<std::string> assignments) {
  v1::RunConfig config = Pendulum();
  for (const std::string& assignment : assignments) {
    const absl::Status status = ApplyOverride(assignment, &config);
    EXPECT_TRUE(status.ok()) << assignment << ": " << status;
  }
  return config;
}

TEST(ApplyOverrideTest, TakesEveryType) {
  const v1::RunConfig config =
      With({"seed=18446744073709551615", "total_steps=5", "sac.gamma=0.5",
            "sac.batch_size = 7 ", "sac.critic_layer_norm=true",
            "sac.alpha_mode=fixed", "environment.name=A b=c"});
  EXPECT_EQ(config.seed(), 18446744073709551615u);
  EXPECT_EQ(config.total_steps(), 5);
  EXPECT_EQ(config.sac().gamma(), 0.5);
  EXPECT_EQ(config.sac().batch_size(), 7);
  EXPECT_TRUE(config.sac().critic_layer_norm());
  EXPECT_EQ(config.sac().alpha_mode(), v1::AlphaMode::fixed);
  EXPECT_EQ(config.environment().name(), "A b=c");
}

TEST(ApplyOverrideTest, AListReplacesTheWholeField) {
  const v1::RunConfig config =
      With({"sac.actor_hidden=1,2,3", "sac.actor_hidden=64, 32",
            "sac.critic_hidden=[5, 6]", "environment.action_low=-1.5"});
  EXPECT_THAT(config.sac().actor_hidden(), ElementsAre(64, 32));
  EXPECT_THAT(config.sac().critic_hidden(), ElementsAre(5, 6));
  EXPECT_THAT(config.environment().action_low(), ElementsAre(-1.5));
}

TEST(ApplyOverrideTest, AListOfGroupsReplacesTheWholeFieldToo) {
  const v1::RunConfig one =
      With({"environment.perturbation={friction: 2}, {mass: 3}",
            "environment.perturbation={friction: 0.5 blocked: ['a, b', '}']}"});
  ASSERT_EQ(one.environment().perturbation_size(), 1);
  EXPECT_EQ(one.environment().perturbation(0).friction(), 0.5);
  EXPECT_THAT(one.environment().perturbation(0).blocked(),
              ElementsAre("a, b", "}"));

  const std::string two =
      "[{ friction: 0.5 blocked: \"tunnel\" }, { mass: 2 }]";
  const v1::RunConfig config = With({"environment.perturbation=" + two});
  ASSERT_EQ(config.environment().perturbation_size(), 2);
  EXPECT_EQ(config.environment().perturbation(1).mass(), 2);
  const auto differences = CompareConfigs(one, config);
  ASSERT_EQ(differences.size(), 1u);
  EXPECT_EQ(differences[0].path, "environment.perturbation");
  EXPECT_EQ(differences[0].stored,
            "[{ friction: 0.5 blocked: \"a, b\" blocked: \"}\" }]");
  EXPECT_EQ(differences[0].wanted, two);
}

TEST(ApplyOverrideTest, TheLastOfAChoiceStands) {
  const v1::RunConfig config =
      With({"evaluation.success.environment_flag=true",
            "evaluation.success.return_at_least=-150"});
  EXPECT_FALSE(config.evaluation().success().has_environment_flag());
  EXPECT_EQ(config.evaluation().success().return_at_least(), -150);
}

TEST(ApplyOverrideTest, AnEmptyChoiceIsNotAnUnsetOne) {
  const v1::RunConfig none = With({"evaluation.success={}"});
  EXPECT_TRUE(none.evaluation().has_success());
  const auto differences = CompareConfigs(Pendulum(), none);
  ASSERT_EQ(differences.size(), 1u);
  EXPECT_EQ(differences[0].path, "evaluation.success");
  EXPECT_EQ(differences[0].stored, "unset");
  EXPECT_EQ(differences[0].wanted, "{ }");
  EXPECT_TRUE(differences[0].may_change);
  EXPECT_NE(ConfigHash(none), ConfigHash(Pendulum()));

  const v1::RunConfig cleared =
      With({"evaluation.success={}", "evaluation.success="});
  EXPECT_FALSE(cleared.evaluation().has_success());
}

TEST(ApplyOverrideTest, AnUnknownKeyGetsTheNearestPath) {
  EXPECT_EQ(ErrorOf("sac.gama=1"),
            "unknown key \"sac.gama\"; did you mean \"sac.gamma\"?");
  EXPECT_EQ(ErrorOf("sack.gamma=1"),
            "unknown key \"sack\" (in \"sack.gamma\"); did you mean \"sac\"?");
  EXPECT_EQ(ErrorOf("gamma=1"),
            "unknown key \"gamma\"; did you mean \"sac.gamma\"?");
  EXPECT_EQ(ErrorOf("evaluation.success.enviroment_flag=1"),
            "unknown key \"evaluation.success.enviroment_flag\"; did you mean "
            "\"evaluation.success.environment_flag\"?");
  EXPECT_EQ(ErrorOf("flux_capacitor=1"), "unknown key \"flux_capacitor\"");
  EXPECT_EQ(ErrorOf("sac..gamma=1"),
            "unknown key \"sac.\" (in \"sac..gamma\")");
  EXPECT_EQ(ErrorOf("sac.gamma.x=1"),
            "unknown key \"sac.gamma.x\": sac.gamma takes a number (double) "
            "and has no fields");
}

TEST(ApplyOverrideTest, AnUnknownKeyCannotBeClearedEither) {
  EXPECT_THAT(ErrorOf("sac.gama="), HasSubstr("did you mean \"sac.gamma\"?"));
}

TEST(ApplyOverrideTest, AWrongValueNamesKeyValueAndType) {
  EXPECT_EQ(ErrorOf("sac.gamma=x"),
            "sac.gamma takes a number (double), not \"x\"");
  EXPECT_EQ(ErrorOf("total_steps=1e6"),
            "total_steps takes a whole number (int64), not \"1e6\"");
  EXPECT_EQ(ErrorOf("sac.batch_size=3000000000"),
            "sac.batch_size takes a whole number (int32), not \"3000000000\"");
  EXPECT_EQ(ErrorOf("seed=-1"),
            "seed takes a whole number (uint64), not \"-1\"");
  EXPECT_EQ(ErrorOf("sac.critic_layer_norm=yes"),
            "sac.critic_layer_norm takes true or false, not \"yes\"");
  EXPECT_EQ(ErrorOf("sac.alpha_mode=auot"),
            "sac.alpha_mode takes one of auto, fixed, not \"auot\"");
  EXPECT_EQ(ErrorOf("sac.actor_hidden=64,,64"),
            "sac.actor_hidden takes whole numbers, e.g. 64,64 (int32), not "
            "\"64,,64\"");
  EXPECT_EQ(ErrorOf("environment.action_low=1;2"),
            "environment.action_low takes numbers, e.g. -1.5,2 (double), not "
            "\"1;2\"");
  EXPECT_EQ(ErrorOf("sac=3"),
            "sac is a group: set one of its fields, e.g. sac.gamma=...");
  EXPECT_EQ(ErrorOf("evaluation.success=true"),
            "evaluation.success is a group: set one of its fields, e.g. "
            "success.environment_flag=...");
}

TEST(ApplyOverrideTest, AWrongListOfGroupsSaysWhatIsWrongInIt) {
  const std::string takes =
      "environment.perturbation takes groups, e.g. '{from_step: ...}'";
  EXPECT_EQ(ErrorOf("environment.perturbation={fricton: 2}"),
            takes +
                ", not \"{fricton: 2}\": unknown key \"fricton\" in "
                "environment.perturbation; did you mean \"friction\"?");
  EXPECT_EQ(ErrorOf("environment.perturbation=friction: 2"),
            takes +
                ", not \"friction: 2\": expected \"{\", found "
                "\"friction\"");
  EXPECT_EQ(ErrorOf("environment.perturbation.friction=2"),
            "unknown key \"environment.perturbation.friction\": " + takes);
  EXPECT_EQ(ErrorOf("friction=2"),
            "unknown key \"friction\"; did you mean "
            "\"environment.perturbation[].friction\"?");
}

TEST(ApplyOverrideTest, AValueCannotSmuggleInAnotherField) {
  ErrorOf("environment.perturbation={} ] name: \"x\" perturbation: [ {}");
  ErrorOf("sac.gamma=0.5 tau: 0.5");
  ErrorOf("sac.gamma=0.5 } seed: 3");
  const v1::RunConfig config = With({"environment.name=x\" seed: 3"});
  EXPECT_EQ(config.environment().name(), "x\" seed: 3");
}

TEST(ApplyOverrideTest, WithoutAnAssignmentItSaysHowToWriteOne) {
  const std::string way = "write key=value, e.g. sac.gamma=0.98";
  EXPECT_THAT(ErrorOf("sac.gamma"), HasSubstr(way));
  EXPECT_THAT(ErrorOf("=3"), HasSubstr(way));
  EXPECT_THAT(ErrorOf(""), HasSubstr(way));
}

}  // namespace
}  // namespace softfleet
