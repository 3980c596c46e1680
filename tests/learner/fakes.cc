// SPDX-License-Identifier: Apache-2.0
#include "tests/learner/fakes.h"

#include <gtest/gtest.h>

#include <cstring>
#include <utility>

#include "core/philox.h"
#include "core/status.h"

namespace softfleet {
namespace {

constexpr uint64_t kBatchSeed = 77;

std::vector<float> Normals(Philox* random, int64_t n) {
  std::vector<float> values(n);
  for (float& x : values) x = static_cast<float>(random->NextNormal());
  return values;
}

std::vector<std::byte> RandomColumn(Philox* random,
                                    const ObservationGroup& group,
                                    int64_t observations) {
  std::vector<std::byte> bytes(observations * group.bytes());
  if (group.dtype == DType::kU8) {
    for (std::byte& b : bytes) b = std::byte(random->NextBelow(256));
  } else {
    const auto values = Normals(random, observations * group.elements());
    std::memcpy(bytes.data(), values.data(), bytes.size());
  }
  return bytes;
}

}  // namespace

absl::StatusOr<int64_t> FakeSource::Poll(
    const std::function<absl::Status(const StepBlock&)>& receive) {
  int64_t rows = 0;
  for (const StepBlock& block : std::exchange(arrived, {})) {
    SF_RETURN_IF_ERROR(receive(block));
    rows += block.rows;
  }
  return rows;
}

absl::Status FakeSampler::Draw(uint64_t update, TransitionBatch* batch) {
  updates.push_back(update);
  *batch = RandomBatch(options_, update);
  if (reward != 0) batch->returns.assign(batch->size, reward);
  return absl::OkStatus();
}

LearnerOptions SmallLearner(bool continuous) {
  LearnerOptions options;
  options.seed = 5;
  options.schema.observations = {{"state", DType::kF32, {3}}};
  ActionSpec& action = options.schema.action;
  if (continuous) {
    action.dimension = 2;
    options.bounds = {{-2, -1}, {2, 3}};
  } else {
    action.kind = ActionSpec::Kind::kDiscrete;
    action.num_actions = 4;
  }
  options.sac.observation_dim = 3;
  options.sac.continuous = continuous;
  options.sac.action_dim = continuous ? 2 : 4;
  options.sac.actor_hidden = {6, 5};
  options.sac.critic_hidden = {7};
  options.sac.target_entropy = continuous ? -2 : 0.7;
  options.batch_size = 8;
  options.warmup_steps = 10;
  options.environment = "Fake-v0";
  return options;
}

TransitionBatch RandomBatch(const LearnerOptions& options, uint64_t update) {
  Philox random(kBatchSeed, Purpose::kTest, 0, update);
  const int64_t n = options.batch_size;
  TransitionBatch batch;
  batch.size = n;
  for (int64_t i = 0; i < n; ++i) batch.ids.push_back(1000 + i);
  batch.observations = Normals(&random, n * options.sac.observation_dim);
  batch.next_observations = Normals(&random, n * options.sac.observation_dim);
  for (int64_t i = 0; i < n * options.schema.action.columns(); ++i) {
    batch.actions.push_back(2 * random.NextUniformFloat() - 1);
  }
  for (int64_t i = 0; i < n; ++i) {
    if (!options.sac.continuous) {
      batch.discrete_actions.push_back(
          static_cast<int64_t>(random.NextBelow(options.sac.action_dim)));
    }
    batch.returns.push_back(random.NextNormal());
    batch.discounts.push_back(0.99);
    batch.terminated.push_back(random.NextBelow(4) == 0);
  }
  return batch;
}

StepBlock RandomRows(const Schema& schema, int64_t rows, uint64_t seed) {
  Philox random(seed, Purpose::kTest, 1);
  StepBlock block;
  block.environment = seed;
  block.rows = rows;
  block.context = schema.frame_stack - 1;
  for (const ObservationGroup& group : schema.observations) {
    block.observations.push_back(
        RandomColumn(&random, group, block.context + rows + 1));
  }
  block.actions.resize(rows * schema.action.columns());
  if (!schema.action.continuous()) block.discrete_actions.resize(rows);
  block.rewards.resize(rows);
  return block;
}

SacBatch AgentBatch(const TransitionBatch& batch) {
  return {batch.size,
          batch.observations,
          batch.actions,
          batch.discrete_actions,
          batch.returns,
          batch.discounts,
          batch.terminated,
          batch.next_observations,
          {}};
}

FakeLearner::FakeLearner(const LearnerOptions& learner_options)
    : options(learner_options), sampler(learner_options) {
  auto made = LearnerLoop::Create(options, source, sampler);
  EXPECT_TRUE(made.ok()) << made.status();
  loop = *std::move(made);
}

int64_t FakeLearner::Receive(int64_t rows, int64_t max_updates) {
  if (rows > 0) {
    source.arrived.push_back(RandomRows(options.schema, rows, ++blocks));
  }
  const auto done = loop->RunOnce(max_updates);
  EXPECT_TRUE(done.ok()) << done.status();
  return done.value_or(0);
}

}  // namespace softfleet
