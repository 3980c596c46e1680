// SPDX-License-Identifier: Apache-2.0
#include "tests/evaluation/testing.h"

#include <cmath>
#include <cstring>
#include <utility>

#include "core/philox.h"

namespace softfleet::testing {
namespace {

// What every test policy has beside its layers.
Snapshot EmptySnapshot(const EnvironmentSpec& spec, int frame_stack) {
  Snapshot snapshot;
  snapshot.run_id = "00000000000000aa";
  snapshot.version = 7;
  snapshot.schema = {spec.observations, spec.action, frame_stack};
  snapshot.bounds = {spec.action_low, spec.action_high};
  snapshot.environment = spec.name;
  snapshot.head.kind =
      spec.action.continuous() ? "squashed_gaussian" : "categorical";
  return snapshot;
}

int64_t Inputs(const Snapshot& snapshot) {
  return snapshot.schema.frame_stack * snapshot.schema.ObservationElements();
}

int64_t Outputs(const Snapshot& snapshot) {
  const ActionSpec& action = snapshot.schema.action;
  return action.continuous() ? 2 * action.dimension : action.num_actions;
}

void AddLinear(const std::string& name, int64_t inputs, int64_t outputs,
               const std::vector<float>& weights,
               const std::vector<float>& bias, Snapshot* snapshot) {
  snapshot->layers.push_back({"linear", name});
  snapshot->tensors[name + ".weight"] =
      Tensor::From(weights, {outputs, inputs});
  snapshot->tensors[name + ".bias"] = Tensor::From(bias, {outputs});
}

std::vector<float> Normals(Philox& random, int64_t count, double scale) {
  std::vector<float> values;
  for (int64_t i = 0; i < count; ++i) {
    values.push_back(static_cast<float>(scale * random.NextNormal()));
  }
  return values;
}

std::vector<std::byte> Bytes(const ObservationGroup& group, double value) {
  std::vector<std::byte> bytes(group.bytes());
  if (group.dtype == DType::kU8) {
    bytes[0] = static_cast<std::byte>(static_cast<int>(value));
  } else {
    const float x = static_cast<float>(value);
    std::memcpy(bytes.data(), &x, sizeof(x));
  }
  return bytes;
}

}  // namespace

EnvironmentOptions Named(const std::string& name) {
  EnvironmentOptions options;
  options.name = name;
  return options;
}

EnvironmentSpec SpecOf(const EnvironmentOptions& options) {
  return MakeEnvironment(options).value()->spec();
}

Snapshot RandomSnapshot(const EnvironmentSpec& spec, uint64_t seed,
                        int frame_stack, int hidden) {
  Snapshot snapshot = EmptySnapshot(spec, frame_stack);
  const int64_t inputs = Inputs(snapshot);
  const int64_t outputs = Outputs(snapshot);
  Philox random(seed, Purpose::kTest);
  const double scale = 1 / std::sqrt(static_cast<double>(inputs));
  AddLinear("actor/l0", inputs, hidden, Normals(random, inputs * hidden, scale),
            Normals(random, hidden, 0.5), &snapshot);
  snapshot.layers.push_back({"relu", ""});
  AddLinear("actor/out", hidden, outputs,
            Normals(random, hidden * outputs, 2 / std::sqrt(hidden)),
            Normals(random, outputs, 0.5), &snapshot);
  return snapshot;
}

Snapshot LinearSnapshot(const EnvironmentSpec& spec, int frame_stack,
                        const std::vector<float>& weights,
                        const std::vector<float>& bias) {
  Snapshot snapshot = EmptySnapshot(spec, frame_stack);
  AddLinear("actor/out", Inputs(snapshot), Outputs(snapshot), weights, bias,
            &snapshot);
  return snapshot;
}

std::shared_ptr<const Snapshot> Share(Snapshot snapshot) {
  return std::make_shared<const Snapshot>(std::move(snapshot));
}

EnvironmentSpec ScriptedEnvironment::DefaultSpec() {
  EnvironmentSpec spec;
  spec.name = "Scripted";
  spec.observations = {{"state", DType::kF32, {1}}};
  spec.action = {ActionSpec::Kind::kContinuous, 1, 0};
  spec.action_low = {-2};
  spec.action_high = {2};
  spec.max_episode_steps = 10;
  return spec;
}

absl::Status ScriptedEnvironment::Reset(uint64_t seed) {
  const double state = static_cast<double>(seed % 100);
  return ResetTo({&state, 1});
}

absl::Status ScriptedEnvironment::ResetTo(std::span<const double> state) {
  if (state.size() != 1) {
    return absl::InvalidArgumentError("the state is one number");
  }
  state_.assign(state.begin(), state.end());
  observation_ = Bytes(spec_.observations[0], state[0]);
  step_ = 0;
  return absl::OkStatus();
}

absl::StatusOr<StepResult> ScriptedEnvironment::Step(
    std::span<const float> action) {
  Act act;
  act.step = step_++;
  act.action = action[0];
  act.result.reward = 1;
  act.result.truncated = step_ == spec_.max_episode_steps;
  act.components.resize(spec_.reward_components.size());
  act.observation = observation_;
  absl::Status status = script_ ? script_(act) : absl::OkStatus();
  observation_ = act.observation;
  if (!status.ok()) return status;
  components_ = std::move(act.components);
  act.result.reward_components = components_;
  return act.result;
}

absl::StatusOr<StepResult> ScriptedEnvironment::Step(int32_t) {
  return absl::InvalidArgumentError("the action is continuous");
}

void ScriptedEnvironment::Observe(ObservationPlaces groups) const {
  std::ranges::copy(observation_, groups[0].begin());
}

Evaluator::Options Scripted(const EnvironmentSpec& spec,
                            const ScriptedEnvironment::Script& script,
                            int starts) {
  Evaluator::Options options;
  options.environment = Named(spec.name);
  options.panel.environment = spec.name;
  options.panel.environment_hash = EnvironmentHash(options.environment);
  for (int i = 0; i < starts; ++i) {
    options.panel.starts.emplace_back().state = {static_cast<double>(i)};
  }
  SeedNoise(&options.panel);
  options.make_environment = [spec, script] {
    return std::make_unique<ScriptedEnvironment>(spec, script);
  };
  return options;
}

double StateOf(const ScriptedEnvironment::Act& act) {
  float state = 0;
  std::memcpy(&state, act.observation.data(), sizeof(state));
  return state;
}

absl::StatusOr<EvaluationResult> EvaluateOnce(const Evaluator::Options& options,
                                              const Snapshot& snapshot) {
  auto evaluator = Evaluator::Create(options);
  if (!evaluator.ok()) return evaluator.status();
  return (*evaluator)->Evaluate(Share(snapshot));
}

Snapshot ZeroPolicy(const EnvironmentSpec& spec) {
  return LinearSnapshot(spec, 1, {0, 0}, {0, 0});
}

}  // namespace softfleet::testing
