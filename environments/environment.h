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
#include "environments/physics.h"
#include "experience/schema.h"

namespace softfleet {

struct EnvironmentSpec {
  std::string name;  // "Pendulum-v1"
  // Of the code behind the name, as its author counts; empty where the name
  // says it.
  std::string version;
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

// What a step did. The spans are the environment's and live until its next
// non-const call; nothing is allocated.
struct StepResult {
  double reward = 0;
  bool terminated = false;
  bool truncated = false;  // both may be set
  // Whether the environment's own success criterion held; only where the
  // environment has one.
  bool success = false;
  // A person or a safety layer acted instead of the policy.
  bool taken_over = false;
  // What was executed instead of the action given, in the environment's units
  // [dimension]; empty where that was executed.
  std::span<const float> executed_action;
  // [spec.reward_components]; they add up to the reward.
  std::span<const double> reward_components;
};

// Where an observation is written: each group's bytes, in the spec's order.
using ObservationPlaces = std::span<const std::span<std::byte>>;

class Environment {
 public:
  virtual ~Environment() = default;

  virtual const EnvironmentSpec& spec() const = 0;

  // What a wrapper wraps, all the way in; itself where it is none. For who
  // needs more than this contract, e.g. to draw it.
  virtual const Environment& innermost() const { return *this; }

  // Starts an episode whose start state is drawn from `seed` alone.
  virtual absl::Status Reset(uint64_t seed) = 0;
  // Starts an episode at a physical state: the numbers of state().
  // InvalidArgument when the size is wrong or a number is not finite.
  virtual absl::Status ResetTo(std::span<const double> state) = 0;
  // The physical state (Pendulum: theta, theta_dot), as ResetTo takes it; empty
  // where it cannot be read, and ResetTo is Unimplemented then.
  virtual std::vector<double> state() const = 0;

  // One step with a continuous action in the environment's units, unclipped
  // [dimension], or with an index. Calling the wrong one, a size mismatch, a
  // non-finite action, or stepping an ended episode is an error. Those of the
  // environment itself end the episode: DataLoss, it gave a number that is not
  // finite; DeadlineExceeded, it took too long; Aborted, the process it has of
  // its own died; any other code, what it says itself. After DeadlineExceeded
  // and Aborted another one has to be made.
  virtual absl::StatusOr<StepResult> Step(std::span<const float> action) = 0;
  virtual absl::StatusOr<StepResult> Step(int32_t action) = 0;

  // Writes the current observation of every group to where it is kept, e.g.
  // into the block that is sent. After an episode's last step this is its true
  // final observation. Allocates nothing.
  virtual void Observe(ObservationPlaces groups) const = 0;

  // Changes the physics from now on, until the next call; Reset, Save and
  // Restore leave it alone. Costs no more than what differs from the last call.
  // Unimplemented names what this environment does not have (here: everything),
  // InvalidArgument a value that is none.
  virtual absl::Status SetPhysics(const Physics& physics);

  // Everything needed to continue bit-exactly in the middle of an episode.
  // Unimplemented where nobody can: an environment that somebody else wrote.
  virtual absl::StatusOr<std::string> Save() const = 0;
  // Refuses bytes of another environment or version.
  virtual absl::Status Restore(absl::string_view saved) = 0;
};

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_ENVIRONMENT_H_
