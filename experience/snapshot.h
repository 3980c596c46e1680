// SPDX-License-Identifier: Apache-2.0
// A policy as it travels from the learner to whoever acts: an interpreted
// layer list, a head, tensors, and the few numbers an audit needs. Plain
// values, shared as shared_ptr<const Snapshot>; room `policy` interprets it.
#ifndef SOFTFLEET_EXPERIENCE_SNAPSHOT_H_
#define SOFTFLEET_EXPERIENCE_SNAPSHOT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/tensor.h"
#include "experience/schema.h"

namespace softfleet {

// One step of the actor network. `kind` is a name and not an enumerator so
// that a layer from a newer program is an error that names it.
struct Layer {
  std::string kind;  // "linear" | "relu" | "layer_norm"
  // Prefix of the layer's tensors, e.g. "actor/l0": linear has
  // <prefix>.weight [out, in] and .bias [out]; layer_norm has .weight and
  // .bias [in] and epsilon 1e-5. Empty for relu.
  std::string tensors;
  bool operator==(const Layer&) const = default;
};

// What the last linear layer's outputs mean.
struct Head {
  // "squashed_gaussian": rows of the mean, then of log_std, action =
  // tanh(mean + exp(log_std) noise). "categorical": logits.
  std::string kind;
  // squashed_gaussian: "clamp" | "bounded" to [log_std_min, log_std_max].
  std::string log_std_mode = "clamp";
  double log_std_min = -20;
  double log_std_max = 2;
  bool operator==(const Head&) const = default;
};

// clip((x - mean) / sqrt(variance + 1e-8), +-10) for every float observation
// element; uint8 groups are scaled by 1/255 instead and have mean 0,
// variance 1 here.
struct NormaliserState {
  double count = 0;              // rows seen
  std::vector<double> mean;      // [observation elements]
  std::vector<double> variance;  // [observation elements]
  bool operator==(const NormaliserState&) const = default;
};

// Bounds of the environment's action space, per dimension, in its units.
// Policy space [-1, 1] maps linearly onto them. Empty for discrete actions.
struct ActionBounds {
  std::vector<double> low;
  std::vector<double> high;
  bool operator==(const ActionBounds&) const = default;
};

enum class RunState : uint8_t {
  kWaiting,
  kWarming,
  kRunning,
  kFinished,
  kFailed
};

struct Snapshot {
  std::string run_id;
  // learner incarnation * 2^32 + n: never falls.
  uint64_t version = 0;
  uint64_t step = 0;     // environment steps received
  uint64_t updates = 0;  // optimisation steps done
  RunState state = RunState::kWaiting;
  // Act uniformly at random instead of by the network (before training).
  bool act_uniformly = false;

  Schema schema;
  ActionBounds bounds;
  std::vector<Layer> layers;
  Head head;
  TensorMap tensors;  // float32
  std::optional<NormaliserState> normaliser;

  // For the audit record.
  std::string environment;
  double reward_scale = 1;
  double alpha = 0;  // the value the last update used
  double target_entropy = 0;
  // What an entropy in policy space must be increased by to compare with
  // target_entropy: 0, or the log-volume of the action bounds where entropy is
  // counted in the environment's units.
  double entropy_offset = 0;
};

}  // namespace softfleet

#endif  // SOFTFLEET_EXPERIENCE_SNAPSHOT_H_
