// SPDX-License-Identifier: Apache-2.0
#include "sac/sac_agent.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "tests/sac/update_problem.h"

namespace softfleet {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kBatch = 16;

void Train(SacAgent* agent, int first, int last) {
  for (int t = first; t < last; ++t) {
    const UpdateProblem problem(agent->options(), kBatch, 1000 + t);
    ASSERT_TRUE(agent->Update(problem.batch(), problem.draws()).ok());
  }
}

SacOptions FloatOptions(bool continuous) {
  SacOptions options = SmallOptions(continuous);
  options.precision = SacOptions::Precision::kFloat32;
  return options;
}

TEST(SacAgent, InitialWeightsAreUniformWithinOneOverRootFanIn) {
  SacOptions options = FloatOptions(true);
  options.actor_hidden = {256, 256};
  const auto agent = SacAgent::Create(options, 5).value();
  const TensorMap state = agent->Save();
  const Tensor& weight = state.at("param/actor/l1.weight");
  const double bound = 1 / std::sqrt(256.0);
  double sum = 0, squares = 0, largest = 0;
  for (double w : weight.AsDouble()) {
    sum += w;
    squares += w * w;
    largest = std::max(largest, std::abs(w));
  }
  const double n = 256 * 256, variance = bound * bound / 3;
  EXPECT_LE(largest, bound);
  EXPECT_GT(largest, 0.999 * bound);
  EXPECT_NEAR(sum / n, 0, 4 * std::sqrt(variance / n));
  EXPECT_NEAR(squares / n / variance, 1, 4 * std::sqrt(0.8 / n));
  EXPECT_NE(state.at("param/actor/l1.bias").AsDouble()[0],
            weight.AsDouble()[0]);
}

TEST(SacAgent, CriticsStartDifferentAndStayDifferent) {
  auto agent = SacAgent::Create(FloatOptions(true), 5).value();
  const UpdateProblem problem(agent->options(), kBatch, 1);
  for (int t = 0; t < 200; ++t) {
    SacTrace trace;
    ASSERT_TRUE(
        agent->Update(problem.batch(), problem.draws(), nullptr, &trace).ok());
    double difference = 0;
    for (int64_t b = 0; b < kBatch; ++b) {
      difference += std::abs(trace.at("q")[b] - trace.at("q")[kBatch + b]);
    }
    ASSERT_GT(difference / kBatch, 1e-4) << "after " << t << " updates";
  }
}

TEST(SacAgent, TargetsStartAsTheirCritics) {
  const TensorMap state =
      SacAgent::Create(FloatOptions(true), 5).value()->Save();
  EXPECT_EQ(state.at("param/critic1/l0.weight"),
            state.at("target/critic1/l0.weight"));
}

TEST(SacAgent, AnotherSeedGivesOtherWeights) {
  const auto one = SacAgent::Create(FloatOptions(true), 1).value()->Save();
  const auto two = SacAgent::Create(FloatOptions(true), 2).value()->Save();
  EXPECT_NE(one.at("param/actor/l0.weight"), two.at("param/actor/l0.weight"));
}

TEST(SacAgent, ARestoredAgentContinuesBitForBit) {
  for (bool continuous : {true, false}) {
    SacOptions options = FloatOptions(continuous);
    options.policy_delay = 2;
    auto straight = SacAgent::Create(options, 9).value();
    Train(straight.get(), 0, 7);
    auto resumed = SacAgent::Create(options, 1).value();
    ASSERT_TRUE(resumed->Restore(straight->Save()).ok());
    EXPECT_EQ(resumed->counters(), straight->counters());
    Train(straight.get(), 7, 20);
    Train(resumed.get(), 7, 20);
    EXPECT_EQ(resumed->Save(), straight->Save());
  }
}

TEST(SacAgent, StatisticsAndTraceChangeNoNumber) {
  auto watched = SacAgent::Create(FloatOptions(true), 9).value();
  auto plain = SacAgent::Create(FloatOptions(true), 9).value();
  for (int t = 0; t < 5; ++t) {
    const UpdateProblem problem(plain->options(), kBatch, t);
    SacStatistics statistics;
    SacTrace trace;
    ASSERT_TRUE(
        watched->Update(problem.batch(), problem.draws(), &statistics, &trace)
            .ok());
    ASSERT_TRUE(plain->Update(problem.batch(), problem.draws()).ok());
  }
  EXPECT_EQ(watched->Save(), plain->Save());
}

TEST(SacAgent, PolicyDelayLeavesActorAndTemperatureAlone) {
  SacOptions options = FloatOptions(true);
  options.policy_delay = 3;
  auto agent = SacAgent::Create(options, 9).value();
  const TensorMap before = agent->Save();
  Train(agent.get(), 0, 2);
  const TensorMap during = agent->Save();
  EXPECT_EQ(during.at("param/actor/l0.weight"),
            before.at("param/actor/l0.weight"));
  EXPECT_EQ(during.at("log_alpha"), before.at("log_alpha"));
  EXPECT_NE(during.at("param/critic0/l0.weight"),
            before.at("param/critic0/l0.weight"));
  Train(agent.get(), 2, 3);
  EXPECT_NE(agent->Save().at("param/actor/l0.weight"),
            before.at("param/actor/l0.weight"));
  EXPECT_EQ(agent->counters().actor_steps, 1);
}

TEST(SacAgent, AutomaticTemperatureDrivesEntropyToItsTarget) {
  SacOptions options = FloatOptions(true);
  options.actor_learning_rate = options.critic_learning_rate =
      options.alpha_learning_rate = 3e-3;
  options.target_entropy = -1.5;
  auto agent = SacAgent::Create(options, 9).value();
  double entropy = 0;
  for (int t = 0; t < 3000; ++t) {
    UpdateProblem problem(options, 64, t);
    // The reward prefers the middle of the action space: entropy costs.
    for (int b = 0; b < 64; ++b) {
      problem.rewards[b] = -std::pow(problem.actions[2 * b], 2) -
                           std::pow(problem.actions[2 * b + 1], 2);
      problem.discounts[b] = 0;
      problem.weights[b] = 1;
    }
    SacStatistics statistics;
    ASSERT_TRUE(
        agent->Update(problem.batch(), problem.draws(), &statistics).ok());
    if (t >= 2500) entropy += statistics.entropy / 500;
  }
  EXPECT_NEAR(entropy, options.target_entropy, 0.1);
}

TEST(SacAgent, ExportsTheActorWithMeanRowsAboveLogStdRows) {
  auto agent = SacAgent::Create(FloatOptions(true), 9).value();
  const TensorMap exported = agent->ExportActor().value();
  const TensorMap state = agent->Save();
  const Tensor& head = exported.at("actor/head.weight");
  EXPECT_EQ(head.shape, (Shape{4, 5}));
  EXPECT_EQ(head.AsDouble()[0],
            state.at("param/actor/mean.weight").AsDouble()[0]);
  EXPECT_EQ(head.AsDouble()[10],
            state.at("param/actor/log_std.weight").AsDouble()[0]);
  EXPECT_EQ(exported.at("actor/l0.bias"), state.at("param/actor/l0.bias"));
  EXPECT_EQ(exported.size(), 6u);
}

TEST(SacAgent, AnImportedActorIsTheExportedOne) {
  for (bool continuous : {true, false}) {
    const auto one = SacAgent::Create(FloatOptions(continuous), 1).value();
    auto two = SacAgent::Create(FloatOptions(continuous), 2).value();
    const TensorMap critics = two->Save();
    ASSERT_TRUE(two->ImportActor(one->ExportActor().value()).ok());
    EXPECT_EQ(two->ExportActor().value(), one->ExportActor().value());
    EXPECT_EQ(two->Save().at("param/critic0/l0.weight"),
              critics.at("param/critic0/l0.weight"));
  }
}

TEST(SacAgent, AnActorOfAnotherShapeIsRefusedByName) {
  SacOptions wide = FloatOptions(true);
  wide.actor_hidden = {9, 5};
  const auto other = SacAgent::Create(wide, 1).value();
  auto agent = SacAgent::Create(FloatOptions(true), 2).value();
  const TensorMap before = agent->Save();
  const absl::Status status = agent->ImportActor(other->ExportActor().value());
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("actor/l0.weight has shape [9, 3], this actor needs "
                        "[6, 3]"));
  EXPECT_EQ(agent->Save(), before);
}

TEST(SacAgent, RefusesToExportANumberThatIsNotFinite) {
  auto agent = SacAgent::Create(FloatOptions(true), 9).value();
  UpdateProblem problem(agent->options(), kBatch, 1);
  problem.rewards[0] = std::numeric_limits<double>::infinity();
  ASSERT_TRUE(agent->Update(problem.batch(), problem.draws()).ok());
  ASSERT_TRUE(agent->Update(problem.batch(), problem.draws()).ok());
  EXPECT_THAT(std::string(agent->ExportActor().status().message()),
              HasSubstr("not finite after 2 updates"));
}

TEST(SacAgent, ABatchOfTheWrongSizeChangesNothing) {
  auto agent = SacAgent::Create(FloatOptions(true), 9).value();
  const TensorMap before = agent->Save();
  UpdateProblem problem(agent->options(), kBatch, 1);
  problem.next_noise.pop_back();
  const absl::Status status = agent->Update(problem.batch(), problem.draws());
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("next_noise has 31 elements, the update needs 32"));
  EXPECT_EQ(agent->Save(), before);
}

TEST(SacAgent, RestoreNamesWhatDoesNotFitAndChangesNothing) {
  auto agent = SacAgent::Create(FloatOptions(true), 9).value();
  const TensorMap before = agent->Save();
  const auto error = [&](TensorMap state) {
    const std::string message(agent->Restore(state).message());
    EXPECT_EQ(agent->Save(), before);
    return message;
  };
  TensorMap state = before;
  state.erase("adam_m/critic0/l0.bias");
  EXPECT_THAT(error(state), HasSubstr("adam_m/critic0/l0.bias is missing"));
  state = before;
  state["param/critic7/l0.bias"] = before.at("log_alpha");
  EXPECT_THAT(error(state), HasSubstr("param/critic7/l0.bias belongs to"));
  state = before;
  state["log_alpha"].shape = {1, 1};
  EXPECT_THAT(error(state), HasSubstr("log_alpha has shape [1, 1]"));
  state = before;
  state["log_alpha"].mutable_values<float>()[0] = NAN;
  EXPECT_THAT(error(state), HasSubstr("log_alpha holds a number"));
  state = before;
  state.erase("counter/updates");
  EXPECT_THAT(error(state), HasSubstr("counter/updates is missing"));
}

TEST(SacAgent, OptionsThatCannotWorkAreNamed) {
  const auto error = [](auto change) {
    SacOptions options = SmallOptions(true);
    change(options);
    return std::string(SacAgent::Create(options, 1).status().message());
  };
  EXPECT_THAT(error([](SacOptions& o) { o.target_subset = 3; }),
              HasSubstr("target_subset is 3"));
  EXPECT_THAT(error([](SacOptions& o) { o.log_std_min = 4; }),
              HasSubstr("log_std_min = 4"));
  EXPECT_THAT(error([](SacOptions& o) { o.actor_hidden = {0}; }),
              HasSubstr("actor_hidden is 0"));
  EXPECT_THAT(error([](SacOptions& o) { o.alpha_init = 0; }),
              HasSubstr("alpha_init is 0"));
}

}  // namespace
}  // namespace softfleet
