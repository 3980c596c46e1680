// SPDX-License-Identifier: Apache-2.0
// Forward and backward passes of K equal networks side by side (all critics,
// or one actor) as a sequence of launches on a backend: CUDA's
// (cuda_backend.h), or plain loops in tests. A backend has
//
//   Allocate<T>(count)         zeroed, for the backend's life
//   Each(count, function)      function(i) for all i < count
//   Teams(count, size, function)
//                              function(team, i), i < count, teams of `size`
//   Multiply(product)          a MatrixProduct
//   Fork(branch), Join(branch)
//                              what is launched between Fork and the branch's
//                              Main() may run beside what follows on the main
//                              line until Join
//
// and runs what it is given in order. C++17.
#ifndef SOFTFLEET_SAC_CUDA_NETWORK_H_
#define SOFTFLEET_SAC_CUDA_NETWORK_H_

#include <cstdint>
#include <vector>

#include "sac/cuda/layer_kernels.h"
#include "sac/cuda/matrix_product.h"
#include "sac/fused/layout.h"

namespace softfleet {

constexpr int kTeamSize = 256;
constexpr int kBranch = 1;  // weight gradients, beside input gradients

// Where a pass keeps what its backward pass needs; [K, R, width] per layer.
template <typename T>
struct Activations {
  std::vector<T*> output;    // behind ReLU; the last layer's is plain
  std::vector<T*> normal;    // with layer normalisation
  std::vector<T*> scale;     // likewise
  std::vector<T*> gradient;  // at output
  int64_t rows = 0;

  template <typename Backend>
  void Allocate(const fused::NetworkLayout& layout, int64_t copies,
                int64_t row_count, bool backward, Backend& backend) {
    rows = row_count;
    for (const fused::LayerLayout& layer : layout.layers) {
      const int64_t elements = copies * rows * layer.out;
      const bool norm = layer.norm_weight >= 0;
      output.push_back(backend.template Allocate<T>(elements));
      normal.push_back(norm ? backend.template Allocate<T>(elements) : nullptr);
      scale.push_back(norm ? backend.template Allocate<T>(copies * rows)
                           : nullptr);
      gradient.push_back(backward ? backend.template Allocate<T>(elements)
                                  : nullptr);
    }
  }
};

// Rows of an input that all K networks see.
template <typename T>
struct NetworkInput {
  const T* values;  // [rows, width]
  int64_t width;
};

// K networks' parameters, one behind the other.
template <typename T>
class Networks {
 public:
  Networks(const fused::NetworkLayout& layout, int64_t copies, T* parameters)
      : layout_(&layout), copies_(copies), parameters_(parameters) {}

  // Rows [first, first + rows) of the activations from as many of the input.
  template <typename Backend>
  void Forward(const NetworkInput<T>& input, int64_t first, int64_t rows,
               const Activations<T>& at, Backend& backend) const {
    for (size_t l = 0; l < layout_->layers.size(); ++l) {
      const fused::LayerLayout& layer = layout_->layers[l];
      T* y = at.output[l] + first * layer.out;
      const T* x = l == 0 ? input.values + first * input.width
                          : at.output[l - 1] + first * layer.in;
      backend.Multiply(MatrixProduct<T>{
          rows,
          layer.out,
          layer.in,
          {x, layer.in, l == 0 ? 0 : at.rows * layer.in, false},
          {parameters_ + layer.weight, layer.in, layout_->elements, true},
          y,
          layer.out,
          at.rows * layer.out,
          copies_});
      Activate(l, first, rows, at, backend);
    }
  }

  // From at.gradient of the last layer: every layer's gradient at its output,
  // and, unless null, the weights' into `weight_gradients` (laid out as the
  // parameters) and columns [column, ...) of the input's, [K, R, columns].
  struct BackwardTargets {
    T* weight_gradients = nullptr;
    T* input_gradient = nullptr;
    int64_t column = 0, columns = 0;
  };
  template <typename Backend>
  void Backward(const NetworkInput<T>& input, int64_t rows,
                const Activations<T>& at, const BackwardTargets& targets,
                Backend& backend) const {
    for (size_t l = layout_->layers.size(); l-- > 0;) {
      const bool hidden = l + 1 < layout_->layers.size();
      if (hidden) Unmask(l, rows, at, targets.weight_gradients, backend);
      if (targets.weight_gradients != nullptr) {
        backend.Fork(kBranch);
        WeightGradient(l, input, rows, at, targets.weight_gradients, backend);
        backend.Main();
      }
      if (l > 0) {
        InputGradient(l, rows, at, 0, layout_->layers[l].in, at.gradient[l - 1],
                      at.rows, backend);
      } else if (targets.input_gradient != nullptr) {
        InputGradient(l, rows, at, targets.column, targets.columns,
                      targets.input_gradient, rows, backend);
      }
    }
    if (targets.weight_gradients != nullptr) backend.Join(kBranch);
  }

 private:
  template <typename Backend>
  void Activate(size_t l, int64_t first, int64_t rows, const Activations<T>& at,
                Backend& backend) const {
    const fused::LayerLayout& layer = layout_->layers[l];
    T* y = at.output[l] + first * layer.out;
    if (layer.norm_weight >= 0) {
      backend.Teams(
          copies_ * rows, kTeamSize,
          NormForward<T>{y, parameters_, layout_->elements, layer.bias,
                         layer.norm_weight, layer.norm_bias, rows, layer.out,
                         at.normal[l], at.scale[l]});
      return;
    }
    backend.Each(copies_ * rows * layer.out,
                 AddBias<T>{y, parameters_ + layer.bias, layout_->elements,
                            rows, layer.out, l + 1 < layout_->layers.size()});
  }

  // The gradient at a hidden layer's output becomes that at its product.
  template <typename Backend>
  void Unmask(size_t l, int64_t rows, const Activations<T>& at,
              T* weight_gradients, Backend& backend) const {
    const fused::LayerLayout& layer = layout_->layers[l];
    backend.Each(copies_ * rows * layer.out,
                 MaskRelu<T>{at.output[l], at.gradient[l]});
    if (layer.norm_weight < 0) return;
    if (weight_gradients != nullptr) {
      Sum(l, rows, at, at.normal[l], weight_gradients + layer.norm_weight,
          backend);
      Sum(l, rows, at, nullptr, weight_gradients + layer.norm_bias, backend);
    }
    backend.Teams(copies_ * rows, kTeamSize,
                  NormBackward<T>{at.gradient[l], at.normal[l], at.scale[l],
                                  parameters_ + layer.norm_weight,
                                  layout_->elements, rows, layer.out});
  }

  template <typename Backend>
  void Sum(size_t l, int64_t rows, const Activations<T>& at, const T* factor,
           T* sums, Backend& backend) const {
    const fused::LayerLayout& layer = layout_->layers[l];
    backend.Teams(copies_ * layer.out, kTeamSize,
                  ColumnSum<T>{at.gradient[l], factor, sums, layout_->elements,
                               rows, layer.out});
  }

  template <typename Backend>
  void WeightGradient(size_t l, const NetworkInput<T>& input, int64_t rows,
                      const Activations<T>& at, T* gradients,
                      Backend& backend) const {
    const fused::LayerLayout& layer = layout_->layers[l];
    const T* x = l == 0 ? input.values : at.output[l - 1];
    backend.Multiply(
        MatrixProduct<T>{layer.out,
                         layer.in,
                         rows,
                         {at.gradient[l], layer.out, rows * layer.out, true},
                         {x, layer.in, l == 0 ? 0 : at.rows * layer.in, false},
                         gradients + layer.weight,
                         layer.in,
                         layout_->elements,
                         copies_});
    Sum(l, rows, at, nullptr, gradients + layer.bias, backend);
  }

  template <typename Backend>
  void InputGradient(size_t l, int64_t rows, const Activations<T>& at,
                     int64_t column, int64_t columns, T* out, int64_t out_rows,
                     Backend& backend) const {
    const fused::LayerLayout& layer = layout_->layers[l];
    backend.Multiply(
        MatrixProduct<T>{rows,
                         columns,
                         layer.out,
                         {at.gradient[l], layer.out, rows * layer.out, false},
                         {parameters_ + layer.weight + column, layer.in,
                          layout_->elements, false},
                         out,
                         columns,
                         out_rows * columns,
                         copies_});
  }

  const fused::NetworkLayout* layout_;
  int64_t copies_;
  T* parameters_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_SAC_CUDA_NETWORK_H_
