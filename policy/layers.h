// SPDX-License-Identifier: Apache-2.0
// The actor network: interprets a snapshot's layer list. Private to the room.
// Thread-compatible: Forward uses scratch space inside.
//
// A row's result does not depend, to the last bit, on how many others are in
// the batch or where it stands.
#ifndef SOFTFLEET_POLICY_LAYERS_H_
#define SOFTFLEET_POLICY_LAYERS_H_

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "core/tensor.h"
#include "experience/snapshot.h"

namespace softfleet {

// One step of the network. May hold pointers into the snapshot's tensors.
class NetworkLayer {
 public:
  virtual ~NetworkLayer() = default;
  virtual int64_t outputs() const = 0;
  // input [n, inputs] -> output [n, outputs]; they must not overlap.
  virtual void Apply(const float* input, int64_t n, float* output) const = 0;
};

class Network {
 public:
  // Checks the list for `inputs` features: kinds, and presence, dtype, shape
  // and finiteness of every tensor; the last layer must be linear. The errors
  // (InvalidArgument) name the layer and the tensor. `tensors` must outlive
  // the network and not change.
  static absl::StatusOr<Network> Create(const std::vector<Layer>& layers,
                                        const TensorMap& tensors,
                                        int64_t inputs);

  int64_t inputs() const { return inputs_; }
  int64_t outputs() const { return layers_.back()->outputs(); }

  // input: [n, inputs]. The result, [n, outputs], stands in scratch space
  // until the next call. Allocates only for an n larger than any before.
  std::span<const float> Forward(std::span<const float> input, int64_t n);

 private:
  explicit Network(int64_t inputs) : inputs_(inputs) {}

  int64_t inputs_;
  int64_t widest_ = 0;  // features of the widest layer
  std::vector<std::unique_ptr<NetworkLayer>> layers_;
  // Layers read one of the two and write the other, in turn.
  std::vector<float> front_;
  std::vector<float> back_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_POLICY_LAYERS_H_
