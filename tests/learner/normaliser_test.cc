// SPDX-License-Identifier: Apache-2.0
// The learner's part of observation normalisation: which rows count, when,
// and what is normalised.
#include "policy/normaliser.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "core/philox.h"
#include "tests/learner/fakes.h"

namespace softfleet {
namespace {

LearnerOptions Normalising() {
  LearnerOptions options = SmallLearner(true);
  options.normalize_observations = true;
  // Two float groups around a byte group: columns 0, 1 | 2, 3, 4 | 5.
  options.schema.observations = {{"position", DType::kF32, {2}},
                                 {"pixels", DType::kU8, {3}},
                                 {"speed", DType::kF32, {1}}};
  options.sac.observation_dim = 6;
  return options;
}

NormaliserState StateOf(FakeLearner& learner) {
  const auto snapshot = learner.loop->MakeSnapshot(RunState::kRunning);
  EXPECT_TRUE(snapshot.ok()) << snapshot.status();
  return (*snapshot)->normaliser.value_or(NormaliserState{});
}

// Every float observation of the rows, column by column; bytes are left out.
std::vector<std::vector<double>> Columns(const std::vector<StepBlock>& blocks) {
  std::vector<std::vector<double>> columns(6);
  for (const StepBlock& block : blocks) {
    for (int64_t row = 0; row < block.rows; ++row) {
      float values[3];
      std::memcpy(values, &block.observations[0][8 * row], 8);
      std::memcpy(values + 2, &block.observations[2][4 * row], 4);
      columns[0].push_back(values[0]);
      columns[1].push_back(values[1]);
      columns[5].push_back(values[2]);
    }
  }
  return columns;
}

double Mean(const std::vector<double>& values) {
  double sum = 0;
  for (double x : values) sum += x;
  return sum / static_cast<double>(values.size());
}

double Variance(const std::vector<double>& values) {
  const double mean = Mean(values);
  double sum = 0;
  for (double x : values) sum += (x - mean) * (x - mean);
  return sum / static_cast<double>(values.size());
}

TEST(LearnerNormaliserTest, ItIsTheMeanAndVarianceOfEveryRowOnce) {
  FakeLearner learner(Normalising());
  Philox random(3, Purpose::kTest);
  std::vector<StepBlock> all;
  for (uint64_t i = 0; i < 50; ++i) {
    all.push_back(RandomRows(learner.options.schema,
                             static_cast<int64_t>(1 + random.NextBelow(32)),
                             100 + i));
    learner.source.arrived.push_back(all.back());
    learner.Receive(0, /*max_updates=*/0);
  }
  const auto columns = Columns(all);
  const NormaliserState state = StateOf(learner);
  EXPECT_EQ(state.count, static_cast<double>(columns[0].size()));
  EXPECT_EQ(state.count, static_cast<double>(learner.loop->received()));
  for (const int c : {0, 1, 5}) {
    EXPECT_NEAR(state.mean[c], Mean(columns[c]), 1e-12);
    EXPECT_NEAR(state.variance[c], Variance(columns[c]), 1e-12);
  }
  for (const int c : {2, 3, 4}) {
    EXPECT_EQ(state.mean[c], 0);
    EXPECT_EQ(state.variance[c], 1);
  }
}

TEST(LearnerNormaliserTest, BatchesAreNormalisedWhenTheyAreDrawn) {
  const LearnerOptions options = Normalising();
  FakeLearner learner(options);
  learner.Receive(options.warmup_steps + 1);
  const NormaliserState state = StateOf(learner);
  const auto twin = SacAgent::Create(options.sac, options.seed);
  ASSERT_TRUE(twin.ok()) << twin.status();
  TransitionBatch batch = RandomBatch(options, 1);
  for (auto* observations : {&batch.observations, &batch.next_observations}) {
    for (size_t i = 0; i < observations->size(); ++i) {
      float& x = (*observations)[i];
      x = static_cast<float>((x - state.mean[i % 6]) /
                             std::sqrt(state.variance[i % 6] + 1e-8));
    }
  }
  std::vector<float> noise(batch.actions.size()), next(noise.size());
  FillNormal(options.seed, Purpose::kUpdateNoise, 0, 1, noise);
  FillNormal(options.seed, Purpose::kUpdateNextNoise, 0, 1, next);
  ASSERT_TRUE((*twin)->Update(AgentBatch(batch), {noise, next, {}}).ok());
  for (const auto& [name, tensor] : (*twin)->Save()) {
    const auto wanted = tensor.AsDouble();
    const auto got = learner.loop->Save().at(name).AsDouble();
    for (size_t i = 0; i < wanted.size(); ++i) {
      ASSERT_NEAR(got[i], wanted[i], 1e-5) << name << " " << i;
    }
  }
}

TEST(LearnerNormaliserTest, ItSurvivesACheckpoint) {
  FakeLearner first(Normalising());
  first.Receive(17, 0);
  FakeLearner second(Normalising());
  ASSERT_TRUE(second.loop->Restore(first.loop->Save()).ok());
  EXPECT_EQ(StateOf(second), StateOf(first));
  second.blocks = first.blocks;
  first.Receive(5, 0);
  second.Receive(5, 0);
  EXPECT_EQ(StateOf(second), StateOf(first));
}

TEST(LearnerNormaliserTest, ALearnerWithoutOnePublishesNone) {
  FakeLearner learner(SmallLearner(true));
  learner.Receive(20);
  EXPECT_FALSE((*learner.loop->MakeSnapshot(RunState::kRunning))
                   ->normaliser.has_value());
}

}  // namespace
}  // namespace softfleet
