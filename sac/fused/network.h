// SPDX-License-Identifier: Apache-2.0
// One multi-layer network of the fused update: passes over rows of a batch,
// forward and back to its input, and the gradients of its parameters. Rows do
// not depend on each other until those gradients; layers' rows of weights not
// even there. So a pass is split by rows of the batch, and the rest by rows of
// weights, with the same bits however it is split.
#ifndef SOFTFLEET_SAC_FUSED_NETWORK_H_
#define SOFTFLEET_SAC_FUSED_NETWORK_H_

#include <cstdint>
#include <vector>

#include "sac/fused/buffer.h"
#include "sac/fused/kernels.h"
#include "sac/fused/layout.h"

namespace softfleet::fused {

// What a pass over `rows` rows leaves of one hidden layer.
template <typename T>
struct LayerTape {
  Matrix<T> output;    // after ReLU
  Matrix<T> gradient;  // at the linear layer's output
  // With layer normalisation only.
  Matrix<T> normal;           // normalised, before weight and bias
  Matrix<T> normed_gradient;  // at the normalisation's output
  T* norm_scale = nullptr;    // [rows]
};

// Memory for passes over at most `rows` rows of networks of one layout.
template <typename T>
class Tape {
 public:
  Tape() = default;
  Tape(const NetworkLayout& layout, int64_t rows, bool with_gradients);

  const LayerTape<T>& hidden(size_t layer) const { return layers_[layer]; }

  // Keeps of a forward pass only `rows` (ascending), as rows 0, 1, ...
  void KeepRows(const std::vector<int>& rows) const;

 private:
  Buffer<T> memory_;
  std::vector<LayerTape<T>> layers_;
};

template <typename T>
class Network {
 public:
  // The parameters lie at `parameters`; Pack() all before the first pass.
  Network(const NetworkLayout& layout, const Kernels<T>& kernels,
          T* parameters);

  const NetworkLayout& layout() const { return *layout_; }
  T* parameters() const { return parameters_; }

  // Takes over changed rows [begin, end) of a layer's weight.
  void Pack(size_t layer, int begin, int end);

  // Rows [0, rows) of `input` through the network into `output`, leaving rows
  // [first, first + rows) of the tape.
  void Forward(Matrix<T> input, const Tape<T>& tape, int64_t first, int rows,
               Matrix<T> output) const;

  // From the gradient at the output back to all hidden layers (on the tape).
  void Backward(Matrix<T> output_gradient, const Tape<T>& tape, int64_t first,
                int rows) const;
  // ... and on to `columns` columns of the input from column `column`.
  void InputGradient(Matrix<T> output_gradient, const Tape<T>& tape,
                     int64_t first, int rows, int column, int columns,
                     Matrix<T> gradient) const;

  // Gradients of rows [begin, end) of one layer's parameters, from the first
  // `rows` rows of a tape that has gone back, and the step with them. The
  // sweep's buffers have this network's layout; `gradients` are its gradients.
  void StepParameters(size_t layer, Matrix<T> input, const Tape<T>& tape,
                      Matrix<T> output_gradient, int rows, int begin, int end,
                      T* gradients, const AdamSweep<T>& sweep) const;

 private:
  void NormForward(const LayerLayout& layer, const LayerTape<T>& tape,
                   int64_t first, int rows) const;
  void NormBackward(const LayerLayout& layer, const LayerTape<T>& tape,
                    int64_t first, int rows) const;

  const NetworkLayout* layout_;
  const Kernels<T>* kernels_;
  T* parameters_;
  Buffer<T> packed_;
  std::vector<int64_t> packed_offsets_;  // of each layer
};

extern template class Tape<float>;
extern template class Tape<double>;
extern template class Network<float>;
extern template class Network<double>;

}  // namespace softfleet::fused

#endif  // SOFTFLEET_SAC_FUSED_NETWORK_H_
