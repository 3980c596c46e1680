// SPDX-License-Identifier: Apache-2.0
// What of Gymnasium becomes what here: the rules of gymnasium_environment.h.
#include <array>
#include <cmath>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "tests/environments/gymnasium/gymnasium_fixture.h"

namespace softfleet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Code = absl::StatusCode;

using GymnasiumTranslation = GymnasiumTest;

TEST_F(GymnasiumTranslation, PicturesStayBytes) {
  const auto frames = Make(Gymnasium("softfleet/Frames-v0"));
  const EnvironmentSpec& spec = frames->spec();
  EXPECT_EQ(spec.name, "softfleet/Frames-v0");
  EXPECT_THAT(spec.observations,
              ElementsAre(ObservationGroup{"pixels", DType::kU8, {6, 6, 1}}));
  EXPECT_EQ(spec.max_episode_steps, 20);
  EXPECT_EQ(spec.control_frequency, 30);
  ASSERT_TRUE(frames->Reset(42).ok());
  for (int step = 0; step < 20; ++step) {
    std::vector<int> pixels = Bytes(*frames);
    ASSERT_EQ(pixels.size(), 36u);
    EXPECT_EQ(std::ranges::count(pixels, 255), 6);
    EXPECT_EQ(std::ranges::count(pixels, 42 + step), 30);
    const auto result = frames->Step(std::array{step % 2 ? 1.0f : -1.0f});
    EXPECT_EQ(result->truncated, step == 19);
  }
}

TEST_F(GymnasiumTranslation, EverySpaceBecomesGroups) {
  const auto made = Make(Gymnasium("softfleet/EverySpace-v0"));
  EXPECT_THAT(made->spec().observations,
              ElementsAre(ObservationGroup{"arm/joints", DType::kF32, {2}},
                          ObservationGroup{"arm/on", DType::kF32, {3}},
                          ObservationGroup{"camera", DType::kU8, {2, 2, 3}},
                          ObservationGroup{"gear", DType::kF32, {4}},
                          ObservationGroup{"level", DType::kF32, {1}},
                          ObservationGroup{"pair/0", DType::kF32, {2}},
                          ObservationGroup{"pair/1", DType::kF32, {1}},
                          ObservationGroup{"switches", DType::kF32, {5}}));
  EXPECT_EQ(made->spec().max_episode_steps, 0);
  for (const uint64_t seed : {0, 4, 1001}) {
    ASSERT_TRUE(made->Reset(seed).ok());
    int n = static_cast<int>(seed);
    for (int step = 0; step < 7; ++step) {
      EXPECT_THAT(Floats(*made, 0),
                  ElementsAre(static_cast<float>(n / 7.0), -n));
      EXPECT_THAT(Floats(*made, 1), ElementsAre(1, n % 2, 0));
      EXPECT_THAT(Bytes(*made, 2), ::testing::Each(n % 256));
      for (int i = 0; i < 4; ++i) EXPECT_EQ(Floats(*made, 3)[i], i == n % 4);
      EXPECT_THAT(Floats(*made, 4), ElementsAre(n));
      EXPECT_THAT(Floats(*made, 5), ElementsAre(n % 2 == 0, n % 2 == 1));
      EXPECT_THAT(Floats(*made, 6),
                  ElementsAre(static_cast<float>(n % 10 / 10.0)));
      EXPECT_THAT(Floats(*made, 7),
                  ElementsAre(n % 2 == 0, n % 2 == 1, n % 3 == 0, n % 3 == 1,
                              n % 3 == 2));
      // Gymnasium's actions 5, 6 and 7 are the indices 0, 1 and 2.
      EXPECT_EQ(made->Step(step % 3)->reward, 5 + step % 3);
      n += 1 + step % 3;
    }
  }
}

TEST_F(GymnasiumTranslation, WhatInfoSaysArrives) {
  const auto telling = Make(Gymnasium("softfleet/Telling-v0"));
  EXPECT_THAT(telling->spec().reward_components,
              ElementsAre("reward_way", "reward_effort"));
  ASSERT_TRUE(telling->Reset(7).ok());
  for (int step = 1; step <= 6; ++step) {
    const StepResult result = telling->Step(std::array{-1.5f, 2.0f}).value();
    EXPECT_THAT(result.reward_components,
                ElementsAre(1.5 * step, step == 2 ? 0 : -0.25));
    EXPECT_EQ(result.reward, 1.5 * step - (step == 2 ? 0 : 0.25));
    EXPECT_EQ(result.success, step == 2 || step == 3);
    EXPECT_EQ(result.taken_over, step == 3 || step == 4);
    if (step == 4) {
      EXPECT_THAT(result.executed_action, ElementsAre(0.5f, -1.5f));
    } else {
      EXPECT_TRUE(result.executed_action.empty());
    }
    EXPECT_EQ(result.terminated, step == 6);
    EXPECT_EQ(result.truncated, step >= 5);
    if (step == 5) break;
  }
}

TEST_F(GymnasiumTranslation, OurLimitReplacesGymnasiums) {
  EnvironmentOptions options = Gymnasium("softfleet/Frames-v0");
  const auto length = [&] {
    const auto frames = Make(options);
    EXPECT_TRUE(frames->Reset(1).ok());
    int steps = 0;
    while (steps < 60) {
      ++steps;
      if (frames->Step(std::array{0.0f})->truncated) break;
    }
    return steps;
  };
  EXPECT_EQ(length(), 20);
  options.max_episode_steps = 7;
  EXPECT_EQ(length(), 7);
  options.max_episode_steps = 33;
  EXPECT_EQ(length(), 33);
  options.max_episode_steps = 0;
  EXPECT_EQ(length(), 60);
}

std::string MadeWith(std::vector<EnvironmentSetting> settings) {
  EnvironmentOptions options = Gymnasium("softfleet/Settings-v0");
  options.settings = std::move(settings);
  const auto made = Make(options);
  EXPECT_TRUE(made->Reset(1).ok());
  std::string text;
  for (const int byte : Bytes(*made)) text += static_cast<char>(byte);
  return text.substr(0, text.find_last_not_of(' ') + 1);
}

TEST_F(GymnasiumTranslation, SettingsBecomePythonsValues) {
  EXPECT_EQ(MadeWith({}), "(3, 2.0, None, [])");
  EXPECT_EQ(MadeWith({{"count", {4}, {}, {}},
                      {"weight", {5}, {}, {}},
                      {"annotated", {6}, {}, {}},
                      {"other", {7}, {}, {}}}),
            "(4, 5.0, 6, [('other', 7.0)])");
  EXPECT_EQ(MadeWith({{"count", {4.5}, {}, {}},
                      {"flag", {}, true, {}},
                      {"list", {1, 2.5}, {}, {}},
                      {"text", {}, {}, "5"}}),
            "(4.5, 2.0, None, [('flag', True), ('list', [1.0, 2.5]), "
            "('text', '5')])");
  EXPECT_EQ(
      MadeWith({{"a", {}, {}, "=5"}, {"b", {}, {}, "= {'c': [1, None]}"}}),
      "(3, 2.0, None, [('a', 5), ('b', {'c': [1, None]})])");
}

TEST_F(GymnasiumTranslation, ASettingThatCannotBeIsRefused) {
  EnvironmentOptions options = Gymnasium("softfleet/Settings-v0");
  options.settings = {{"a", {}, {}, "=open('/etc/passwd')"}};
  ExpectError(MakeEnvironment(options).status(), Code::kInvalidArgument,
              "setting a: \"open('/etc/passwd')\" is no Python literal");
  options.settings = {{"a", {1}, {}, {}}, {"a", {2}, {}, {}}};
  ExpectError(MakeEnvironment(options).status(), Code::kInvalidArgument,
              "setting \"a\" is given twice");
  options.settings = {{"a", {INFINITY}, {}, {}}};
  ExpectError(MakeEnvironment(options).status(), Code::kInvalidArgument,
              "setting a:[inf] is not finite");
  options = Gymnasium("Pendulum-v1");
  options.settings = {{"gravity", {9.81}, {}, {}}};
  ExpectError(MakeEnvironment(options).status(), Code::kInvalidArgument,
              "unexpected keyword argument 'gravity'");
}

TEST_F(GymnasiumTranslation, SpacesThatCannotBeUsedAreRefusedWithTheWayOut) {
  ExpectError(
      MakeEnvironment(Faulty("many actions")).status(), Code::kInvalidArgument,
      "the action space MultiDiscrete([3 3]) is neither a Box of floats "
      "nor Discrete: Softfleet acts with one vector or one index; wrap "
      "the environment in a gymnasium.ActionWrapper");
  ExpectError(MakeEnvironment(Faulty("whole actions")).status(),
              Code::kInvalidArgument,
              "is neither a Box of floats nor Discrete");
  ExpectError(MakeEnvironment(Faulty("text observations")).status(),
              Code::kInvalidArgument,
              "wrap the environment in a gymnasium.ObservationWrapper");
  ExpectError(MakeEnvironment(Faulty("odd names")).status(),
              Code::kInvalidArgument,
              "observation group name \"a b\" is not made of letters");
}

TEST_F(GymnasiumTranslation, InfiniteBoundsMustBeReplaced) {
  EnvironmentOptions options = Faulty("infinite actions");
  ExpectError(MakeEnvironment(options).status(), Code::kInvalidArgument,
              "action_low of action dimension 0 is -inf, not within +-1e6; set "
              "action_low and action_high to usable bounds");
  options.action_low = {-1};
  options.action_high = {1, 2};
  EXPECT_THAT(Make(options)->spec().action_high, ElementsAre(1, 2));
}

TEST_F(GymnasiumTranslation, ItIsDescribedBySourceModuleAndSettings) {
  EnvironmentOptions options = Gymnasium("softfleet/Frames-v0");
  EXPECT_EQ(DescribeEnvironment(options),
            "gymnasium softfleet/Frames-v0 module:softfleet_test_environments "
            "max_episode_steps:20 action_low:[-1] action_high:[1]");
  const uint64_t plain = EnvironmentHash(options);
  options.step_deadline = absl::Seconds(1);
  EXPECT_EQ(EnvironmentHash(options), plain);
  options.settings = {{"size", {7}, {}, {}}};
  EXPECT_NE(EnvironmentHash(options), plain);
  EnvironmentOptions built_in;
  built_in.name = "Pendulum-v1";
  EXPECT_NE(EnvironmentHash(Gymnasium("Pendulum-v1")),
            EnvironmentHash(built_in));
}

TEST_F(GymnasiumTranslation, AnUnknownIdGetsGymnasiumsWords) {
  ExpectError(MakeEnvironment(Gymnasium("LunarLader-v3")).status(),
              Code::kInvalidArgument,
              "`LunarLader` doesn't exist. Did you "
              "mean: `LunarLander`?");
}

TEST_F(GymnasiumTranslation, AModuleThatIsNotThereIsNamed) {
  EnvironmentOptions options = Gymnasium("Pendulum-v1");
  options.module = "gymnasium_robotics_of_mine";
  ExpectError(MakeEnvironment(options).status(), Code::kFailedPrecondition,
              "cannot import module 'gymnasium_robotics_of_mine'");
}

}  // namespace
}  // namespace softfleet
