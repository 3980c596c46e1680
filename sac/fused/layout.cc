// SPDX-License-Identifier: Apache-2.0
#include "sac/fused/layout.h"

namespace softfleet::fused {
namespace {

// Weight and bias, rows [row, row + rows) of a layer.
void AddRows(const LayerLayout& layer, const std::string& name, int64_t row,
             int64_t rows, int64_t base, std::vector<NamedTensor>* tensors) {
  tensors->push_back({name + ".weight",
                      {rows, layer.in},
                      base + layer.weight + row * layer.in});
  tensors->push_back({name + ".bias", {rows}, base + layer.bias + row});
}

void AddHidden(const NetworkLayout& layout, const std::string& network,
               int64_t base, std::vector<NamedTensor>* tensors) {
  for (size_t i = 0; i + 1 < layout.layers.size(); ++i) {
    const LayerLayout& layer = layout.layers[i];
    const std::string number = std::to_string(i);
    AddRows(layer, network + "/l" + number, 0, layer.out, base, tensors);
    if (layer.norm_weight < 0) continue;
    const std::string norm = network + "/ln" + number;
    tensors->push_back(
        {norm + ".weight", {layer.out}, base + layer.norm_weight});
    tensors->push_back({norm + ".bias", {layer.out}, base + layer.norm_bias});
  }
}

}  // namespace

NetworkLayout LayOutNetwork(int64_t in, const std::vector<int64_t>& hidden,
                            int64_t out, bool layer_norm) {
  NetworkLayout layout;
  const auto take = [&layout](int64_t elements) {
    const int64_t offset = layout.elements;
    layout.elements += RoundUp(elements);
    return offset;
  };
  const auto add = [&](int64_t width) {
    LayerLayout layer{in, width, take(width * in), take(width)};
    layout.layers.push_back(layer);
    in = width;
  };
  for (int64_t width : hidden) {
    add(width);
    if (!layer_norm) continue;
    layout.layers.back().norm_weight = take(width);
    layout.layers.back().norm_bias = take(width);
  }
  add(out);
  return layout;
}

std::vector<NamedTensor> ActorTensors(const NetworkLayout& layout,
                                      bool continuous) {
  std::vector<NamedTensor> tensors;
  AddHidden(layout, "actor", 0, &tensors);
  const LayerLayout& head = layout.layers.back();
  if (continuous) {
    const int64_t dim = head.out / 2;
    AddRows(head, "actor/mean", 0, dim, 0, &tensors);
    AddRows(head, "actor/log_std", dim, dim, 0, &tensors);
  } else {
    AddRows(head, "actor/logits", 0, head.out, 0, &tensors);
  }
  return tensors;
}

std::vector<NamedTensor> CriticTensors(const NetworkLayout& layout,
                                       int critic) {
  std::vector<NamedTensor> tensors;
  const std::string network = "critic" + std::to_string(critic);
  const int64_t base = critic * layout.elements;
  AddHidden(layout, network, base, &tensors);
  AddRows(layout.layers.back(), network + "/out", 0, layout.layers.back().out,
          base, &tensors);
  return tensors;
}

}  // namespace softfleet::fused
