// SPDX-License-Identifier: Apache-2.0
// Gradients against central differences of the losses in double, over random
// combinations of options, and the few options that no golden file covers.
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "core/philox.h"
#include "sac/sac_agent.h"
#include "tests/sac/update_problem.h"

namespace softfleet {
namespace {

constexpr int64_t kBatch = 5;
constexpr double kStep = 1e-6;
constexpr double kTolerance = 2e-7;

SacOptions RandomOptions(Philox* random) {
  SacOptions options = SmallOptions(random->NextBelow(3) != 0);
  options.num_critics = 1 + static_cast<int>(random->NextBelow(4));
  options.target_subset =
      static_cast<int>(random->NextBelow(options.num_critics + 1));
  options.actor_aggregate = random->NextBelow(2) == 0
                                ? SacOptions::Aggregate::kMin
                                : SacOptions::Aggregate::kMean;
  options.critic_layer_norm = random->NextBelow(2) == 0;
  if (random->NextBelow(2) == 0) {
    options.log_std_mode = SacOptions::LogStdMode::kBounded;
    options.log_std_min = -5;
  }
  options.alpha_mode = random->NextBelow(2) == 0
                           ? SacOptions::AlphaMode::kAuto
                           : SacOptions::AlphaMode::kFixed;
  options.alpha_init = 0.1 + random->NextUniform();
  if (options.continuous) options.log_volume = random->NextNormal();
  // The losses are then functions of the parameters at the update's start.
  options.critic_learning_rate = 0;
  return options;
}

// The named loss of one update from `state` with element `i` of `name` moved.
double LossAt(const SacOptions& options, const UpdateProblem& problem,
              TensorMap state, const std::string& name, int64_t i,
              double delta) {
  auto agent = SacAgent::Create(options, 1).value();
  state.at(name).mutable_values<double>()[i] += delta;
  EXPECT_TRUE(agent->Restore(state).ok());
  SacStatistics statistics;
  EXPECT_TRUE(
      agent->Update(problem.batch(), problem.draws(), &statistics).ok());
  if (name == "log_alpha") return statistics.alpha_loss;
  return absl::StartsWith(name, "param/actor") ? statistics.actor_loss
                                               : statistics.critic_loss;
}

TEST(UpdateGradient, EqualsTheLossesCentralDifferenceForAnyOptions) {
  Philox random(7, Purpose::kTest);
  for (int round = 0; round < 12; ++round) {
    const SacOptions options = RandomOptions(&random);
    const UpdateProblem problem(options, kBatch, 100 + round);
    auto agent = SacAgent::Create(options, round).value();
    const TensorMap state = agent->Save();
    SacTrace trace;
    ASSERT_TRUE(
        agent->Update(problem.batch(), problem.draws(), nullptr, &trace).ok());
    for (const auto& [name, tensor] : state) {
      if (!absl::StartsWith(name, "param/")) continue;
      const std::string array =
          absl::StrCat("grad/", absl::StripPrefix(name, "param/"));
      ASSERT_TRUE(trace.contains(array)) << array;
      for (int64_t i = 0; i < NumElements(tensor.shape); i += 3) {
        const double slope =
            (LossAt(options, problem, state, name, i, kStep) -
             LossAt(options, problem, state, name, i, -kStep)) /
            (2 * kStep);
        EXPECT_NEAR(trace.at(array)[i], slope,
                    kTolerance * std::max(1.0, std::abs(slope)))
            << "round " << round << ", " << name << "[" << i << "]";
      }
    }
  }
}

TEST(UpdateGradient, OfTheTemperatureEqualsItsLossesDifference) {
  for (bool continuous : {true, false}) {
    SacOptions options = SmallOptions(continuous);
    options.log_volume = continuous ? 0.4 : 0;
    const UpdateProblem problem(options, kBatch, 3);
    auto agent = SacAgent::Create(options, 3).value();
    const TensorMap state = agent->Save();
    SacTrace trace;
    ASSERT_TRUE(
        agent->Update(problem.batch(), problem.draws(), nullptr, &trace).ok());
    const double slope =
        (LossAt(options, problem, state, "log_alpha", 0, 0.5) -
         LossAt(options, problem, state, "log_alpha", 0, -0.5));
    EXPECT_NEAR(trace.at("log_alpha.grad")[0], slope, 1e-12);
  }
}

// H_env = H + log volume: every place that sees a log-probability shifts by a
// closed form.
TEST(EntropySpace, ShiftsTargetsLossesAndEntropyByTheLogVolume) {
  const double volume = 1.7;
  SacOptions options = SmallOptions(true);
  const UpdateProblem problem(options, kBatch, 11);
  SacStatistics plain, shifted;
  SacTrace plain_trace, shifted_trace;
  auto agent = SacAgent::Create(options, 11).value();
  const double alpha = agent->alpha();
  ASSERT_TRUE(
      agent->Update(problem.batch(), problem.draws(), &plain, &plain_trace)
          .ok());
  options.log_volume = volume;
  agent = SacAgent::Create(options, 11).value();
  ASSERT_TRUE(
      agent->Update(problem.batch(), problem.draws(), &shifted, &shifted_trace)
          .ok());
  EXPECT_NEAR(shifted.entropy, plain.entropy + volume, 1e-12);
  EXPECT_NEAR(shifted_trace.at("log_alpha.grad")[0],
              plain_trace.at("log_alpha.grad")[0] + volume, 1e-12);
  for (int64_t b = 0; b < kBatch; ++b) {
    const double bootstrap = problem.terminated[b] ? 0 : problem.discounts[b];
    EXPECT_NEAR(shifted_trace.at("y")[b],
                plain_trace.at("y")[b] + bootstrap * alpha * volume, 1e-12);
  }
}

}  // namespace
}  // namespace softfleet
