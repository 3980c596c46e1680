// SPDX-License-Identifier: Apache-2.0
// Plug-ins that are right: what of them arrives.
#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/thread.h"
#include "environments/conformance/conformance.h"
#include "environments/observation_buffer.h"
#include "environments/registry.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/allocations.h"

namespace softfleet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

EnvironmentOptions Plugin(const std::string& name) {
  EnvironmentOptions options;
  options.plugin =
      absl::StrCat(SOFTFLEET_TEST_PLUGINS "/libtest_plugin_", name, ".so");
  return options;
}

std::unique_ptr<Environment> Make(const EnvironmentOptions& options) {
  return MakeEnvironment(options).value();
}

struct CounterObservation {
  std::vector<float> count;
  std::vector<int> digits;
};

CounterObservation Observe(const Environment& counter) {
  ObservationBuffer buffer(counter.spec());
  buffer.Read(counter);
  CounterObservation seen;
  seen.count.resize(2);
  std::memcpy(seen.count.data(), buffer.groups()[0].data(), 8);
  for (const std::byte digit : buffer.groups()[1]) {
    seen.digits.push_back(std::to_integer<int>(digit));
  }
  return seen;
}

TEST(Plugin, ItsSpecIsTheEnvironments) {
  const auto counter = Make(Plugin("counter"));
  const EnvironmentSpec& spec = counter->spec();
  EXPECT_EQ(spec.name, "Counter-v0");
  EXPECT_EQ(spec.version, "1");
  EXPECT_THAT(spec.observations,
              ElementsAre(ObservationGroup{"count", DType::kF32, {2}},
                          ObservationGroup{"digits", DType::kU8, {1, 3}}));
  EXPECT_EQ(spec.action, (ActionSpec{ActionSpec::Kind::kContinuous, 2, 0}));
  EXPECT_THAT(spec.action_low, ElementsAre(-2, 0));
  EXPECT_THAT(spec.action_high, ElementsAre(2, 5));
  EXPECT_EQ(spec.max_episode_steps, 20);
  EXPECT_THAT(spec.reward_components, ElementsAre("first", "second"));
  EXPECT_EQ(spec.control_frequency, 10);
}

TEST(Plugin, WhatItsStepsSayArrives) {
  const auto counter = Make(Plugin("counter"));
  ASSERT_TRUE(counter->Reset(327).ok());
  EXPECT_THAT(Observe(*counter).count, ElementsAre(327, 0));
  EXPECT_THAT(Observe(*counter).digits, ElementsAre(7, 2, 3));
  for (int step = 1; step <= 12; ++step) {
    const StepResult result = counter->Step(std::array{0.25f, 4.0f}).value();
    EXPECT_EQ(result.reward, 4.25 + 2);
    EXPECT_THAT(result.reward_components, ElementsAre(4.25, 2));
    EXPECT_EQ(result.success, step == 5);
    EXPECT_EQ(result.terminated, step == 12);
    EXPECT_FALSE(result.truncated);
    EXPECT_EQ(result.taken_over, step == 2);
    if (step == 2) {
      EXPECT_THAT(result.executed_action, ElementsAre(0.5f, 1.5f));
    } else {
      EXPECT_TRUE(result.executed_action.empty());
    }
    EXPECT_THAT(Observe(*counter).count, ElementsAre(327 + step, step));
  }
}

TEST(Plugin, DiscreteActionsArriveAsIndices) {
  EnvironmentOptions options = Plugin("counter");
  options.settings.push_back({"discrete", {}, true, {}});
  const auto counter = Make(options);
  EXPECT_EQ(counter->spec().action,
            (ActionSpec{ActionSpec::Kind::kDiscrete, 0, 3}));
  ASSERT_TRUE(counter->Reset(1).ok());
  EXPECT_EQ(counter->Step(2)->reward, 2 + 2);
}

TEST(Plugin, ItsSettingsArrive) {
  EnvironmentOptions options = Plugin("counter");
  options.settings = {{"start", {-100}, {}, {}},
                      {"scale", {0.5}, {}, {}},
                      {"weights", {3, 5}, {}, {}}};
  const auto counter = Make(options);
  ASSERT_TRUE(counter->Reset(300).ok());
  EXPECT_EQ(Observe(*counter).count[0], 100);
  EXPECT_EQ(counter->Step(std::array{1.0f, 1.0f})->reward, 3 * 2 + 5);
}

TEST(Plugin, WhatTheOptionsReplaceHolds) {
  EnvironmentOptions options = Plugin("counter");
  options.max_episode_steps = 4;
  options.action_low = {-1};
  options.action_high = {1, 2};
  const auto counter = Make(options);
  EXPECT_THAT(counter->spec().action_low, ElementsAre(-1, -1));
  EXPECT_THAT(counter->spec().action_high, ElementsAre(1, 2));
  ASSERT_TRUE(counter->Reset(1).ok());
  for (int step = 1; step <= 4; ++step) {
    EXPECT_EQ(counter->Step(std::array{0.0f, 0.0f})->truncated, step == 4);
  }
}

TEST(Plugin, AClassWithoutHooksSaysSo) {
  const auto counter = Make(Plugin("counter"));
  ASSERT_TRUE(counter->Reset(1).ok());
  EXPECT_TRUE(counter->state().empty());
  EXPECT_EQ(counter->ResetTo(std::array{1.0}).message(),
            "Counter-v0: ResetTo: has no state that can be set");
  EXPECT_EQ(counter->ResetTo(std::array{1.0}).code(),
            absl::StatusCode::kUnimplemented);
  EXPECT_EQ(counter->Save().status().code(), absl::StatusCode::kUnimplemented);
  EXPECT_TRUE(counter->SetPhysics(Physics()).ok());
  Physics weak;
  weak.gain = 0.5;
  EXPECT_EQ(counter->SetPhysics(weak).code(), absl::StatusCode::kUnimplemented);
}

TEST(Plugin, PhysicsReachIt) {
  const auto crane = Make(Plugin("crane"));
  // The trolley's speed after a second of full acceleration, 1 m/s^2.
  const auto speed = [&] {
    EXPECT_TRUE(crane->Reset(3).ok());
    std::vector<double> state = crane->state();
    state[0] = 5;  // far from the rail's ends
    EXPECT_TRUE(crane->ResetTo(state).ok());
    for (int i = 0; i < 10; ++i) {
      EXPECT_TRUE(crane->Step(std::array{1.0f, 0.0f}).ok());
    }
    return crane->state()[1];
  };
  EXPECT_NEAR(speed(), 1, 1e-9);
  Physics physics;
  physics.gain = 0.25;
  ASSERT_TRUE(crane->SetPhysics(physics).ok());
  EXPECT_NEAR(speed(), 0.25, 1e-9);
  ASSERT_TRUE(crane->SetPhysics(Physics()).ok());
  EXPECT_NEAR(speed(), 1, 1e-9);
  physics.friction = 2;
  const absl::Status refused = crane->SetPhysics(physics);
  EXPECT_EQ(refused.code(), absl::StatusCode::kUnimplemented);
  EXPECT_THAT(std::string(refused.message()),
              HasSubstr("Crane-v0: SetPhysics: only gain and force"));
  physics = Physics();
  physics.gain = -1;
  EXPECT_EQ(crane->SetPhysics(physics).code(),
            absl::StatusCode::kInvalidArgument);
}

// A load that hangs still and is let swing by a small angle: the period of a
// pendulum, 2 pi sqrt(l / g).
TEST(Plugin, TheExampleSwingsAsAPendulumDoes) {
  const auto crane = Make(Plugin("crane"));
  for (const double cable : {1.0, 4.0}) {
    ASSERT_TRUE(crane
                    ->ResetTo(std::array{5.0, 0.0, cable, 0.05, 0.0, 9.0, 8.0,
                                         0.0, 0.0})
                    .ok());
    const double quarter = 2 * M_PI * std::sqrt(cable / 9.81) / 4;
    double before = 0.05;
    int steps = 0;
    while (before > 0) {
      ASSERT_TRUE(crane->Step(std::array{0.0f, 0.0f}).ok());
      before = crane->state()[3];
      ++steps;
    }
    EXPECT_NEAR(steps * 0.1, quarter, 0.1);
  }
}

TEST(Plugin, ItIsDescribedByVersionAndSettingsWhereverItLies) {
  const EnvironmentOptions options = Plugin("counter");
  EXPECT_EQ(DescribeEnvironment(options),
            "plugin Counter-v0 version:1 max_episode_steps:20 "
            "action_low:[-2,0] action_high:[2,5]");
  ::setenv("SOFTFLEET_PLUGIN_PATH", "/nowhere:" SOFTFLEET_TEST_PLUGINS, 1);
  EnvironmentOptions by_name;
  by_name.plugin = "libtest_plugin_counter.so";
  EXPECT_EQ(EnvironmentHash(by_name), EnvironmentHash(options));
  ::unsetenv("SOFTFLEET_PLUGIN_PATH");
  EXPECT_NE(EnvironmentHash(Plugin("counter_by_ten")),
            EnvironmentHash(options));
  EnvironmentOptions scaled = options;
  scaled.settings.push_back({"scale", {2}, {}, {}});
  EXPECT_NE(EnvironmentHash(scaled), EnvironmentHash(options));
}

TEST(Plugin, TwoLibrariesMayHaveClassesOfTheSameName) {
  const auto ones = Make(Plugin("counter"));
  const auto tens = Make(Plugin("counter_by_ten"));
  ASSERT_TRUE(ones->Reset(0).ok());
  ASSERT_TRUE(tens->Reset(0).ok());
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(ones->Step(std::array{0.0f, 0.0f}).ok());
    ASSERT_TRUE(tens->Step(std::array{0.0f, 0.0f}).ok());
  }
  EXPECT_EQ(Observe(*ones).count[0], 3);
  EXPECT_EQ(Observe(*tens).count[0], 30);
}

void ExpectConformance(EnvironmentOptions options) {
  ConformanceOptions check;
  check.allocations = testing::Allocations;
  const auto findings = CheckConformance(
      [&](std::optional<int64_t> max_episode_steps) {
        options.max_episode_steps = max_episode_steps;
        return MakeEnvironment(options);
      },
      check);
  ASSERT_TRUE(findings.ok()) << findings.status();
  for (const ConformanceFinding& finding : *findings) {
    EXPECT_NE(finding.outcome, ConformanceFinding::Outcome::kFail)
        << finding.rule << ": " << finding.seen;
  }
}

TEST(Plugin, TheExampleKeepsWhatAnEnvironmentPromises) {
  ExpectConformance(Plugin("crane"));
  EnvironmentOptions windy = Plugin("crane");
  windy.settings = {{"wind", {1}, {}, {}}};
  ExpectConformance(windy);
}

TEST(Plugin, OneWithoutHooksKeepsWhatAnEnvironmentPromises) {
  EnvironmentOptions discrete = Plugin("counter");
  discrete.settings = {{"discrete", {}, true, {}}};
  ExpectConformance(discrete);
}

TEST(Plugin, ThreadsMayEachHaveTheirOwn) {
  std::atomic<int> right = 0;
  {
    std::vector<Thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back("plugin", [t, &right] {
        for (uint64_t seed = 0; seed < 50; ++seed) {
          const auto counter = Make(Plugin("counter"));
          if (!counter->Reset(seed).ok()) return;
          for (int i = 0; i < 10; ++i) {
            if (!counter->Step(std::array{float(t), 0.0f}).ok()) return;
          }
          right += Observe(*counter).count[0] == static_cast<float>(seed + 10);
        }
      });
    }
  }
  EXPECT_EQ(right, 4 * 50);
}

}  // namespace
}  // namespace softfleet
