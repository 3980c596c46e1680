// SPDX-License-Identifier: Apache-2.0
// What an evaluator refuses, and what it says of an environment's mistakes.
#include <cmath>
#include <cstring>
#include <limits>
#include <string>

#include "evaluation/evaluator.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/evaluation/testing.h"

namespace softfleet {
namespace {

using ::testing::AllOf;
using testing::EvaluateOnce;
using ::testing::HasSubstr;
using testing::Named;
using testing::RandomSnapshot;
using testing::Scripted;
using testing::ScriptedEnvironment;
using testing::Share;
using testing::SpecOf;
using testing::StateOf;
using testing::ZeroPolicy;

using Act = ScriptedEnvironment::Act;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

EnvironmentOptions Pendulum() { return Named("Pendulum-v1"); }

Evaluator::Options PendulumOptions() {
  Evaluator::Options options;
  options.environment = Pendulum();
  options.panel = RandomStarts(Pendulum(), 3, 1);
  return options;
}

// What an environment does wrong, and what the error says of it.
struct Wrong {
  std::string name;
  ScriptedEnvironment::Script script;
  std::string what;
};

class WrongEnvironmentTest : public ::testing::TestWithParam<Wrong> {};

TEST_P(WrongEnvironmentTest, IsAnErrorThatNamesEnvironmentStartModeAndStep) {
  EnvironmentSpec spec = ScriptedEnvironment::DefaultSpec();
  spec.reward_components = {"forward"};
  const auto script = [](Act& act) {
    if (StateOf(act) != 1 || act.step != 4) return absl::OkStatus();
    return GetParam().script(act);
  };
  const auto result = EvaluateOnce(Scripted(spec, script, 3), ZeroPolicy(spec));
  EXPECT_EQ(result.status().code(), absl::StatusCode::kInternal);
  EXPECT_THAT(std::string(result.status().message()),
              AllOf(HasSubstr("environment Scripted, start 1, deterministic "
                              "mode, step 4: "),
                    HasSubstr(GetParam().what)));
}

INSTANTIATE_TEST_SUITE_P(
    All, WrongEnvironmentTest,
    ::testing::Values(Wrong{"NanReward",
                            [](Act& act) {
                              act.result.reward = kNan;
                              return absl::OkStatus();
                            },
                            "reward is nan"},
                      Wrong{"InfiniteComponent",
                            [](Act& act) {
                              act.components[0] = -INFINITY;
                              return absl::OkStatus();
                            },
                            "reward component forward is -inf"},
                      Wrong{"MissingComponent",
                            [](Act& act) {
                              act.components.clear();
                              return absl::OkStatus();
                            },
                            "reward has 0 components, the spec says 1"},
                      Wrong{"NanObservation",
                            [](Act& act) {
                              const float nan = std::nanf("");
                              std::memcpy(act.observation.data(), &nan,
                                          sizeof(nan));
                              return absl::OkStatus();
                            },
                            "observation holds nan"},
                      Wrong{"FailingStep",
                            [](Act&) {
                              return absl::InternalError("the arm fell off");
                            },
                            "the arm fell off"}),
    [](const auto& wrong) { return wrong.param.name; });

TEST(EvaluatorErrorsTest, OneFailureIsMadeUpForWithNewEnvironments) {
  const EnvironmentSpec spec = ScriptedEnvironment::DefaultSpec();
  const auto nothing = [](Act&) { return absl::OkStatus(); };
  int failures = 0;
  const auto once = [&failures](Act& act) {
    if (StateOf(act) != 1 || act.step != 2 || failures == 1) {
      return absl::OkStatus();
    }
    ++failures;
    return absl::AbortedError("its process was killed");
  };
  const auto sound = EvaluateOnce(Scripted(spec, nothing, 3), ZeroPolicy(spec));
  const auto killed = EvaluateOnce(Scripted(spec, once, 3), ZeroPolicy(spec));
  ASSERT_TRUE(killed.ok()) << killed.status();
  EXPECT_EQ(failures, 1);
  EXPECT_EQ(killed->deterministic.returns, sound->deterministic.returns);
  EXPECT_EQ(killed->stochastic.returns, sound->stochastic.returns);
  EXPECT_EQ(killed->stochastic.lengths, sound->stochastic.lengths);
}

TEST(EvaluatorErrorsTest, AStartKeepsItsNumberWhereTheyRunInTurns) {
  const EnvironmentSpec spec = ScriptedEnvironment::DefaultSpec();
  const auto script = [](Act& act) {
    if (StateOf(act) == 300) act.result.reward = kNan;
    return absl::OkStatus();
  };
  const auto result =
      EvaluateOnce(Scripted(spec, script, 310), ZeroPolicy(spec));
  EXPECT_THAT(std::string(result.status().message()), HasSubstr("start 300,"));
}

TEST(EvaluatorErrorsTest, AnEvaluatorWorksOnAfterAnError) {
  const EnvironmentSpec spec = ScriptedEnvironment::DefaultSpec();
  bool broken = true;
  const auto script = [&](Act& act) {
    if (broken) act.result.reward = kNan;
    return absl::OkStatus();
  };
  const auto evaluator = Evaluator::Create(Scripted(spec, script, 2)).value();
  EXPECT_FALSE(evaluator->Evaluate(Share(ZeroPolicy(spec))).ok());
  broken = false;
  const auto result = evaluator->Evaluate(Share(ZeroPolicy(spec)));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->stochastic.returns, (std::vector<double>{10, 10}));
}

TEST(EvaluatorErrorsTest, AStartStateTheEnvironmentRefusesIsNamedAtCreation) {
  Evaluator::Options options = PendulumOptions();
  options.panel.starts[2].state = {1, 2, 3};
  const auto evaluator = Evaluator::Create(options);
  EXPECT_EQ(evaluator.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(evaluator.status().message()), HasSubstr("start 2"));
}

TEST(EvaluatorErrorsTest, ACriterionWithoutItsReferencesIsRefusedAtCreation) {
  Evaluator::Options options = PendulumOptions();
  options.success = {SuccessCriterion::Kind::kWithinOfReference, 5};
  const auto evaluator = Evaluator::Create(options);
  EXPECT_EQ(evaluator.status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(EvaluatorErrorsTest, APanelOfAnotherEnvironmentIsRefusedAtCreation) {
  Evaluator::Options options = PendulumOptions();
  options.environment = Named("CartPole-v1");
  const auto evaluator = Evaluator::Create(options);
  EXPECT_EQ(evaluator.status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST(EvaluatorErrorsTest,
     APolicyOfAnotherEnvironmentIsRefusedAndNamesBothSchemas) {
  const auto result = EvaluateOnce(
      PendulumOptions(), RandomSnapshot(SpecOf(Named("CartPole-v1")), 1));
  EXPECT_EQ(result.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(result.status().message()),
              AllOf(HasSubstr("discrete[2]"), HasSubstr("continuous[1]")));
}

TEST(EvaluatorErrorsTest, APolicyWithoutUsableBoundsIsRefused) {
  for (const ActionBounds& bounds :
       {ActionBounds{}, ActionBounds{{1}, {-1}}, ActionBounds{{kNan}, {1}}}) {
    Snapshot snapshot = RandomSnapshot(SpecOf(Pendulum()), 1);
    snapshot.bounds = bounds;
    const auto result = EvaluateOnce(PendulumOptions(), snapshot);
    EXPECT_EQ(result.status().code(), absl::StatusCode::kFailedPrecondition);
  }
}

}  // namespace
}  // namespace softfleet
