// SPDX-License-Identifier: Apache-2.0
#include "evaluation/evaluator.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/evaluation/testing.h"

namespace softfleet {
namespace {

using testing::EvaluateOnce;
using testing::LinearSnapshot;
using testing::Named;
using testing::RandomSnapshot;
using testing::Scripted;
using testing::ScriptedEnvironment;
using testing::Share;
using testing::SpecOf;
using testing::StateOf;
using testing::ZeroPolicy;

using Kind = SuccessCriterion::Kind;
using Act = ScriptedEnvironment::Act;

EnvironmentOptions Pendulum() { return Named("Pendulum-v1"); }

EvaluationResult Evaluate(const EnvironmentOptions& environment,
                          const Panel& panel, const Snapshot& snapshot,
                          std::optional<SuccessCriterion> success = {}) {
  Evaluator::Options options;
  options.environment = environment;
  options.panel = panel;
  options.success = success;
  return Evaluator::Create(options).value()->Evaluate(Share(snapshot)).value();
}

void ExpectIdentical(const ModeResult& a, const ModeResult& b) {
  EXPECT_EQ(a.returns, b.returns);
  EXPECT_EQ(a.lengths, b.lengths);
  EXPECT_EQ(a.successes, b.successes);
  EXPECT_EQ(a.regrets, b.regrets);
  EXPECT_EQ(a.return_mean, b.return_mean);
  EXPECT_EQ(a.return_std, b.return_std);
}

void ExpectIdentical(const EvaluationResult& a, const EvaluationResult& b) {
  ExpectIdentical(a.deterministic, b.deterministic);
  ExpectIdentical(a.stochastic, b.stochastic);
  EXPECT_EQ(a.panel_hash, b.panel_hash);
  EXPECT_EQ(a.entropy, b.entropy);
  EXPECT_EQ(a.action_mean, b.action_mean);
  EXPECT_EQ(a.action_std, b.action_std);
  EXPECT_EQ(a.clipped_fraction, b.clipped_fraction);
  EXPECT_EQ(a.saturated_fraction, b.saturated_fraction);
}

TEST(EvaluatorTest, TwoEvaluationsOfOneSnapshotAreBitIdentical) {
  for (const char* name : {"Pendulum-v1", "CartPole-v1"}) {
    Evaluator::Options options;
    options.environment = Named(name);
    options.panel = RandomStarts(options.environment, 17, 2);
    const auto evaluator = Evaluator::Create(options).value();
    const EnvironmentSpec spec = SpecOf(options.environment);
    const auto snapshot = Share(RandomSnapshot(spec, 3));
    const auto first = evaluator->Evaluate(snapshot).value();
    // Another policy in between leaves no trace.
    ASSERT_TRUE(evaluator->Evaluate(Share(RandomSnapshot(spec, 4))).ok());
    ExpectIdentical(first, evaluator->Evaluate(snapshot).value());
    ExpectIdentical(first,
                    Evaluate(options.environment, options.panel, *snapshot));
  }
}

TEST(EvaluatorTest, AStartKeepsItsEpisodeWhereverItStandsInThePanel) {
  Panel panel = RandomStarts(Pendulum(), 30, 1);
  const Snapshot snapshot = RandomSnapshot(SpecOf(Pendulum()), 5);
  const auto before = Evaluate(Pendulum(), panel, snapshot);
  std::ranges::reverse(panel.starts);
  const auto after = Evaluate(Pendulum(), panel, snapshot);
  for (size_t i = 0; i < 30; ++i) {
    EXPECT_EQ(after.stochastic.returns[i], before.stochastic.returns[29 - i]);
    EXPECT_EQ(after.deterministic.returns[i],
              before.deterministic.returns[29 - i]);
  }
}

TEST(EvaluatorTest, AStartKeepsItsEpisodeWhoeverRunsBesideIt) {
  const Panel panel = RandomStarts(Pendulum(), 30, 1);
  const Snapshot snapshot = RandomSnapshot(SpecOf(Pendulum()), 5);
  const auto all = Evaluate(Pendulum(), panel, snapshot);
  for (size_t i : {0, 7, 29}) {
    Panel one = panel;
    one.starts = {panel.starts[i]};
    const auto alone = Evaluate(Pendulum(), one, snapshot);
    EXPECT_EQ(alone.stochastic.returns[0], all.stochastic.returns[i]);
    EXPECT_EQ(alone.deterministic.returns[0], all.deterministic.returns[i]);
  }
}

TEST(EvaluatorTest, TheNoiseSeedDecidesASampledEpisode) {
  Panel panel = RandomStarts(Pendulum(), 2, 1);
  panel.starts[1].seed = panel.starts[0].seed;
  const Snapshot snapshot = RandomSnapshot(SpecOf(Pendulum()), 5);
  const auto apart = Evaluate(Pendulum(), panel, snapshot);
  EXPECT_GT(std::abs(apart.stochastic.returns[0] - apart.stochastic.returns[1]),
            1);
  EXPECT_EQ(apart.deterministic.returns[0], apart.deterministic.returns[1]);
  panel.starts[1].noise_seed = panel.starts[0].noise_seed;
  const auto same = Evaluate(Pendulum(), panel, snapshot);
  EXPECT_EQ(same.stochastic.returns[0], same.stochastic.returns[1]);
}

TEST(EvaluatorTest, MoreStartsThanEnvironmentsRunInTurns) {
  const EnvironmentOptions environment = Named("CartPole-v1");
  const int starts = static_cast<int>(Evaluator::kMaxTogether) + 44;
  Panel panel = RandomStarts(environment, starts, 6);
  for (int i = 0; i < starts; ++i) {
    panel.starts[static_cast<size_t>(i)].reference_return = i;
  }
  const Snapshot snapshot = RandomSnapshot(SpecOf(environment), 7);
  const auto all = Evaluate(environment, panel, snapshot);
  ASSERT_EQ(all.stochastic.lengths.size(), panel.starts.size());
  for (size_t i = 0; i < panel.starts.size(); ++i) {
    EXPECT_EQ(all.stochastic.regrets[i],
              static_cast<double>(i) - all.stochastic.returns[i]);
  }
  Panel last = panel;
  last.starts.erase(last.starts.begin(), last.starts.end() - 50);
  const auto part = Evaluate(environment, last, snapshot);
  EXPECT_TRUE(std::equal(part.stochastic.lengths.begin(),
                         part.stochastic.lengths.end(),
                         all.stochastic.lengths.end() - 50));
}

TEST(EvaluatorTest, BeforeTrainingBothModesShowTheNetworkAsItIs) {
  const Panel panel = RandomStarts(Pendulum(), 3, 1);
  Snapshot snapshot = RandomSnapshot(SpecOf(Pendulum()), 5);
  const auto trained = Evaluate(Pendulum(), panel, snapshot);
  snapshot.act_uniformly = true;
  ExpectIdentical(trained, Evaluate(Pendulum(), panel, snapshot));
}

TEST(EvaluatorTest, RegretIsTheReferenceMinusTheReturn) {
  Panel panel = RandomStarts(Pendulum(), 3, 1);
  panel.starts[0].reference_return = -100;
  panel.starts[2].reference_return = -1e5;  // the policy is better than this
  SeedNoise(&panel);
  const auto result =
      Evaluate(Pendulum(), panel, RandomSnapshot(SpecOf(Pendulum()), 5));
  for (const ModeResult* mode : {&result.deterministic, &result.stochastic}) {
    ASSERT_EQ(mode->regrets.size(), 3u);
    EXPECT_EQ(mode->regrets[0], -100 - mode->returns[0]);
    EXPECT_EQ(mode->regrets[1], std::nullopt);
    EXPECT_EQ(mode->regrets[2], -1e5 - mode->returns[2]);
    EXPECT_LT(mode->regrets[2], 0);
    EXPECT_DOUBLE_EQ(mode->regret_mean.value(),
                     (*mode->regrets[0] + *mode->regrets[2]) / 2);
  }
}

TEST(EvaluatorTest, WithoutCriterionAndReferencesThereIsNoSuccessAndNoRegret) {
  const auto result = Evaluate(Pendulum(), RandomStarts(Pendulum(), 2, 1),
                               RandomSnapshot(SpecOf(Pendulum()), 5));
  EXPECT_EQ(result.stochastic.successes, std::nullopt);
  EXPECT_EQ(result.stochastic.success_fraction, std::nullopt);
  EXPECT_EQ(result.stochastic.regret_mean, std::nullopt);
}

TEST(EvaluatorTest, ReturnsAtTheThresholdSucceed) {
  const EnvironmentSpec spec = ScriptedEnvironment::DefaultSpec();
  // Start i returns 10 i: ten steps of reward i.
  auto options = Scripted(
      spec,
      [](Act& act) {
        act.result.reward = StateOf(act);
        return absl::OkStatus();
      },
      4);
  options.success = {Kind::kReturnAtLeast, 20};
  const auto result = EvaluateOnce(options, ZeroPolicy(spec)).value();
  EXPECT_EQ(result.stochastic.returns, (std::vector<double>{0, 10, 20, 30}));
  EXPECT_EQ(result.stochastic.successes,
            (std::vector<bool>{false, false, true, true}));
  EXPECT_EQ(result.deterministic.success_fraction, 0.5);

  options.success = {Kind::kWithinOfReference, 5};
  for (PanelStart& start : options.panel.starts) start.reference_return = 15;
  const auto within = EvaluateOnce(options, ZeroPolicy(spec)).value();
  EXPECT_EQ(within.deterministic.successes,
            (std::vector<bool>{false, true, true, true}));
  EXPECT_EQ(within.deterministic.success_fraction, 0.75);
}

TEST(EvaluatorTest, TheEnvironmentsFlagAtAnyStepSucceeds) {
  const EnvironmentSpec spec = ScriptedEnvironment::DefaultSpec();
  auto options = Scripted(
      spec,
      [](Act& act) {
        act.result.success = StateOf(act) == 1 && act.step == 3;
        return absl::OkStatus();
      },
      2);
  options.success = {Kind::kEnvironmentFlag, 0};
  const auto result = EvaluateOnce(options, ZeroPolicy(spec)).value();
  EXPECT_EQ(result.stochastic.successes, (std::vector<bool>{false, true}));
}

TEST(EvaluatorTest, AConfiguredCriterionReplacesThePanelsAndChangesItsHash) {
  const Panel panel = WithSuccess(RandomStarts(Pendulum(), 4, 1),
                                  SuccessCriterion{Kind::kReturnAtLeast, 1e9});
  const Snapshot snapshot = RandomSnapshot(SpecOf(Pendulum()), 5);
  const auto own = Evaluate(Pendulum(), panel, snapshot);
  EXPECT_EQ(own.deterministic.success_fraction, 0);
  EXPECT_EQ(own.panel_hash, PanelHash(panel));
  const SuccessCriterion always = {Kind::kReturnAtLeast, -1e9};
  const auto other = Evaluate(Pendulum(), panel, snapshot, always);
  EXPECT_EQ(other.deterministic.success_fraction, 1);
  EXPECT_EQ(other.panel_hash, PanelHash(WithSuccess(panel, always)));
  ExpectIdentical(own, Evaluate(Pendulum(), panel, snapshot, panel.success));
}

TEST(EvaluatorTest, RewardComponentsAreSummedPerEpisodeAndAveragedOverStarts) {
  EnvironmentSpec spec = ScriptedEnvironment::DefaultSpec();
  spec.reward_components = {"forward", "cost"};
  const auto options = Scripted(
      spec,
      [](Act& act) {
        const double state = StateOf(act);
        act.components = {state, -0.5};
        act.result.reward = state - 0.5;
        return absl::OkStatus();
      },
      3);
  const auto result = EvaluateOnce(options, ZeroPolicy(spec)).value();
  EXPECT_EQ(result.reward_components, spec.reward_components);
  EXPECT_EQ(result.deterministic.component_means,
            (std::vector<double>{10, -5}));
  EXPECT_EQ(result.deterministic.return_mean, 5);
}

TEST(EvaluatorTest, AnEpisodeWithoutALimitIsTruncatedAtTheCap) {
  EnvironmentSpec spec = ScriptedEnvironment::DefaultSpec();
  spec.max_episode_steps = 0;
  auto options = Scripted(spec, nullptr, 1);
  options.unlimited_steps = 25;
  const auto result = EvaluateOnce(options, ZeroPolicy(spec)).value();
  EXPECT_EQ(result.deterministic.lengths, std::vector<int64_t>{25});
  EXPECT_EQ(result.deterministic.returns, std::vector<double>{25});
}

TEST(EvaluatorTest, AnEpisodeEndsWhereItTerminates) {
  const EnvironmentSpec spec = ScriptedEnvironment::DefaultSpec();
  const auto options = Scripted(
      spec,
      [](Act& act) {
        act.result.terminated = act.step == static_cast<int64_t>(StateOf(act));
        return absl::OkStatus();
      },
      4);
  const auto result = EvaluateOnce(options, ZeroPolicy(spec)).value();
  EXPECT_EQ(result.deterministic.lengths, (std::vector<int64_t>{1, 2, 3, 4}));
}

// The actions the environment received, in environment units.
std::vector<float> ReceivedActions(EnvironmentSpec spec, int frame_stack,
                                   const std::vector<float>& weights,
                                   const std::vector<double>& observations) {
  std::vector<float> received;
  spec.max_episode_steps = static_cast<int64_t>(observations.size());
  auto options = Scripted(
      spec,
      [&](Act& act) {
        received.push_back(act.action);
        const size_t next = static_cast<size_t>(act.step) + 1;
        if (next == observations.size()) return absl::OkStatus();
        if (spec.observations[0].dtype == DType::kU8) {
          act.observation[0] = std::byte(observations[next]);
        } else {
          const float x = static_cast<float>(observations[next]);
          std::memcpy(act.observation.data(), &x, sizeof(x));
        }
        return absl::OkStatus();
      },
      1);
  options.panel.starts[0].state = {observations[0]};
  SeedNoise(&options.panel);
  const Snapshot snapshot = LinearSnapshot(spec, frame_stack, weights, {0, 0});
  EXPECT_TRUE(EvaluateOnce(options, snapshot).ok());
  received.resize(observations.size());  // the deterministic mode's
  return received;
}

TEST(EvaluatorTest, AFrameStackIsOldestFirstAndBeginsWithRepeats) {
  const std::vector<float> actions =
      ReceivedActions(ScriptedEnvironment::DefaultSpec(), 3,
                      {0.1f, 0.01f, 0.001f, 0, 0, 0}, {1, 2, 3, 4});
  const std::vector<double> means = {0.111, 0.112, 0.123, 0.234};
  for (size_t t = 0; t < means.size(); ++t) {
    EXPECT_NEAR(actions[t], 2 * std::tanh(means[t]), 1e-6);
  }
}

TEST(EvaluatorTest, BytesAreScaledToTheUnitInterval) {
  EnvironmentSpec spec = ScriptedEnvironment::DefaultSpec();
  spec.observations[0].dtype = DType::kU8;
  const std::vector<float> actions =
      ReceivedActions(spec, 1, {1, 0}, {0, 51, 255});
  const std::vector<double> means = {0, 0.2, 1};
  for (size_t t = 0; t < means.size(); ++t) {
    EXPECT_NEAR(actions[t], 2 * std::tanh(means[t]), 1e-6);
  }
}

TEST(EvaluatorTest, ThePolicysBoundsScaleItsActions) {
  const EnvironmentSpec spec = ScriptedEnvironment::DefaultSpec();
  std::vector<float> received;
  const auto options = Scripted(
      spec,
      [&](Act& act) {
        received.push_back(act.action);
        return absl::OkStatus();
      },
      1);
  Snapshot snapshot = ZeroPolicy(spec);
  snapshot.bounds = {{1}, {4}};
  ASSERT_TRUE(EvaluateOnce(options, snapshot).ok());
  EXPECT_FLOAT_EQ(received[0], 2.5f);
}

}  // namespace
}  // namespace softfleet
