// SPDX-License-Identifier: Apache-2.0
#include "tests/actor/actor_fixture.h"

#include <gtest/gtest.h>

#include <cstring>
#include <utility>

#include "core/philox.h"

namespace softfleet {
namespace {

std::vector<float> Floats(std::span<const std::byte> bytes) {
  std::vector<float> values(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

Tensor RandomTensor(Philox* random, Shape shape) {
  std::vector<float> values(NumElements(shape));
  for (float& x : values) x = static_cast<float>(random->NextNormal());
  return Tensor::From(values, std::move(shape));
}

}  // namespace

absl::Status RecordingSink::Append(const StepBlock& block) {
  blocks.push_back(block);
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<const Snapshot>> FakePolicies::Latest(
    uint64_t have) {
  return newest != nullptr && newest->version > have ? newest : nullptr;
}

std::vector<Row> RowsOf(const std::vector<StepBlock>& blocks,
                        const Schema& schema, uint64_t environment) {
  std::vector<Row> rows;
  for (const StepBlock& block : blocks) {
    if (block.environment != environment) continue;
    for (int64_t i = 0; i < block.rows; ++i) {
      Row row;
      row.environment = environment;
      row.episode = block.episode;
      row.step = block.first_step + static_cast<uint64_t>(i);
      row.observation = Floats(block.Observation(schema, 0, block.context + i));
      row.next_observation =
          Floats(block.Observation(schema, 0, block.context + i + 1));
      const int64_t columns = schema.action.columns();
      row.action.assign(block.actions.begin() + i * columns,
                        block.actions.begin() + (i + 1) * columns);
      if (columns == 0) row.discrete_action = block.discrete_actions[i];
      row.reward = block.rewards[i];
      if (i + 1 == block.rows) row.end = block.end;
      rows.push_back(row);
    }
  }
  return rows;
}

ActorOptions Options(const std::string& environment, int num_environments) {
  ActorOptions options;
  options.environment.name = environment;
  options.environment.max_episode_steps = 45;
  options.num_environments = num_environments;
  options.seed = 6;
  return options;
}

std::shared_ptr<const Snapshot> RandomPolicy(const std::string& environment,
                                             uint64_t version,
                                             bool act_uniformly,
                                             int frame_stack) {
  EnvironmentOptions options;
  options.name = environment;
  const auto made = *MakeEnvironment(options);
  const EnvironmentSpec& spec = made->spec();
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->version = version;
  snapshot->act_uniformly = act_uniformly;
  snapshot->schema = MakeSchema(spec, frame_stack);
  snapshot->bounds = {spec.action_low, spec.action_high};
  snapshot->layers = {{"linear", "actor/out"}};
  const bool continuous = spec.action.continuous();
  snapshot->head.kind = continuous ? "squashed_gaussian" : "categorical";
  const int64_t inputs = frame_stack * snapshot->schema.ObservationElements();
  const int64_t outputs =
      continuous ? 2 * spec.action.dimension : spec.action.num_actions;
  Philox random(version, Purpose::kTest);
  snapshot->tensors["actor/out.weight"] =
      RandomTensor(&random, {outputs, inputs});
  snapshot->tensors["actor/out.bias"] = RandomTensor(&random, {outputs});
  return snapshot;
}

RecordedActor::RecordedActor(const ActorOptions& actor_options)
    : options(actor_options) {
  policies.newest =
      RandomPolicy(options.environment.name, 1, true, options.frame_stack);
  auto made = ActorLoop::Create(options, sink, policies);
  EXPECT_TRUE(made.ok()) << made.status();
  loop = *std::move(made);
}

void RecordedActor::Run(int steps) {
  for (int i = 0; i < steps; ++i) {
    const absl::Status status = loop->RunOnce();
    ASSERT_TRUE(status.ok()) << status;
  }
}

}  // namespace softfleet
