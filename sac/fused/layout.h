// SPDX-License-Identifier: Apache-2.0
// Where each parameter lies in the fused update's flat buffers, and under
// which name State() shows it. Shared with CUDA: C++17, standard library only.
// Gradients, Adam moments and targets have the layout of their parameters.
// Critic k's parameters lie at k * NetworkLayout::elements.
#ifndef SOFTFLEET_SAC_FUSED_LAYOUT_H_
#define SOFTFLEET_SAC_FUSED_LAYOUT_H_

#include <cstdint>
#include <string>
#include <vector>

namespace softfleet::fused {

// Every tensor of a layer begins at a multiple of this many elements (64 bytes
// of float32). What lies between is padding: zero, and it stays zero.
constexpr int64_t kAlignment = 16;

constexpr int64_t RoundUp(int64_t elements, int64_t multiple = kAlignment) {
  return (elements + multiple - 1) / multiple * multiple;
}

// A linear layer, weight [out, in] row-major, and its normalisation if any;
// offsets in elements within the network.
struct LayerLayout {
  int64_t in = 0, out = 0;
  int64_t weight = 0, bias = 0;
  int64_t norm_weight = -1, norm_bias = -1;  // -1: no layer normalisation
};

struct NetworkLayout {
  std::vector<LayerLayout> layers;  // hidden ones, then the output
  int64_t elements = 0;             // padding included
};

// Hidden layers (normalised with `layer_norm`) and an output of width `out`.
NetworkLayout LayOutNetwork(int64_t in, const std::vector<int64_t>& hidden,
                            int64_t out, bool layer_norm);

// A tensor by its name in State() without "param/": "actor/l0.weight",
// "critic1/out.bias".
struct NamedTensor {
  std::string name;
  std::vector<int64_t> shape;
  int64_t offset = 0;
};

// The continuous actor's output [2 action_dim, in] is two tensors, mean above
// log_std; the discrete one's is logits.
std::vector<NamedTensor> ActorTensors(const NetworkLayout& layout,
                                      bool continuous);
// Offsets count from the first critic.
std::vector<NamedTensor> CriticTensors(const NetworkLayout& layout, int critic);

}  // namespace softfleet::fused

#endif  // SOFTFLEET_SAC_FUSED_LAYOUT_H_
