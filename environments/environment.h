// SPDX-License-Identifier: Apache-2.0
// The whole contract of an environment: reset, step, and save or restore its
// physical state. An environment speaks in its own units; scaling from policy
// space [-1, 1] is ActorLoop's and Evaluator's work (action_scaling.h).
// Not thread-safe: one environment belongs to one loop.
#ifndef SOFTFLEET_ENVIRONMENTS_ENVIRONMENT_H_
#define SOFTFLEET_ENVIRONMENTS_ENVIRONMENT_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/tensor.h"
#include "experience/schema.h"

namespace softfleet {

struct EnvironmentSpec {
  std::string name;  // "Pendulum-v1"
  std::vector<ObservationGroup> observations;
  ActionSpec action;
  // Bounds of continuous actions in the environment's units, per dimension.
  std::vector<double> action_low;
  std::vector<double> action_high;
  // Steps after which an episode is truncated; 0 = never.
  int64_t max_episode_steps = 0;
  // Names of the reward's components, in the order of
  // StepResult::reward_components; empty where the reward is one number.
  std::vector<std::string> reward_components;
  // Steps per second of simulated time (for people); 0 = unknown.
  double control_frequency = 0;
};

// The schema of an environment's rows.
inline Schema MakeSchema(const EnvironmentSpec& spec, int frame_stack) {
  return {spec.observations, spec.action, frame_stack};
}

struct StepResult {
  double reward = 0;
  bool terminated = false;
  bool truncated = false;  // both may be set
  // Whether the environment's own success criterion held; only where the
  // environment has one.
  bool success = false;
  std::vector<double> reward_components;
};

class Environment {
 public:
  virtual ~Environment() = default;

  virtual const EnvironmentSpec& spec() const = 0;

  // Starts an episode whose start state is drawn from `seed` alone.
  virtual absl::Status Reset(uint64_t seed) = 0;
  // Starts an episode at a physical state: the numbers of state().
  // InvalidArgument when the size is wrong or a number is not finite.
  virtual absl::Status ResetTo(std::span<const double> state) = 0;
  // The physical state (Pendulum: theta, theta_dot), as ResetTo takes it.
  virtual std::vector<double> state() const = 0;

  // One step with a continuous action in the environment's units, unclipped
  // [dimension], or with an index. Calling the wrong one, a size mismatch, a
  // non-finite action, or stepping an ended episode is an error.
  virtual absl::StatusOr<StepResult> Step(std::span<const float> action) = 0;
  virtual absl::StatusOr<StepResult> Step(int32_t action) = 0;

  // The current observation of every group, in the spec's order and dtype.
  // After an episode's last step this is its true final observation. The
  // spans live until the next non-const call.
  virtual std::vector<std::span<const std::byte>> Observation() const = 0;

  // Everything needed to continue bit-exactly in the middle of an episode.
  // Restore refuses bytes of another environment or version.
  virtual std::string Save() const = 0;
  virtual absl::Status Restore(absl::string_view saved) = 0;
};

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_ENVIRONMENT_H_
