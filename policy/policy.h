// SPDX-License-Identifier: Apache-2.0
// Acting: turns a snapshot into actions for a batch of observations, with
// Eigen and no LibTorch. Interprets exactly the snapshot's layer list; an
// unknown layer or head is an error that names it.
// Thread-compatible: Act uses scratch space inside.
#ifndef SOFTFLEET_POLICY_POLICY_H_
#define SOFTFLEET_POLICY_POLICY_H_

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "experience/snapshot.h"

namespace softfleet {

// deterministic: tanh(mean) / the most probable action (lowest index on
// ties). stochastic: a sample.
enum class ActionMode : uint8_t { kDeterministic, kStochastic };

struct PolicyOutput {
  std::vector<float> actions;             // [n, dimension] in [-1, 1]
  std::vector<int32_t> discrete_actions;  // [n]
  // Continuous: log-density of each action in policy space, from the noise
  // and never through atanh (stochastic mode; in deterministic mode noise 0).
  // Discrete: log-probability of the chosen action.
  std::vector<double> log_probabilities;  // [n]
  // Discrete: exact entropy of each state's distribution. Continuous: the
  // one-sample estimate -log_probability.
  std::vector<double> entropies;  // [n]
};

class Policy {
 public:
  // Checks every tensor's presence, dtype and shape against the layer list,
  // the schema and the head; all numbers must be finite.
  static absl::StatusOr<std::unique_ptr<Policy>> Create(
      std::shared_ptr<const Snapshot> snapshot);
  ~Policy();

  const Snapshot& snapshot() const;
  // Numbers of noise per row that Act wants: dimension, or 1 (discrete).
  int64_t noise_columns() const;

  // observations: [n, frame_stack x observation elements], raw float (uint8
  // groups already scaled by 1/255): frames oldest first, each frame all
  // groups concatenated in the schema's order; normalised here if the snapshot
  // has a normaliser. noise: [n, noise_columns]: standard normals for
  // continuous actions, uniforms in [0, 1) for discrete ones; not read in
  // deterministic mode.
  // A row's result does not depend on the other rows, to the last bit. Once
  // there was a call with some n, calls with at most that n and the same
  // `output` do not allocate.
  // InvalidArgument: a wrong size, or an observation or noise that is not
  // finite, with its place. Internal: the network's output overflows.
  // Ignores Snapshot::act_uniformly: that is its caller's business.
  absl::Status Act(std::span<const float> observations, int64_t n,
                   ActionMode mode, std::span<const float> noise,
                   PolicyOutput* output);

  // The head's raw numbers, for tests and traces: mean and log_std after its
  // clamp or bound [n, 2 dimension], or log-probabilities [n, num_actions].
  absl::Status Distribution(std::span<const float> observations, int64_t n,
                            std::vector<float>* parameters);

 private:
  class Impl;
  explicit Policy(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_POLICY_POLICY_H_
