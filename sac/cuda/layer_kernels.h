// SPDX-License-Identifier: Apache-2.0
// The work of a network's layers between the matrix products, as functors: a
// CPU loop or a CUDA kernel calls them for every index, those with a team
// (sac/ring/team.h) with the index of a row or column. Activations of K
// networks at R rows are [K, R, width]. C++17, standard library only.
#ifndef SOFTFLEET_SAC_CUDA_LAYER_KERNELS_H_
#define SOFTFLEET_SAC_CUDA_LAYER_KERNELS_H_

#include <cstdint>

#include "core/host_device.h"
#include "sac/fused/functors.h"

namespace softfleet {

// y += bias, then ReLU for hidden layers; index over [K, R, width].
template <typename T>
struct AddBias {
  T* y;
  const T* bias;
  int64_t bias_stride;  // from one network's to the next
  int64_t rows, width;
  bool relu;

  SF_HOST_DEVICE void operator()(int64_t i) const {
    const int64_t k = i / (rows * width);
    const T sum = y[i] + bias[k * bias_stride + i % width];
    y[i] = relu ? fused::Relu(sum) : sum;
  }
};

// y += bias, layer normalisation, ReLU; a team for each row of [K, R].
template <typename T>
struct NormForward {
  T* y;
  const T* parameters;  // of the first network
  int64_t stride;       // from one network's to the next
  int64_t bias, norm_weight, norm_bias;
  int64_t rows, width;
  T* normal;  // [K, R, width]
  T* scale;   // [K, R]

  template <typename Team>
  SF_HOST_DEVICE void operator()(const Team& team, int64_t row) const {
    const T* own = parameters + row / rows * stride;
    T* values = y + row * width;
    T* normals = normal + row * width;
    double sum = 0;
    for (int64_t j = team.rank(); j < width; j += team.size()) {
      values[j] += own[bias + j];
      sum += static_cast<double>(values[j]);
    }
    const double mean = team.Sum(sum) / static_cast<double>(width);
    double squares = 0;
    for (int64_t j = team.rank(); j < width; j += team.size()) {
      const double deviation = static_cast<double>(values[j]) - mean;
      squares += deviation * deviation;
    }
    const T variance =
        static_cast<T>(team.Sum(squares) / static_cast<double>(width));
    const T factor = fused::NormScale(variance);
    for (int64_t j = team.rank(); j < width; j += team.size()) {
      normals[j] = fused::Normal(values[j], static_cast<T>(mean), factor);
      values[j] =
          fused::Relu(own[norm_weight + j] * normals[j] + own[norm_bias + j]);
    }
    if (team.rank() == 0) scale[row] = factor;
  }
};

// The gradient before a hidden layer's ReLU; index over [K, R, width].
template <typename T>
struct MaskRelu {
  const T* output;
  T* gradient;

  SF_HOST_DEVICE void operator()(int64_t i) const {
    gradient[i] = fused::ReluGradient(output[i], gradient[i]);
  }
};

// In place: from the gradient behind a normalisation to that before it; a team
// for each row of [K, R].
template <typename T>
struct NormBackward {
  T* gradient;
  const T* normal;
  const T* scale;
  const T* weight;  // the normalisation's, of the first network
  int64_t stride;
  int64_t rows, width;

  template <typename Team>
  SF_HOST_DEVICE void operator()(const Team& team, int64_t row) const {
    const T* weights = weight + row / rows * stride;
    T* gradients = gradient + row * width;
    const T* normals = normal + row * width;
    double sum = 0, product = 0;
    for (int64_t j = team.rank(); j < width; j += team.size()) {
      const T g = gradients[j] * weights[j];
      sum += static_cast<double>(g);
      product += static_cast<double>(g) * static_cast<double>(normals[j]);
    }
    const auto n = static_cast<double>(width);
    const T mean = static_cast<T>(team.Sum(sum) / n);
    const T mean_product = static_cast<T>(team.Sum(product) / n);
    for (int64_t j = team.rank(); j < width; j += team.size()) {
      gradients[j] =
          fused::NormInputGradient(gradients[j] * weights[j], normals[j],
                                   scale[row], mean, mean_product);
    }
  }
};

// Sums over the rows of gradient (and gradient * normal): what biases and
// normalisation weights get; a team for each column of [K, width].
template <typename T>
struct ColumnSum {
  const T* gradient;  // [K, R, width]
  const T* factor;    // likewise, or null
  T* sums;            // of the first network
  int64_t stride;
  int64_t rows, width;

  template <typename Team>
  SF_HOST_DEVICE void operator()(const Team& team, int64_t column) const {
    const int64_t k = column / width, j = column % width;
    double sum = 0;
    for (int64_t r = team.rank(); r < rows; r += team.size()) {
      const int64_t at = (k * rows + r) * width + j;
      const T value =
          factor == nullptr ? gradient[at] : gradient[at] * factor[at];
      sum += static_cast<double>(value);
    }
    sum = team.Sum(sum);
    if (team.rank() == 0) sums[k * stride + j] = static_cast<T>(sum);
  }
};

// A share of the sum of squares; a team for each of `parts`.
template <typename T>
struct SumOfSquares {
  const T* values;
  int64_t count, parts;
  double* sums;  // [parts]

  template <typename Team>
  SF_HOST_DEVICE void operator()(const Team& team, int64_t part) const {
    double sum = 0;
    for (int64_t i = part * team.size() + team.rank(); i < count;
         i += parts * team.size()) {
      sum += static_cast<double>(values[i]) * static_cast<double>(values[i]);
    }
    sum = team.Sum(sum);
    if (team.rank() == 0) sums[part] = sum;
  }
};

}  // namespace softfleet

#endif  // SOFTFLEET_SAC_CUDA_LAYER_KERNELS_H_
