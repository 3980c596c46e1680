// SPDX-License-Identifier: Apache-2.0
// usage: python_write_policy_cases FOLDER
//
// Writes, for each case below, FOLDER/<case>/ (a policy bundle) and
// FOLDER/<case>.safetensors: frames of observations, noise, and what room
// `policy` answers. The Python package must answer the same.
#include <cstddef>
#include <cstdlib>
#include <iostream>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "core/file_system.h"
#include "core/philox.h"
#include "core/safetensors.h"
#include "policy/bundle.h"
#include "policy/frame_stack.h"
#include "tests/policy/snapshots.h"

namespace softfleet::testing {
namespace {

constexpr int64_t kRows = 64;

void Check(const absl::Status& status) {
  if (status.ok()) return;
  std::cerr << status << "\n";
  std::exit(1);
}

int64_t HeadInputs(const ActionSpec& action) {
  return action.continuous() ? 2 * action.dimension : action.num_actions;
}

// Layers of those widths, normalised if `layer_norm`.
Snapshot DeepSnapshot(const Schema& schema, const std::vector<int64_t>& hidden,
                      bool layer_norm) {
  Snapshot snapshot = SmallSnapshot(schema);
  snapshot.layers.clear();
  snapshot.tensors.clear();
  Philox random(5, Purpose::kTest);
  int64_t inputs = schema.frame_stack * schema.ObservationElements();
  for (size_t i = 0; i < hidden.size(); ++i) {
    AddLinear("actor/l" + std::to_string(i), inputs, hidden[i], &random,
              &snapshot);
    inputs = hidden[i];
    if (layer_norm) {
      AddLayerNorm("actor/n" + std::to_string(i), inputs, &random, &snapshot);
    }
    AddRelu(&snapshot);
  }
  AddLinear("actor/out", inputs, HeadInputs(schema.action), &random, &snapshot);
  return snapshot;
}

// Two groups of which one holds bytes, three frames, a normaliser that clips,
// bounds that are not symmetric.
Snapshot PixelsCase() {
  Schema schema = ContinuousSchema(2, 2);
  schema.observations.push_back({"pixels", DType::kU8, {2, 3}});
  schema.frame_stack = 3;
  Snapshot snapshot = DeepSnapshot(schema, {16}, false);
  snapshot.bounds = {{-2, 0.5}, {2, 10}};
  snapshot.head = {"squashed_gaussian", "clamp", -0.5, 0.5};
  snapshot.normaliser = NormaliserState{
      9, {0.1, -0.2, 0, 0, 0, 0, 0, 0}, {0.5, 1e-4, 1, 1, 1, 1, 1, 1}};
  return snapshot;
}

Snapshot BoundedCase() {
  Snapshot snapshot = DeepSnapshot(ContinuousSchema(5, 3), {32, 32}, false);
  snapshot.head = {"squashed_gaussian", "bounded", -5, 2};
  return snapshot;
}

Snapshot DiscreteBytesCase() {
  Schema schema = DiscreteSchema(1, 5);
  schema.observations = {{"screen", DType::kU8, {4, 4}}};
  schema.frame_stack = 4;
  return DeepSnapshot(schema, {24}, true);
}

std::map<std::string, Snapshot> Cases() {
  return {
      {"pixels", PixelsCase()},
      {"bounded", BoundedCase()},
      {"layer_norm", DeepSnapshot(ContinuousSchema(7, 2), {48, 16, 8}, true)},
      {"wide", DeepSnapshot(ContinuousSchema(17, 6), {256, 256}, false)},
      {"discrete", DeepSnapshot(DiscreteSchema(4, 3), {16}, false)},
      {"discrete_bytes", DiscreteBytesCase()},
  };
}

Tensor RandomFrames(const ObservationGroup& group, int frames, Philox* random) {
  Shape shape = {kRows, frames};
  shape.insert(shape.end(), group.shape.begin(), group.shape.end());
  const int64_t elements = NumElements(shape);
  if (group.dtype == DType::kF32) {
    return Tensor::From(RandomNormals(elements, random), shape);
  }
  std::vector<uint8_t> bytes;
  for (int64_t i = 0; i < elements; ++i) {
    bytes.push_back(static_cast<uint8_t>(random->NextBelow(256)));
  }
  return Tensor::From(bytes, shape);
}

// What the policy reads of frames [kRows, frame_stack, group] per group.
std::vector<float> Inputs(const Schema& schema,
                          const std::vector<Tensor>& frames) {
  std::vector<float> inputs;
  for (int64_t row = 0; row < kRows; ++row) {
    FrameStack stack(schema);
    for (int frame = 0; frame < schema.frame_stack; ++frame) {
      std::vector<std::span<const std::byte>> groups;
      for (size_t g = 0; g < frames.size(); ++g) {
        const size_t bytes = schema.observations[g].bytes();
        const auto at = static_cast<size_t>(row * schema.frame_stack + frame);
        groups.push_back(std::span(frames[g].bytes).subspan(at * bytes, bytes));
      }
      frame == 0 ? stack.Begin(groups) : stack.Push(groups);
    }
    const auto values = stack.values();
    inputs.insert(inputs.end(), values.begin(), values.end());
  }
  return inputs;
}

Tensor Actions(const PolicyOutput& output) {
  if (!output.discrete_actions.empty()) {
    return Tensor::From(output.discrete_actions, {kRows});
  }
  return Tensor::From(output.actions,
                      {kRows, std::ssize(output.actions) / kRows});
}

void WriteAnswers(const Snapshot& snapshot, const std::string& path) {
  const Schema& schema = snapshot.schema;
  const auto policy = MakePolicy(snapshot);
  Philox random(3, Purpose::kTest);
  TensorMap tensors;
  std::vector<Tensor> frames;
  for (const ObservationGroup& group : schema.observations) {
    frames.push_back(RandomFrames(group, schema.frame_stack, &random));
    tensors["observation/" + group.name] = frames.back();
  }
  const std::vector<float> inputs = Inputs(schema, frames);
  std::vector<float> noise(kRows * policy->noise_columns());
  (schema.action.continuous() ? FillNormal : FillUniform)(
      7, Purpose::kActionNoise, 0, 0, noise);
  tensors["noise"] = Tensor::From(noise, {kRows, policy->noise_columns()});

  PolicyOutput output;
  Check(policy->Act(inputs, kRows, ActionMode::kDeterministic, noise, &output));
  tensors["deterministic"] = Actions(output);
  Check(policy->Act(inputs, kRows, ActionMode::kStochastic, noise, &output));
  tensors["stochastic"] = Actions(output);
  std::vector<float> distribution;
  Check(policy->Distribution(inputs, kRows, &distribution));
  tensors["distribution"] =
      Tensor::From(distribution, {kRows, std::ssize(distribution) / kRows});
  Check(WriteSafetensors(RealFileSystem(), path, tensors, {}).status());
}

}  // namespace
}  // namespace softfleet::testing

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  using namespace softfleet::testing;
  const std::string folder = argv[1];
  for (const auto& [name, snapshot] : Cases()) {
    Check(softfleet::WritePolicyBundle(softfleet::RealFileSystem(),
                                       folder + "/" + name, {snapshot, {}}));
    WriteAnswers(snapshot, folder + "/" + name + ".safetensors");
  }
}
