// SPDX-License-Identifier: Apache-2.0
// Updates that draw their own rows and noise from a ring, as the CUDA engine
// does them, against the reference update on what replay's table and Philox
// give for the same seed.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/philox.h"
#include "sac/reference_update.h"
#include "tests/replay/twin.h"
#include "tests/sac_cuda/plain_engine.h"
#include "tests/sac_ring/host_ring.h"

namespace softfleet {
namespace {

using testing::HostRing;
using testing::PlainEngine;
using testing::RandomActor;

constexpr int64_t kBatch = 8;
constexpr uint64_t kSeed = 21;

TableOptions MakeTable(bool continuous) {
  TableOptions options;
  options.schema.observations = {{"state", DType::kF32, {3}},
                                 {"pixels", DType::kU8, {2}}};
  options.schema.action.kind =
      continuous ? ActionSpec::Kind::kContinuous : ActionSpec::Kind::kDiscrete;
  options.schema.action.dimension = continuous ? 2 : 0;
  options.schema.action.num_actions = continuous ? 0 : 4;
  options.schema.frame_stack = 2;
  options.capacity_rows = 60;
  options.expected_run_rows = 5;
  return options;
}

SacOptions MakeOptions(bool continuous) {
  SacOptions options;
  options.continuous = continuous;
  options.observation_dim = 10;
  options.action_dim = continuous ? 2 : 4;
  options.actor_hidden = {6};
  options.critic_hidden = {7};
  options.policy_delay = 2;
  options.num_critics = 3;
  options.precision = SacOptions::Precision::kFloat64;
  return options;
}

void Initialise(UpdateEngine& engine) {
  std::map<std::string, const SacStateView*> views;
  for (const SacStateView& view : engine.State()) views[view.name] = &view;
  uint64_t stream = 0;
  for (const auto& [name, view] : views) {
    if (!name.starts_with("param/") && !name.starts_with("target/")) continue;
    Philox random(1, Purpose::kTest, 0, ++stream);
    for (int64_t i = 0; i < view->elements; ++i) {
      view->f64[i] = 0.5 * random.NextNormal();
    }
  }
}

// Update number `update` from the table, as LearnerLoop does it.
void ReferenceStep(const Table& table, const SacOptions& options, int n_step,
                   double reward_scale, uint64_t update,
                   ReferenceUpdate& reference) {
  std::vector<uint64_t> ids(kBatch);
  ASSERT_TRUE(table.SampleUniform(kSeed, update, ids).ok());
  TransitionBatch rows;
  ASSERT_TRUE(table.Gather(ids, n_step, 0.9, &rows).ok());
  for (double& reward : rows.returns) reward *= reward_scale;
  std::vector<float> noise(options.continuous ? kBatch * 2 : 0);
  std::vector<float> next = noise;
  FillNormal(kSeed, Purpose::kUpdateNoise, 0, update, noise);
  FillNormal(kSeed, Purpose::kUpdateNextNoise, 0, update, next);
  SacBatch batch;
  batch.size = kBatch;
  batch.observations = rows.observations;
  batch.actions = rows.actions;
  batch.discrete_actions = rows.discrete_actions;
  batch.rewards = rows.returns;
  batch.discounts = rows.discounts;
  batch.terminated = rows.terminated;
  batch.next_observations = rows.next_observations;
  reference.Update(batch, {noise, next, {}}, nullptr, nullptr);
}

void ExpectEqualStates(UpdateEngine& actual, UpdateEngine& expected) {
  std::map<std::string, const SacStateView*> views;
  for (const SacStateView& view : actual.State()) views[view.name] = &view;
  for (const SacStateView& view : expected.State()) {
    for (int64_t i = 0; i < view.elements; ++i) {
      ASSERT_NEAR(views.at(view.name)->f64[i], view.f64[i], 1e-9)
          << view.name << " element " << i;
    }
  }
}

void RunCase(bool continuous, int n_step) {
  const SacOptions options = MakeOptions(continuous);
  const TableOptions table_options = MakeTable(continuous);
  auto table = Table::Create(table_options).value();
  HostRing ring(table_options, /*prioritized=*/false, 1);
  ReferenceUpdate reference(options);
  PlainEngine<double> plain(options, kBatch, kSeed);
  Initialise(reference);
  Initialise(plain);
  const SacCudaSampling sampling = {n_step, 0, 0.9, 0.5, 0, 0, 0, 0};
  RandomActor one(table_options.schema, 1, 1), two(table_options.schema, 2, 2);
  for (uint64_t update = 1; update <= 40; ++update) {
    const StepBlock block =
        (update % 3 == 0 ? one : two)
            .Next(1 + update % 7, update % 5 == 0 ? EpisodeEnd::kTerminated
                                                  : EpisodeEnd::kNone);
    ASSERT_TRUE(table->Append(block).ok());
    ring.Append(block);
    ReferenceStep(*table, options, n_step, 0.5, update, reference);
    plain.StepFromRing(ring.ring(), sampling);
  }
  ExpectEqualStates(plain, reference);
}

TEST(RingUpdate, LearnsFromTheRowsAndTheNoiseThatTheLearnerWouldDraw) {
  RunCase(/*continuous=*/true, 1);
  RunCase(/*continuous=*/true, 3);
  RunCase(/*continuous=*/false, 1);
}

TEST(RingUpdate, PrioritizesRowsByTheirErrors) {
  const SacOptions options = MakeOptions(/*continuous=*/true);
  const TableOptions table_options = MakeTable(/*continuous=*/true);
  HostRing ring(table_options, /*prioritized=*/true, 1);
  PlainEngine<double> plain(options, kBatch, kSeed);
  Initialise(plain);
  RandomActor actor(table_options.schema, 1, 1);
  ring.Append(actor.Next(30));
  SacCudaSampling sampling = {};
  sampling.n_step = 1;
  sampling.prioritized = 1;
  sampling.gamma = 0.9;
  sampling.reward_scale = 1;
  sampling.priority_exponent = 0.6;
  sampling.importance_begin = 0.4;
  sampling.importance_end = 1;
  sampling.importance_updates = 10;
  plain.StepFromRing(ring.ring(), sampling);

  const BatchLayout& layout = plain.update().batch_layout();
  const uint64_t* ids = plain.update().batch<uint64_t>(layout.ids);
  const double* weights = plain.update().batch<double>(layout.weights);
  std::map<uint64_t, double> expected;
  for (int64_t i = 0; i < kBatch; ++i) {
    EXPECT_EQ(weights[i], 1.0) << "all masses were equal";
    expected[ids[i]] = std::pow(plain.update().priorities()[i], 0.6);
  }
  for (uint64_t id = 1; id < 31; ++id) {  // id 0 is the context
    const float mass = ring.ring().tree.leaf[id];
    EXPECT_EQ(mass,
              expected.contains(id) ? static_cast<float>(expected[id]) : 1.0f);
  }
}

}  // namespace
}  // namespace softfleet
