// SPDX-License-Identifier: Apache-2.0
#include "sac/fused/network.h"

namespace softfleet::fused {

template <typename T>
Tape<T>::Tape(const NetworkLayout& layout, int64_t rows, bool with_gradients)
    : layers_(layout.layers.size() - 1) {
  int64_t size = 0;
  const auto take = [&](int64_t elements) {
    const int64_t offset = size;
    size += RoundUp(elements);
    return memory_.data() == nullptr ? nullptr : memory_.data() + offset;
  };
  const auto lay_out = [&] {
    for (size_t i = 0; i < layers_.size(); ++i) {
      const LayerLayout& layer = layout.layers[i];
      const std::ptrdiff_t stride =
          PaddedStride<T>(static_cast<int>(layer.out));
      const auto matrix = [&] {
        return Matrix<T>{take(rows * stride), stride};
      };
      LayerTape<T>& tape = layers_[i];
      tape.output = matrix();
      if (with_gradients) tape.gradient = matrix();
      if (layer.norm_weight < 0) continue;
      tape.normal = matrix();
      tape.norm_scale = take(rows);
      if (with_gradients) tape.normed_gradient = matrix();
    }
  };
  lay_out();
  memory_ = Buffer<T>(size);
  size = 0;
  lay_out();
}

template <typename T>
void Tape<T>::KeepRows(const std::vector<int>& rows) const {
  for (const LayerTape<T>& tape : layers_) {
    for (size_t to = 0; to < rows.size(); ++to) {
      const size_t from = rows[to];
      if (from == to) continue;
      const auto move = [=](const Matrix<T>& matrix) {
        std::copy_n(matrix.row(from), matrix.stride, matrix.row(to));
      };
      move(tape.output);
      if (tape.norm_scale == nullptr) continue;
      move(tape.normal);
      tape.norm_scale[to] = tape.norm_scale[from];
    }
  }
}

template <typename T>
Network<T>::Network(const NetworkLayout& layout, const Kernels<T>& kernels,
                    T* parameters)
    : layout_(&layout), kernels_(&kernels), parameters_(parameters) {
  int64_t size = 0;
  for (const LayerLayout& layer : layout.layers) {
    packed_offsets_.push_back(size);
    size += RoundUp(static_cast<int64_t>(kernels.packed_size(
        static_cast<int>(layer.out), static_cast<int>(layer.in))));
  }
  packed_ = Buffer<T>(size);
}

template <typename T>
void Network<T>::Pack(size_t layer, int begin, int end) {
  const LayerLayout& l = layout_->layers[layer];
  kernels_->pack({parameters_ + l.weight, l.in, static_cast<int>(l.out),
                  static_cast<int>(l.in)},
                 begin, end, packed_.data() + packed_offsets_[layer]);
}

template <typename T>
void Network<T>::Forward(Matrix<T> input, const Tape<T>& tape, int64_t first,
                         int rows, Matrix<T> output) const {
  Matrix<T> x = input;
  const size_t last = layout_->layers.size() - 1;
  for (size_t i = 0; i <= last; ++i) {
    const LayerLayout& layer = layout_->layers[i];
    const bool norm = layer.norm_weight >= 0;
    Matrix<T> y = output;
    if (i < last) y = tape.hidden(i).output.from_row(first);
    // Normalisation works in place, on the way to `output`.
    kernels_->forward({x.data, x.stride, packed_.data() + packed_offsets_[i],
                       parameters_ + layer.bias, y.data, y.stride,
                       static_cast<int>(layer.out), static_cast<int>(layer.in),
                       i < last && !norm},
                      0, rows);
    if (norm) NormForward(layer, tape.hidden(i), first, rows);
    x = y;
  }
}

template <typename T>
void Network<T>::NormForward(const LayerLayout& layer, const LayerTape<T>& tape,
                             int64_t first, int rows) const {
  kernels_->normalise(
      {parameters_ + layer.norm_weight, parameters_ + layer.norm_bias,
       static_cast<int>(layer.out), tape.output.row(first), tape.output.stride,
       tape.normal.row(first), tape.normal.stride, tape.norm_scale + first},
      0, rows);
}

template <typename T>
void Network<T>::Backward(Matrix<T> output_gradient, const Tape<T>& tape,
                          int64_t first, int rows) const {
  Matrix<T> dy = output_gradient;
  for (size_t i = layout_->layers.size() - 1; i > 0; --i) {
    const LayerLayout& layer = layout_->layers[i];
    const LayerTape<T>& below = tape.hidden(i - 1);
    const bool norm = below.norm_scale != nullptr;
    const Matrix<T> h = below.output.from_row(first);
    const Matrix<T> dx =
        (norm ? below.normed_gradient : below.gradient).from_row(first);
    kernels_->input_gradient(
        {dy.data, dy.stride, parameters_ + layer.weight, layer.in, h.data,
         h.stride, dx.data, dx.stride, static_cast<int>(layer.out),
         static_cast<int>(layer.in)},
        0, rows);
    if (norm) NormBackward(layout_->layers[i - 1], below, first, rows);
    dy = below.gradient.from_row(first);
  }
}

template <typename T>
void Network<T>::NormBackward(const LayerLayout& layer,
                              const LayerTape<T>& tape, int64_t first,
                              int rows) const {
  kernels_->norm_gradient(
      {parameters_ + layer.norm_weight, static_cast<int>(layer.out),
       tape.normed_gradient.row(first), tape.normed_gradient.stride,
       tape.normal.row(first), tape.normal.stride, tape.norm_scale + first,
       tape.gradient.row(first), tape.gradient.stride},
      0, rows);
}

template <typename T>
void Network<T>::InputGradient(Matrix<T> output_gradient, const Tape<T>& tape,
                               int64_t first, int rows, int column, int columns,
                               Matrix<T> gradient) const {
  Backward(output_gradient, tape, first, rows);
  const LayerLayout& layer = layout_->layers[0];
  const Matrix<T> dy = layout_->layers.size() == 1
                           ? output_gradient
                           : tape.hidden(0).gradient.from_row(first);
  kernels_->input_gradient(
      {dy.data, dy.stride, parameters_ + layer.weight + column, layer.in,
       nullptr, 0, gradient.data, gradient.stride, static_cast<int>(layer.out),
       columns},
      0, rows);
}

template <typename T>
void Network<T>::StepParameters(size_t layer, Matrix<T> input,
                                const Tape<T>& tape, Matrix<T> output_gradient,
                                int rows, int begin, int end, T* gradients,
                                const AdamSweep<T>& sweep) const {
  const LayerLayout& l = layout_->layers[layer];
  const bool last = layer + 1 == layout_->layers.size();
  const Matrix<T> x = layer == 0 ? input : tape.hidden(layer - 1).output;
  const Matrix<T> dy = last ? output_gradient : tape.hidden(layer).gradient;
  const AdamSweep<T> weights = sweep.from(l.weight);
  kernels_->weight_gradient(
      {dy.data, dy.stride, x.data, x.stride, gradients + l.weight, l.in,
       gradients + l.bias, rows, static_cast<int>(l.in), &weights},
      begin, end);
  kernels_->adam(sweep, l.bias + begin, l.bias + end);
  if (l.norm_weight < 0) return;
  const LayerTape<T>& out = tape.hidden(layer);
  kernels_->norm_parameter_gradient(
      {rows, out.normed_gradient.data, out.normed_gradient.stride,
       out.normal.data, out.normal.stride, gradients + l.norm_weight,
       gradients + l.norm_bias},
      begin, end);
  kernels_->adam(sweep, l.norm_weight + begin, l.norm_weight + end);
  kernels_->adam(sweep, l.norm_bias + begin, l.norm_bias + end);
}

template class Tape<float>;
template class Tape<double>;
template class Network<float>;
template class Network<double>;

}  // namespace softfleet::fused
