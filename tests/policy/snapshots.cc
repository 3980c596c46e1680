// SPDX-License-Identifier: Apache-2.0
#include "tests/policy/snapshots.h"

#include <cmath>
#include <utility>

namespace softfleet::testing {
namespace {

Schema StateSchema(int64_t observations) {
  Schema schema;
  schema.observations = {{"state", DType::kF32, {observations}}};
  return schema;
}

Head HeadFor(const ActionSpec& action) {
  Head head;
  head.kind = action.continuous() ? "squashed_gaussian" : "categorical";
  return head;
}

ActionBounds UnitBounds(const ActionSpec& action) {
  const std::vector<double> ones(action.columns(), 1);
  return {std::vector<double>(action.columns(), -1), ones};
}

int64_t HeadInputs(const ActionSpec& action) {
  return action.continuous() ? 2 * action.dimension : action.num_actions;
}

}  // namespace

Schema ContinuousSchema(int64_t observations, int64_t dimension) {
  Schema schema = StateSchema(observations);
  schema.action = {ActionSpec::Kind::kContinuous, dimension, 0};
  return schema;
}

Schema DiscreteSchema(int64_t observations, int64_t num_actions) {
  Schema schema = StateSchema(observations);
  schema.action = {ActionSpec::Kind::kDiscrete, 0, num_actions};
  return schema;
}

void AddLinear(const std::string& name, int64_t inputs, int64_t outputs,
               Philox* random, Snapshot* snapshot) {
  std::vector<float> weight = RandomNormals(inputs * outputs, random);
  for (float& number : weight) {
    number /= std::sqrt(static_cast<float>(inputs));
  }
  snapshot->layers.push_back({"linear", name});
  snapshot->tensors[name + ".weight"] = Tensor::From(weight, {outputs, inputs});
  snapshot->tensors[name + ".bias"] =
      Tensor::From(RandomNormals(outputs, random), {outputs});
}

void AddLayerNorm(const std::string& name, int64_t size, Philox* random,
                  Snapshot* snapshot) {
  snapshot->layers.push_back({"layer_norm", name});
  for (const char* part : {".weight", ".bias"}) {
    snapshot->tensors[name + part] =
        Tensor::From(RandomNormals(size, random), {size});
  }
}

void AddRelu(Snapshot* snapshot) { snapshot->layers.push_back({"relu", ""}); }

Snapshot SmallSnapshot(const Schema& schema, uint64_t seed) {
  constexpr int64_t kHidden = 8;
  Philox random(seed, Purpose::kTest);
  Snapshot snapshot;
  snapshot.schema = schema;
  snapshot.head = HeadFor(schema.action);
  snapshot.bounds = UnitBounds(schema.action);
  AddLinear("actor/l0", schema.frame_stack * schema.ObservationElements(),
            kHidden, &random, &snapshot);
  AddRelu(&snapshot);
  AddLinear("actor/out", kHidden, HeadInputs(schema.action), &random,
            &snapshot);
  return snapshot;
}

Snapshot ConstantSnapshot(const ActionSpec& action,
                          const std::vector<float>& outputs) {
  const auto size = static_cast<int64_t>(outputs.size());
  Snapshot snapshot;
  snapshot.schema = StateSchema(1);
  snapshot.schema.action = action;
  snapshot.head = HeadFor(action);
  snapshot.bounds = UnitBounds(action);
  snapshot.layers = {{"linear", "actor/out"}};
  snapshot.tensors["actor/out.weight"] =
      Tensor::From(std::vector<float>(size, 0), {size, 1});
  snapshot.tensors["actor/out.bias"] = Tensor::From(outputs, {size});
  return snapshot;
}

std::unique_ptr<Policy> MakePolicy(Snapshot snapshot) {
  return Policy::Create(std::make_shared<const Snapshot>(std::move(snapshot)))
      .value();
}

std::vector<float> RandomNormals(int64_t count, Philox* random) {
  std::vector<float> numbers(count);
  for (float& number : numbers) {
    number = static_cast<float>(random->NextNormal());
  }
  return numbers;
}

}  // namespace softfleet::testing
