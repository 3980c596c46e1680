// SPDX-License-Identifier: Apache-2.0
// Small policies and a scripted environment for the tests of room evaluation.
// Not thread-safe.
#ifndef SOFTFLEET_TESTS_EVALUATION_TESTING_H_
#define SOFTFLEET_TESTS_EVALUATION_TESTING_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "environments/environment.h"
#include "environments/registry.h"
#include "evaluation/evaluator.h"
#include "evaluation/panel.h"
#include "experience/snapshot.h"

namespace softfleet::testing {

EnvironmentOptions Named(const std::string& name);
EnvironmentSpec SpecOf(const EnvironmentOptions& options);

// A policy with one hidden layer and random weights, wild enough that its
// actions cover their range.
Snapshot RandomSnapshot(const EnvironmentSpec& spec, uint64_t seed,
                        int frame_stack = 1, int hidden = 16);
// A policy without hidden layer whose outputs are `bias` + `weights` x
// observation; weights are [outputs, inputs]. Outputs of a Gaussian: means,
// then log_stds.
Snapshot LinearSnapshot(const EnvironmentSpec& spec, int frame_stack,
                        const std::vector<float>& weights,
                        const std::vector<float>& bias);

std::shared_ptr<const Snapshot> Share(Snapshot snapshot);

// An environment whose steps a test writes. One continuous action in [-2, 2],
// ten steps. Its physical state is its one observation and never changes by
// itself; the reward is 1.
class ScriptedEnvironment : public Environment {
 public:
  // What a step does; may change anything.
  struct Act {
    int64_t step = 0;   // within the episode, from 0
    float action = 0;   // in the environment's units
    StepResult result;  // reward 1; its components are the next member
    std::vector<double> components;  // as the spec says, all 0
    std::vector<std::byte> observation;
  };
  using Script = std::function<absl::Status(Act&)>;

  static EnvironmentSpec DefaultSpec();
  ScriptedEnvironment(EnvironmentSpec spec, Script script)
      : spec_(std::move(spec)), script_(std::move(script)) {}

  const EnvironmentSpec& spec() const override { return spec_; }
  absl::Status Reset(uint64_t seed) override;
  absl::Status ResetTo(std::span<const double> state) override;
  std::vector<double> state() const override { return state_; }
  absl::StatusOr<StepResult> Step(std::span<const float> action) override;
  absl::StatusOr<StepResult> Step(int32_t action) override;
  void Observe(ObservationPlaces groups) const override;
  absl::StatusOr<std::string> Save() const override { return ""; }
  absl::Status Restore(absl::string_view) override { return {}; }

 private:
  EnvironmentSpec spec_;
  Script script_;
  std::vector<double> state_;
  std::vector<double> components_;
  std::vector<std::byte> observation_;
  int64_t step_ = 0;
};

// Options of an evaluator over such environments and states {0}, {1}, ...
Evaluator::Options Scripted(const EnvironmentSpec& spec,
                            const ScriptedEnvironment::Script& script,
                            int starts);

// The state the environment was in when the step began; for float
// observations.
double StateOf(const ScriptedEnvironment::Act& act);
// Creates an evaluator and evaluates one snapshot; the first error.
absl::StatusOr<EvaluationResult> EvaluateOnce(const Evaluator::Options& options,
                                              const Snapshot& snapshot);
// Mean 0 and standard deviation 1 before tanh, for one observation element.
Snapshot ZeroPolicy(const EnvironmentSpec& spec);

}  // namespace softfleet::testing

#endif  // SOFTFLEET_TESTS_EVALUATION_TESTING_H_
