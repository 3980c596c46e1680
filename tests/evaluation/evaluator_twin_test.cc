// SPDX-License-Identifier: Apache-2.0
// The evaluator against a plain loop: one environment, one row per policy
// call, everything recorded and reduced afterwards.
#include <cmath>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "core/philox.h"
#include "environments/action_scaling.h"
#include "evaluation/evaluator.h"
#include "gtest/gtest.h"
#include "policy/policy.h"
#include "tests/evaluation/testing.h"
#include "tests/testing/observed.h"

namespace softfleet {
namespace {

using testing::Named;
using testing::RandomSnapshot;
using testing::Share;
using testing::SpecOf;

struct Alone {
  double sum = 0;
  int64_t length = 0;
  std::vector<std::vector<float>> actions;  // policy space
  std::vector<std::vector<float>> scaled;   // the environment's units
  std::vector<double> entropies;
};

Alone RunAlone(const EnvironmentOptions& options, const PanelStart& start,
               const std::shared_ptr<const Snapshot>& snapshot,
               ActionMode mode) {
  const auto environment = MakeEnvironment(options).value();
  const auto policy = Policy::Create(snapshot).value();
  const ActionScaling scaling(environment->spec());
  const bool continuous = environment->spec().action.continuous();
  EXPECT_TRUE((start.state.empty() ? environment->Reset(start.seed)
                                   : environment->ResetTo(start.state))
                  .ok());
  std::deque<std::vector<float>> frames(
      static_cast<size_t>(snapshot->schema.frame_stack),
      ObservedFloats(*environment));
  Alone alone;
  PolicyOutput output;
  for (bool ended = false; !ended; ++alone.length) {
    std::vector<float> input;
    for (const auto& frame : frames) {
      input.insert(input.end(), frame.begin(), frame.end());
    }
    std::vector<float> noise(static_cast<size_t>(policy->noise_columns()));
    const auto fill = continuous ? FillNormal : FillUniform;
    fill(start.noise_seed, Purpose::kEvaluationNoise, 0,
         static_cast<uint64_t>(alone.length), noise);
    EXPECT_TRUE(policy->Act(input, 1, mode, noise, &output).ok());
    alone.entropies.push_back(output.entropies[0]);
    alone.actions.push_back(output.actions);
    std::vector<float> scaled(output.actions.size());
    if (continuous) scaling.ToEnvironment(output.actions, scaled);
    alone.scaled.push_back(scaled);
    const StepResult result =
        continuous ? environment->Step(scaled).value()
                   : environment->Step(output.discrete_actions[0]).value();
    alone.sum += result.reward;
    ended = result.terminated || result.truncated;
    frames.pop_front();
    frames.push_back(ObservedFloats(*environment));
  }
  return alone;
}

std::unique_ptr<Evaluator> Make(const EnvironmentOptions& environment,
                                const Panel& panel) {
  Evaluator::Options options;
  options.environment = environment;
  options.panel = panel;
  return Evaluator::Create(options).value();
}

std::vector<Alone> RunAllAlone(const EnvironmentOptions& environment,
                               const Panel& panel,
                               const std::shared_ptr<const Snapshot>& snapshot,
                               ActionMode mode) {
  std::vector<Alone> episodes;
  for (const PanelStart& start : panel.starts) {
    episodes.push_back(RunAlone(environment, start, snapshot, mode));
  }
  return episodes;
}

void ExpectEpisodes(const ModeResult& result,
                    const std::vector<Alone>& episodes) {
  ASSERT_EQ(result.returns.size(), episodes.size());
  double sum = 0;
  for (size_t i = 0; i < episodes.size(); ++i) {
    EXPECT_EQ(result.returns[i], episodes[i].sum) << i;
    EXPECT_EQ(result.lengths[i], episodes[i].length) << i;
    sum += result.returns[i];
  }
  const double mean = sum / static_cast<double>(episodes.size());
  double squares = 0;
  for (const double x : result.returns) squares += (x - mean) * (x - mean);
  EXPECT_NEAR(result.return_mean, mean, 1e-9);
  EXPECT_NEAR(result.return_std,
              std::sqrt(squares / static_cast<double>(episodes.size())), 1e-9);
}

void ExpectActions(const EvaluationResult& result,
                   const std::vector<Alone>& episodes, double own_bound) {
  double steps = 0, entropy = 0, sum = 0, squares = 0, saturated = 0,
         clipped = 0;
  for (const Alone& alone : episodes) {
    for (size_t t = 0; t < alone.actions.size(); ++t) {
      const double a = alone.actions[t][0];
      ++steps;
      entropy += alone.entropies[t];
      sum += a;
      squares += a * a;
      saturated += std::abs(a) > 0.99;
      clipped += std::abs(alone.scaled[t][0]) > own_bound;
    }
  }
  const double mean = sum / steps;
  EXPECT_NEAR(result.entropy, entropy / steps, 1e-10);
  ASSERT_EQ(result.action_mean.size(), 1u);
  EXPECT_NEAR(result.action_mean[0], mean, 1e-10);
  EXPECT_NEAR(result.action_std[0], std::sqrt(squares / steps - mean * mean),
              1e-10);
  EXPECT_DOUBLE_EQ(result.saturated_fraction, saturated / steps);
  EXPECT_DOUBLE_EQ(result.clipped_fraction, clipped / steps);
  // The test policy shows what the numbers are about.
  EXPECT_GT(result.saturated_fraction, 0.02);
  EXPECT_LT(result.saturated_fraction, 0.98);
}

class EvaluatorTwinTest : public ::testing::TestWithParam<int> {};

TEST_P(EvaluatorTwinTest, PendulumIsThatOfAPlainLoop) {
  const EnvironmentOptions environment = Named("Pendulum-v1");
  const Panel panel = RandomStarts(environment, 13, 5);
  const auto snapshot =
      Share(RandomSnapshot(SpecOf(environment), 11, GetParam()));
  const auto result = Make(environment, panel)->Evaluate(snapshot).value();
  const auto sampled =
      RunAllAlone(environment, panel, snapshot, ActionMode::kStochastic);
  ExpectEpisodes(result.stochastic, sampled);
  ExpectEpisodes(result.deterministic, RunAllAlone(environment, panel, snapshot,
                                                   ActionMode::kDeterministic));
  ExpectActions(result, sampled, /*own_bound=*/2);
  EXPECT_EQ(result.clipped_fraction, 0);
}

TEST_P(EvaluatorTwinTest, CartPoleIsThatOfAPlainLoop) {
  const EnvironmentOptions environment = Named("CartPole-v1");
  const Panel panel = RandomStarts(environment, 13, 5);
  const auto snapshot =
      Share(RandomSnapshot(SpecOf(environment), 12, GetParam()));
  const auto result = Make(environment, panel)->Evaluate(snapshot).value();
  const auto sampled =
      RunAllAlone(environment, panel, snapshot, ActionMode::kStochastic);
  ExpectEpisodes(result.stochastic, sampled);
  ExpectEpisodes(result.deterministic, RunAllAlone(environment, panel, snapshot,
                                                   ActionMode::kDeterministic));
  EXPECT_GT(result.stochastic.return_std, 0);  // episodes end one by one
  double steps = 0, entropy = 0;
  for (const Alone& alone : sampled) {
    for (const double h : alone.entropies) ++steps, entropy += h;
  }
  EXPECT_NEAR(result.entropy, entropy / steps, 1e-10);
  EXPECT_TRUE(result.action_mean.empty());
  EXPECT_TRUE(result.action_std.empty());
  EXPECT_EQ(result.clipped_fraction, 0);
  EXPECT_EQ(result.saturated_fraction, 0);
}

INSTANTIATE_TEST_SUITE_P(FrameStacks, EvaluatorTwinTest,
                         ::testing::Values(1, 3), [](const auto& stack) {
                           return "Stack" + std::to_string(stack.param);
                         });

TEST(EvaluatorTwinTest, BoundsWiderThanTheEnvironmentsOwnAreCountedAsClipped) {
  EnvironmentOptions environment = Named("Pendulum-v1");
  environment.action_low = {-3};
  environment.action_high = {3};
  const Panel panel = RandomStarts(environment, 5, 1);
  const auto snapshot = Share(RandomSnapshot(SpecOf(environment), 11));
  ASSERT_EQ(snapshot->bounds.high, std::vector<double>{3});
  const auto result = Make(environment, panel)->Evaluate(snapshot).value();
  const auto sampled =
      RunAllAlone(environment, panel, snapshot, ActionMode::kStochastic);
  ExpectEpisodes(result.stochastic, sampled);
  ExpectActions(result, sampled, /*own_bound=*/2);
  EXPECT_GT(result.clipped_fraction, result.saturated_fraction);
}

TEST(EvaluatorTwinTest, DoingNothingGetsTheReturnOfAPlainLoop) {
  const EnvironmentOptions environment = Named("Pendulum-v1");
  const Panel panel =
      LoadPanel(RealFileSystem(),
                SOFTFLEET_SOURCE_DIR "/configs/panels/pendulum", environment)
          .value();
  const auto snapshot = Share(testing::LinearSnapshot(
      SpecOf(environment), 1, std::vector<float>(6, 0), {0, -1}));
  const auto result = Make(environment, panel)->Evaluate(snapshot).value();
  for (size_t i = 0; i < panel.starts.size(); ++i) {
    const auto pendulum = MakeEnvironment(environment).value();
    ASSERT_TRUE(pendulum->ResetTo(panel.starts[i].state).ok());
    double sum = 0;
    for (bool ended = false; !ended;) {
      const auto step = pendulum->Step(std::vector<float>{0}).value();
      sum += step.reward;
      ended = step.truncated;
    }
    EXPECT_EQ(result.deterministic.returns[i], sum) << i;
    EXPECT_EQ(result.deterministic.lengths[i], 200) << i;
  }
}

}  // namespace
}  // namespace softfleet
