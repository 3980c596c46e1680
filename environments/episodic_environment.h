// SPDX-License-Identifier: Apache-2.0
// What the environments here share: the checks of an action, the time limit,
// the bookkeeping of episodes and the envelope of a saved state. A new one
// writes its spec and the protected functions. Not thread-safe, as every
// Environment.
#ifndef SOFTFLEET_ENVIRONMENTS_EPISODIC_ENVIRONMENT_H_
#define SOFTFLEET_ENVIRONMENTS_EPISODIC_ENVIRONMENT_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "environments/environment.h"

namespace softfleet {

class EpisodicEnvironment : public Environment {
 public:
  const EnvironmentSpec& spec() const final { return spec_; }

  // Replace the spec's own limit and bounds; before the first Reset.
  void set_max_episode_steps(int64_t steps) { spec_.max_episode_steps = steps; }
  void set_action_bounds(std::vector<double> low, std::vector<double> high);

  absl::Status Reset(uint64_t seed) final;
  absl::Status ResetTo(std::span<const double> state) final;
  absl::StatusOr<StepResult> Step(std::span<const float> action) final;
  absl::StatusOr<StepResult> Step(int32_t action) final;

  // Little endian: format version, length and text of the name, steps taken,
  // whether the episode is over, what SaveState wrote.
  absl::StatusOr<std::string> Save() const final;
  absl::Status Restore(absl::string_view saved) final;

 protected:
  explicit EpisodicEnvironment(EnvironmentSpec spec);

  // Starts an episode whose start state is drawn from `seed` alone.
  virtual absl::Status Start(uint64_t seed) = 0;
  // Starts an episode at a physical state, all of it finite. InvalidArgument
  // when it is none; nothing has changed then.
  virtual absl::Status StartAt(std::span<const double> state) = 0;
  // One step. The action is the vector or the index, as the spec says, already
  // checked. The time limit is added by the caller.
  virtual absl::StatusOr<StepResult> Advance(std::span<const float> action,
                                             int32_t index) = 0;
  // Appends what RestoreState needs to continue bit-exactly, of fixed size
  // where it can be; Unimplemented where nothing would do. RestoreState:
  // InvalidArgument and no change where the bytes are none of its own.
  virtual absl::Status SaveState(std::string* bytes) const = 0;
  virtual absl::Status RestoreState(absl::string_view bytes) = 0;

 private:
  absl::Status CheckRunning() const;
  absl::StatusOr<StepResult> Finish(absl::StatusOr<StepResult> result);

  EnvironmentSpec spec_;
  int64_t steps_ = 0;  // of this episode
  bool ended_ = true;  // or not begun
};

// InvalidArgument for an action that the environment cannot take: of the other
// kind, of another size, not finite, or no index.
absl::Status CheckAction(const EnvironmentSpec& spec,
                         std::span<const float> action);
absl::Status CheckAction(const EnvironmentSpec& spec, int32_t action);

// InvalidArgument that says how many values there are and should be, or names
// the first that is not finite: "Pendulum-v1: state element 1 is nan".
absl::Status CheckValues(absl::string_view environment, absl::string_view what,
                         std::span<const double> values, size_t wanted);

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_EPISODIC_ENVIRONMENT_H_
