// SPDX-License-Identifier: Apache-2.0
// How differently the environments of a fleet explore.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "actor/noise_stream.h"
#include "core/philox.h"
#include "tests/actor/actor_fixture.h"

namespace softfleet {
namespace {

// Within a few neighbours' distance of where an even spread has it, for one
// process and for actors of any size, whose numbers the learner's desk deals.
TEST(NoiseStream, ScalesAreSpreadEvenlyInTheLogarithm) {
  const double spread = 5;
  const auto exponent = [&](uint64_t number) {
    return std::log(MakeNoiseStream(1, number, spread).scale) /
           std::log(spread);
  };
  EXPECT_NEAR(exponent(0), 0, 1e-12);  // as the policy says
  for (const uint64_t each : {1, 2, 8, 1 << 16}) {
    for (const uint64_t fleet : {2, 3, 7, 16, 100, 1023}) {
      std::vector<double> exponents;
      for (uint64_t i = 0; i < fleet; ++i) {
        exponents.push_back(
            exponent((uint64_t{1} << 40) + ((i / each) << 16) + i % each));
      }
      std::sort(exponents.begin(), exponents.end());
      for (uint64_t i = 0; i < fleet; ++i) {
        const double share = 2.0 / static_cast<double>(fleet);
        EXPECT_NEAR(exponents[i], (static_cast<double>(i) + 0.5) * share - 1,
                    6 * share)
            << fleet << " environments, " << each << " in each actor";
      }
    }
  }
}

TEST(NoiseStream, WithoutSpreadEveryScaleIsExactlyOne) {
  Philox random(2, Purpose::kTest);
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(MakeNoiseStream(3, random.NextU64() >> (i % 64), 1).scale, 1);
  }
}

// The action of each row is that of the policy at that observation with the
// noise of that environment and step, scaled.
TEST(Exploration, ScalesTheNoiseOfContinuousActions) {
  ActorOptions options = Options("Pendulum-v1", 6);
  options.exploration_spread = 3;
  options.block_rows = 1;
  RecordedActor actor(options);
  actor.policies.newest = RandomPolicy("Pendulum-v1", 5);
  actor.Run(40);
  const auto policy = *Policy::Create(actor.policies.newest);
  for (uint32_t number = 0; number < 6; ++number) {
    const double scale = MakeNoiseStream(options.seed, number, 3).scale;
    const auto rows = RowsOf(actor.sink.blocks, actor.loop->schema(), number);
    ASSERT_EQ(rows.size(), 40u);
    for (uint64_t step = 0; step < 40; ++step) {
      std::vector<float> noise(1);
      FillNormal(options.seed, Purpose::kActionNoise, number, step, noise);
      noise[0] *= static_cast<float>(scale);
      PolicyOutput output;
      ASSERT_TRUE(policy
                      ->Act(rows[step].observation, 1, ActionMode::kStochastic,
                            noise, &output)
                      .ok());
      EXPECT_EQ(rows[step].action, output.actions);
    }
  }
}

// Of discrete ones the probabilities are p^(1 / scale), normalised: how often
// the first action is chosen, against the sum of its probabilities.
TEST(Exploration, TempersDiscreteActions) {
  ActorOptions options = Options("CartPole-v1", 3);
  options.exploration_spread = 4;
  options.block_rows = 1;
  RecordedActor actor(options);
  actor.policies.newest = RandomPolicy("CartPole-v1", 5);
  actor.Run(16000);
  const auto policy = *Policy::Create(actor.policies.newest);
  double tempering = 0;
  for (uint32_t number = 0; number < 3; ++number) {
    const double scale = MakeNoiseStream(options.seed, number, 4).scale;
    double chosen = 0, expected = 0, untempered = 0, variance = 0;
    for (const Row& row :
         RowsOf(actor.sink.blocks, actor.loop->schema(), number)) {
      std::vector<float> log_probabilities;
      ASSERT_TRUE(
          policy->Distribution(row.observation, 1, &log_probabilities).ok());
      const double p = std::exp(log_probabilities[0] / scale);
      const double q = std::exp(log_probabilities[1] / scale);
      chosen += row.discrete_action == 0 ? 1 : 0;
      expected += p / (p + q);
      untempered += std::exp(log_probabilities[0]);
      variance += p / (p + q) * q / (p + q);
    }
    EXPECT_NEAR(chosen, expected, 4 * std::sqrt(variance));
    tempering = std::max(tempering,
                         std::abs(expected - untempered) / std::sqrt(variance));
  }
  EXPECT_GT(tempering, 10);  // or the test says nothing
}

TEST(Exploration, OfTheFirstEnvironmentIsThePolicysOwn) {
  for (const char* environment : {"Pendulum-v1", "CartPole-v1"}) {
    ActorOptions options = Options(environment, 1);
    RecordedActor plain(options);
    options.exploration_spread = 10;
    RecordedActor spread(options);
    for (RecordedActor* const actor : {&plain, &spread}) {
      actor->policies.newest = RandomPolicy(environment, 5);
      actor->Run(96);
    }
    EXPECT_TRUE(spread.sink.blocks == plain.sink.blocks);
  }
}

}  // namespace
}  // namespace softfleet
