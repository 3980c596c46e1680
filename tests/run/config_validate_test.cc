// SPDX-License-Identifier: Apache-2.0
// Combinations; single fields are in config_fields_test.cc.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "core/file_system.h"
#include "run/config.h"
#include "tests/run/config_testing.h"

namespace softfleet {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// The error of Pendulum() with these overrides; "" if it is valid.
std::string ErrorWith(const std::vector<std::string>& overrides) {
  v1::RunConfig config = Pendulum();
  for (const std::string& assignment : overrides) {
    EXPECT_TRUE(ApplyOverride(assignment, &config).ok()) << assignment;
  }
  const absl::Status status = ValidateConfig(config);
  if (!status.ok()) {
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  }
  return std::string(status.message());
}

TEST(ValidateConfigTest, TheDefaultsAreValid) { EXPECT_EQ(ErrorWith({}), ""); }

TEST(ValidateConfigTest, TheEnvironmentMustBeNamed) {
  EXPECT_THAT(ErrorWith({"environment.name="}),
              AllOf(HasSubstr("environment.name is missing"),
                    HasSubstr("environment { name: \"Pendulum-v1\" }")));
}

TEST(ValidateConfigTest, OneEnvironmentIsRun) {
  EXPECT_EQ(ErrorWith({"environment.name=", "environment.plugin=p.so"}), "");
  EXPECT_EQ(ErrorWith({"environment.name=", "environment.gymnasium=A-v1",
                       "environment.module=m"}),
            "");
  EXPECT_EQ(ErrorWith({"environment.plugin=p.so"}),
            "environment.name and environment.plugin are given: only one can "
            "be run");
  EXPECT_EQ(ErrorWith({"environment.name=", "environment.plugin=p.so",
                       "environment.gymnasium=A-v1"}),
            "environment.plugin and environment.gymnasium are given: only one "
            "can be run");
  EXPECT_EQ(ErrorWith({"environment.module=m"}),
            "environment.module is given without environment.gymnasium, which "
            "it is for");
}

TEST(ValidateConfigTest, ASettingHasANameAndOneValue) {
  EXPECT_EQ(ErrorWith({"environment.setting={name: 'a' number: [1, 2]}, "
                       "{name: 'b' flag: false}, {name: 'c' text: ''}"}),
            "");
  EXPECT_EQ(ErrorWith({"environment.setting={name: 'a' flag: true}, "
                       "{name: 'g'}, {number: 1 text: 'x'}"}),
            "environment.setting[1] (\"g\") has no value: give one of number, "
            "flag and text\n"
            "environment.setting[2].name is missing\n"
            "environment.setting[2] (\"\") has values of several kinds: give "
            "one of number, flag and text");
}

TEST(ValidateConfigTest, APerturbationEndsAfterItBeginsAndPushesInSpace) {
  EXPECT_EQ(ErrorWith({"environment.perturbation={from_step: 5 until_step: 6 "
                       "force: [1, 0, 0]}"}),
            "");
  EXPECT_EQ(ErrorWith({"environment.perturbation={}, "
                       "{from_step: 5 until_step: 5 force: [1, 2]}"}),
            "environment.perturbation[1].until_step = 5 must be above "
            "from_step = 5\n"
            "environment.perturbation[1].force has 2 values: give three, for "
            "x, y and z");
}

TEST(ValidateConfigTest, EveryElementOfAListOfGroupsIsChecked) {
  EXPECT_EQ(ErrorWith({"environment.perturbation={mass: 2}, {mass: 0}, "
                       "{gain: 1001 force: [0, nan, 0]}"}),
            "environment.perturbation[1].mass = 0 is out of range: above 0 "
            "and at most 1000\n"
            "environment.perturbation[2].gain = 1001 is out of range: 0 to "
            "1000\n"
            "environment.perturbation[2].force[1] = nan is not finite");
}

TEST(ValidateConfigTest, ARangeOfASettingMayBeOpen) {
  EXPECT_EQ(ErrorWith({"environment.setting={name: 'a' number: [-inf, inf]}"}),
            "");
  EXPECT_EQ(ErrorWith({"environment.setting={name: 'a' number: [0, nan]}"}),
            "environment.setting[0].number[1] = nan is not a number");
}

TEST(ValidateConfigTest, TheTargetsSubsetIsOneOfTheCritics) {
  EXPECT_EQ(ErrorWith({"sac.target_subset=2"}), "");
  EXPECT_EQ(ErrorWith({"sac.target_subset=3"}),
            "sac.target_subset = 3 must be at most sac.num_critics = 2");
}

TEST(ValidateConfigTest, TheBoundsOfLogStdHaveAnOrder) {
  EXPECT_EQ(ErrorWith({"sac.log_std_min=1.9"}), "");
  EXPECT_EQ(ErrorWith({"sac.log_std_min=2"}),
            "sac.log_std_min = 2 must be below sac.log_std_max = 2 (default)");
  EXPECT_EQ(ErrorWith({"sac.log_std_max=-19"}), "");
  EXPECT_EQ(ErrorWith({"sac.log_std_max=-20"}),
            "sac.log_std_min = -20 (default) must be below sac.log_std_max = "
            "-20");
  EXPECT_EQ(ErrorWith({"sac.log_std=bounded", "sac.log_std_max=-6"}),
            "sac.log_std_min = -5 (default) must be below sac.log_std_max = "
            "-6");
}

TEST(ValidateConfigTest, ABatchFitsIntoTheTable) {
  EXPECT_EQ(ErrorWith({"replay.capacity=256"}), "");
  EXPECT_EQ(ErrorWith({"replay.capacity=255"}),
            "sac.batch_size = 256 must be at most replay.capacity = 255");
  EXPECT_EQ(
      ErrorWith({"replay.capacity=9", "sac.batch_size=9", "sac.n_step=9"}),
      "sac.n_step = 9 must be below replay.capacity = 9");
}

TEST(ValidateConfigTest, ARunThatWouldTrainNothingIsRefused) {
  EXPECT_EQ(ErrorWith({"total_steps=10001"}), "");
  const std::string refused =
      "total_steps = 10000 must be above learner.warmup_steps = 10000: "
      "nothing would be trained; raise total_steps or lower "
      "learner.warmup_steps";
  EXPECT_EQ(ErrorWith({"total_steps=10000"}), refused);
  // Whoever wants no updates may have none.
  EXPECT_EQ(ErrorWith({"total_steps=100", "learner.updates_per_step=0"}), "");
}

TEST(ValidateConfigTest, ActionBoundsComeInPairs) {
  EXPECT_EQ(
      ErrorWith({"environment.action_low=-1", "environment.action_high=1,2,3"}),
      "");
  EXPECT_THAT(ErrorWith({"environment.action_low=-1"}),
              HasSubstr("environment.action_low has 1 and action_high 0 "
                        "values"));
  EXPECT_THAT(ErrorWith({"environment.action_low=-1,-1",
                         "environment.action_high=1,2,3"}),
              HasSubstr("environment.action_low has 2 and action_high 3 "
                        "values"));
  EXPECT_EQ(
      ErrorWith({"environment.action_low=-1,3", "environment.action_high=1,3"}),
      "environment.action_low = 3 must be below action_high = 3 "
      "(dimension 1)");
  EXPECT_EQ(
      ErrorWith({"environment.action_low=2", "environment.action_high=3,1"}),
      "environment.action_low = 2 must be below action_high = 1 "
      "(dimension 1)");
}

TEST(ValidateConfigTest, ACriterionRelativeToReferencesNeedsAPanel) {
  EXPECT_THAT(ErrorWith({"evaluation.success.within_of_reference=5"}),
              HasSubstr("needs evaluation.panel"));
  EXPECT_EQ(ErrorWith({"evaluation.success.within_of_reference=5",
                       "evaluation.panel=p.textproto"}),
            "");
}

TEST(ValidateConfigTest, EveryProblemHasItsLine) {
  const std::string error =
      ErrorWith({"environment.name=", "sac.gamma=2", "sac.tau=0",
                 "sac.actor_hidden=4,0", "sac.target_subset=3"});
  EXPECT_EQ(error,
            "sac.gamma = 2 is out of range: 0 to 1\n"
            "sac.tau = 0 is out of range: above 0 and at most 1\n"
            "sac.actor_hidden[1] = 0 is out of range: 1 to 65536\n"
            "environment.name is missing: say which environment, e.g. "
            "environment { name: \"Pendulum-v1\" } (or plugin, or gymnasium)\n"
            "sac.target_subset = 3 must be at most sac.num_critics = 2");
}

TEST(ValidateConfigTest, EveryRunFileOfTheRepositoryIsValid) {
  const std::string folder = SOFTFLEET_SOURCE_DIR "/configs";
  const std::vector<std::string> names = RealFileSystem().List(folder).value();
  int found = 0;
  for (const std::string& name : names) {
    if (!absl::EndsWith(name, ".textproto")) continue;
    ++found;
    const auto config =
        LoadConfig(RealFileSystem(), JoinPath(folder, name), {});
    EXPECT_TRUE(config.ok()) << config.status();
  }
  EXPECT_GT(found, 0);
}

}  // namespace
}  // namespace softfleet
