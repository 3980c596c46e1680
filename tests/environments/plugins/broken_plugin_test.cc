// SPDX-License-Identifier: Apache-2.0
// Plug-ins that are wrong, each in its own way: what is said about them.
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/file_system.h"
#include "environments/registry.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace softfleet {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using Code = absl::StatusCode;

std::string Library(const std::string& name) {
  return absl::StrCat(SOFTFLEET_TEST_PLUGINS "/libtest_plugin_", name, ".so");
}

EnvironmentOptions Plugin(const std::string& path) {
  EnvironmentOptions options;
  options.plugin = path;
  return options;
}

EnvironmentOptions Faulty(const std::string& fault) {
  EnvironmentOptions options = Plugin(Library("counter"));
  options.settings.push_back({"fault", {}, {}, fault});
  return options;
}

absl::Status ErrorOf(const EnvironmentOptions& options) {
  return MakeEnvironment(options).status();
}

void ExpectError(const absl::Status& status, Code code,
                 const std::string& part) {
  EXPECT_EQ(status.code(), code) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(part));
}

std::string WriteTemporary(const std::string& name, absl::string_view bytes) {
  const std::string path = JoinPath(::testing::TempDir(), name);
  EXPECT_TRUE(WriteFileAtomically(RealFileSystem(), path, bytes).ok());
  return path;
}

TEST(BrokenPlugin, AMissingFileIsNamed) {
  ExpectError(ErrorOf(Plugin("/nowhere/libcrane.so")), Code::kNotFound,
              "no plug-in \"/nowhere/libcrane.so\": there is no "
              "/nowhere/libcrane.so");
}

TEST(BrokenPlugin, AMissingNameIsNamedWithThePlacesWhereItWasLookedFor) {
  ::setenv("SOFTFLEET_PLUGIN_PATH", "/first:/second", 1);
  ExpectError(ErrorOf(Plugin("libcrane.so")), Code::kNotFound,
              "there is no ./libcrane.so and no /first/libcrane.so and no "
              "/second/libcrane.so; its folder may be listed in "
              "$SOFTFLEET_PLUGIN_PATH");
  ::unsetenv("SOFTFLEET_PLUGIN_PATH");
}

TEST(BrokenPlugin, WhatIsNoLibraryIsRefused) {
  const std::string library = RealFileSystem().Read(Library("crane")).value();
  const struct {
    std::string path, part;
  } cases[] = {
      {WriteTemporary("text.so",
                      "not a library, but long enough to be looked "
                      "at as one by who loads libraries"),
       "invalid ELF header"},
      {WriteTemporary("empty.so", ""), "file too short"},
      {WriteTemporary("half.so", library.substr(0, library.size() / 2)),
       "is cut off"},
      {::testing::TempDir(), "cannot be loaded"},
  };
  for (const auto& [path, part] : cases) {
    const absl::Status status = ErrorOf(Plugin(path));
    ExpectError(status, Code::kFailedPrecondition, part);
    EXPECT_THAT(std::string(status.message()), HasSubstr(path));
  }
}

TEST(BrokenPlugin, ALibraryWithoutTheSymbolIsRefused) {
  ExpectError(ErrorOf(Plugin(Library("empty"))), Code::kFailedPrecondition,
              "has no softfleet_environment(): is "
              "SOFTFLEET_ENVIRONMENT(YourClass) in it");
}

TEST(BrokenPlugin, AnotherInterfaceIsRefused) {
  ExpectError(ErrorOf(Plugin(Library("OTHER_VERSION"))),
              Code::kFailedPrecondition,
              "built for version 99 of the plug-in interface, this program has "
              "version 1");
  ExpectError(ErrorOf(Plugin(Library("OTHER_SIZE"))), Code::kFailedPrecondition,
              "laid out differently");
  ExpectError(ErrorOf(Plugin(Library("NO_TABLE"))), Code::kFailedPrecondition,
              "returned nothing");
}

TEST(BrokenPlugin, PointersThatPointNowhereAreRefused) {
  const struct {
    std::string library, part;
  } cases[] = {
      {"NO_NAME", "the spec has no name"},
      {"NO_GROUPS", "1 observation groups at no address"},
      {"MANY_GROUPS", "18446744073709551615 observation groups"},
      {"NO_SHAPE", "1 sizes in the shape of state at no address"},
      {"NO_BOUNDS", "1 action dimensions at no address"},
      {"NO_COMPONENT", "reward component \"\" is no name"},
  };
  for (const auto& [library, part] : cases) {
    ExpectError(ErrorOf(Plugin(Library(library))), Code::kInvalidArgument,
                part);
  }
}

TEST(BrokenPlugin, ASpecThatMakesNoSenseIsRefused) {
  const struct {
    std::string fault, part;
  } cases[] = {
      {"no name", "the name \"\" is none"},
      {"two words", "the name \"My Counter\" is none: it is one word"},
      {"no group", "no observation group"},
      {"same group", "observation group \"count\" appears twice"},
      {"no size", "shape [2, 0] has a size below 1"},
      {"huge", "[1048576, 1048576] has more than"},
      {"dtype", "observation group count has dtype 7"},
      {"no action", "bounds of 0 action dimensions and num_actions 0"},
      {"both actions", "bounds of 2 action dimensions and num_actions 3"},
      {"infinite bound", "action_high of action dimension 1 is inf"},
      {"negative limit", "max_episode_steps is -1"},
      {"same component", "reward component a is there twice"},
      {"frequency", "control_frequency is nan"},
  };
  for (const auto& [fault, part] : cases) {
    const absl::Status status = ErrorOf(Faulty(fault));
    ExpectError(status, Code::kInvalidArgument, part);
    EXPECT_THAT(std::string(status.message()), HasSubstr("counter.so"));
  }
}

TEST(BrokenPlugin, WhatIsThrownWhileItIsMadeIsSaid) {
  ExpectError(ErrorOf(Faulty("constructor")), Code::kInternal,
              "its constructor: no licence");
  ExpectError(ErrorOf(Faulty("refused")), Code::kInvalidArgument,
              "its constructor: start is too late");
  ExpectError(ErrorOf(Faulty("thrown number")), Code::kInternal,
              "something was thrown that is no std::exception");
  ExpectError(ErrorOf(Faulty("describe")), Code::kInternal,
              "Describe: not today");
  ExpectError(ErrorOf(Faulty("uneven bounds")), Code::kInternal,
              "action_low and action_high differ in size");
}

TEST(BrokenPlugin, WhatIsThrownInAResetIsSaid) {
  const auto environment = MakeEnvironment(Faulty("reset")).value();
  ExpectError(environment->Reset(1), Code::kInternal,
              "Counter-v0: Reset: the brake is stuck");
  ExpectError(environment->Step(std::vector<float>{0, 0}).status(),
              Code::kFailedPrecondition, "no episode is running");
}

struct Fault {
  std::string name;
  Code code;
  std::string message;
};

class FaultyStep : public ::testing::TestWithParam<Fault> {};

TEST_P(FaultyStep, EndsItsEpisodeAndTheNextOneCanBegin) {
  const auto environment = MakeEnvironment(Faulty(GetParam().name)).value();
  const std::vector<float> action = {0, 1};
  for (int episode = 0; episode < 2; ++episode) {
    ASSERT_TRUE(environment->Reset(1).ok());
    ASSERT_TRUE(environment->Step(action).ok());
    ASSERT_TRUE(environment->Step(action).ok());
    ExpectError(environment->Step(action).status(), GetParam().code,
                absl::StrCat("Counter-v0: ", GetParam().message));
    ExpectError(environment->Step(action).status(), Code::kFailedPrecondition,
                "no episode is running");
  }
}

INSTANTIATE_TEST_SUITE_P(
    Faults, FaultyStep,
    ::testing::Values(
        Fault{"step", Code::kInternal, "Step: the motor burnt"},
        Fault{"step refused", Code::kInternal, "Step: too strong"},
        Fault{"thrown text", Code::kInternal, "Step: something was thrown"},
        Fault{"observe", Code::kInternal, "Observe: lens cap"},
        Fault{"nan reward", Code::kDataLoss, "reward is nan"},
        Fault{"infinite component", Code::kDataLoss,
              "reward component second is inf"},
        Fault{"nan observation", Code::kDataLoss,
              "observation group count element 1 is nan"},
        Fault{"nan execution", Code::kDataLoss,
              "executed action element 1 is nan"},
        Fault{"short execution", Code::kInternal,
              "Step: executed_action has the wrong size"}),
    [](const auto& info) {
      std::string name = info.param.name;
      std::erase(name, ' ');
      return name;
    });

TEST(BrokenPlugin, ASettingThatItDoesNotHaveGetsTheNearestOne) {
  EnvironmentOptions options = Plugin(Library("counter"));
  options.settings.push_back({"scael", {2}, {}, {}});
  ExpectError(ErrorOf(options), Code::kInvalidArgument,
              "no setting \"scael\"; did you mean \"scale\"? (known: discrete, "
              "fault, scale, start, weights)");
}

TEST(BrokenPlugin, ASettingOfAnotherKindIsRefused) {
  const EnvironmentSetting settings[] = {
      {"scale", {}, true, {}},     {"discrete", {1}, {}, {}},
      {"start", {0.5}, {}, {}},    {"fault", {1}, {}, {}},
      {"weights", {}, {}, "1, 2"},
  };
  for (const EnvironmentSetting& setting : settings) {
    EnvironmentOptions options = Plugin(Library("counter"));
    options.settings.push_back(setting);
    ExpectError(ErrorOf(options), Code::kInvalidArgument,
                absl::StrCat("setting ", setting.name));
  }
}

TEST(BrokenPlugin, OnlyOneSourceIsTaken) {
  EnvironmentOptions options = Plugin(Library("counter"));
  options.name = "Pendulum-v1";
  ExpectError(ErrorOf(options), Code::kInvalidArgument, "2 are set");
  ExpectError(ErrorOf(EnvironmentOptions()), Code::kInvalidArgument,
              "0 are set");
  options.name = "";
  options.module = "my_module";
  ExpectError(ErrorOf(options), Code::kInvalidArgument, "module is only for");
}

}  // namespace
}  // namespace softfleet
