// SPDX-License-Identifier: Apache-2.0
// The matrix products and sweeps of the fused update, by instruction set:
// compiled once per set with its own flags, chosen when the program runs.
//
//   std::string error;
//   const Kernels<float>* kernels =
//       ChooseKernels<float>(MatrixPrecision::kFull, &error);
//   std::vector<float> packed(kernels->packed_size(256, 17));
//   kernels->pack({weights, 17, 256, 17}, 0, 256, packed.data());
//   kernels->forward({x, 17, packed.data(), bias, y, 256, 256, 17, true}, 0,
//                    batch);
//
// Matrices are row-major with a stride in elements between rows, so that a
// caller can pad rows. Strides that are a multiple of 1 KiB make the rows of a
// matrix share few cache sets: PaddedStride() avoids them.
//
// Every product is split by rows of its result: any row ranges, on any threads,
// in any order, give the same bits. Each element of a result is one sum in
// ascending order of the summed index (64 bytes of partial sums instead, folded
// in halves, for a forward product with n = 1 and along a normalised row), so
// that avx2 and avx512 give the same bits too; x86-64-v2 has no fused
// multiply-add and rounds otherwise.
// Ranges that are multiples of kRowBlock are fastest.
//
// C++17, standard library only. Functions are thread-safe, allocate nothing and
// neither read nor write outside the matrices they are given.
#ifndef SOFTFLEET_SAC_FUSED_KERNELS_H_
#define SOFTFLEET_SAC_FUSED_KERNELS_H_

#include <cstddef>
#include <string>
#include <vector>

#include "sac/fused/functors.h"

namespace softfleet::fused {

constexpr int kRowBlock = 8;

// A stride of at least `columns` elements whose rows start on cache lines and
// spread over all sets of the cache.
template <typename T>
constexpr int PaddedStride(int columns) {
  constexpr int kLine = 64 / static_cast<int>(sizeof(T));
  const int lines = (columns + kLine - 1) / kLine;
  return (lines > 1 && lines % 2 == 0 ? lines + 1 : lines) * kLine;
}

// A layer's weights as stored: n outputs, k inputs.
template <typename T>
struct WeightMatrix {
  const T* data;  // [n, k]
  std::ptrdiff_t stride;
  int n;
  int k;
};

// y[m, n] = act(x[m, k] w[n, k]^T + bias[n])
template <typename T>
struct ForwardProduct {
  const T* x;
  std::ptrdiff_t x_stride;
  const T* packed;  // w, by Kernels::pack of the same kernels
  const T* bias;    // or null
  T* y;
  std::ptrdiff_t y_stride;
  int n;
  int k;
  bool relu;
};

// dx[m, k] = dy[m, n] w[n, k], and 0 where h[m, k] <= 0. For some columns of
// dx only, point w (and h) at the first of them and let k count them.
template <typename T>
struct InputGradientProduct {
  const T* dy;
  std::ptrdiff_t dy_stride;
  const T* w;
  std::ptrdiff_t w_stride;
  const T* h;  // what ReLU gave in the forward pass, or null
  std::ptrdiff_t h_stride;
  T* dx;
  std::ptrdiff_t dx_stride;
  int n;
  int k;
};

// One Adam step over flat buffers; targets follow where there are any.
template <typename T>
struct AdamSweep {
  AdamConstants<T> constants;
  T tau;  // of the targets
  const T* gradients;
  T* parameters;
  T* first_moments;
  T* second_moments;
  T* targets;  // Polyak's average of the parameters, or null

  AdamSweep from(std::ptrdiff_t i) const {
    return {constants,
            tau,
            gradients + i,
            parameters + i,
            first_moments + i,
            second_moments + i,
            targets == nullptr ? nullptr : targets + i};
  }
};

// dw[n, k] = dy[m, n]^T x[m, k] and db[n] = sum over m of dy[m, n]; split by
// rows of dw. With a step, the parameters beside each element of dw make it at
// once: its gradients are dw, and the other buffers lie as dw does.
template <typename T>
struct WeightGradientProduct {
  const T* dy;
  std::ptrdiff_t dy_stride;
  const T* x;
  std::ptrdiff_t x_stride;
  T* dw;
  std::ptrdiff_t dw_stride;
  T* db;  // or null
  int m;
  int k;
  const AdamSweep<T>* step = nullptr;
};

// Rows x[m, n] of linear layers' outputs become what their normalisation,
// scale, shift and ReLU make of them: relu(normal * weight + bias).
template <typename T>
struct Normalisation {
  const T *weight, *bias;  // [n]
  int n;
  T* x;
  std::ptrdiff_t x_stride;
  T* normal;  // (x - mean) * scale
  std::ptrdiff_t normal_stride;
  T* scale;  // [m]
};

// dx[m, n] at the linear layer's output from dy[m, n] before ReLU.
template <typename T>
struct NormGradient {
  const T* weight;  // [n]
  int n;
  const T* dy;
  std::ptrdiff_t dy_stride;
  const T* normal;
  std::ptrdiff_t normal_stride;
  const T* scale;  // [m]
  T* dx;
  std::ptrdiff_t dx_stride;
};

// dweight[n] and dbias[n] from all m rows; split by columns.
template <typename T>
struct NormParameterGradient {
  int m;
  const T* dy;
  std::ptrdiff_t dy_stride;
  const T* normal;
  std::ptrdiff_t normal_stride;
  T *dweight, *dbias;  // [n]
};

// Rows of tanh-Gaussian heads' outputs become actions (SampleGaussian1d, each
// component for itself).
template <typename T>
struct GaussianSampling {
  LogStdRange<T> range;
  T log_volume;  // what log p loses to the units of actions
  int dim;
  const T* head;  // [rows, 2 dim]: means, then what log_std comes from
  std::ptrdiff_t head_stride;
  const float* noise;  // [rows, dim]
  T* action;           // [rows, dim]
  std::ptrdiff_t action_stride;
  T *log_std, *log_std_slope, *deviation, *u;  // [rows, dim]
  T* logp;                                     // [rows]
};

// The functions of one instruction set.
template <typename T>
struct Kernels {
  const char* name;  // as SOFTFLEET_ISA names it

  // Elements that the packed form of an [n, k] weight takes.
  std::size_t (*packed_size)(int n, int k);
  // Packs the rows [begin, end) of a weight; begin must be a multiple of
  // kRowBlock * 2, and so must end unless it is n. All rows must be packed
  // before the first product, and again when the weight has changed.
  void (*pack)(const WeightMatrix<T>& weight, int begin, int end, T* packed);

  void (*forward)(const ForwardProduct<T>& product, int begin, int end);
  void (*input_gradient)(const InputGradientProduct<T>& product, int begin,
                         int end);
  void (*weight_gradient)(const WeightGradientProduct<T>& product, int begin,
                          int end);
  // Elements [begin, end).
  void (*adam)(const AdamSweep<T>& sweep, std::size_t begin, std::size_t end);
  void (*sample)(const GaussianSampling<T>& sampling, int begin, int end);

  void (*normalise)(const Normalisation<T>& norm, int begin, int end);
  void (*norm_gradient)(const NormGradient<T>& gradient, int begin, int end);
  void (*norm_parameter_gradient)(const NormParameterGradient<T>& gradient,
                                  int begin, int end);
};

// How products multiply. kBFloat16 (float only): factors rounded to bfloat16,
// sums in float; everything in memory stays float, and so do products of layers
// with fewer than 16 inputs or outputs.
enum class MatrixPrecision { kFull, kBFloat16 };

// The kernels this processor can run, best first. Never empty for kFull; empty
// for kBFloat16 where no instruction set of this processor has it.
template <typename T>
std::vector<const Kernels<T>*> AvailableKernels(MatrixPrecision precision);

// The best, or the one that the environment variable SOFTFLEET_ISA names. Null
// if there is none such; then *error says what there is.
template <typename T>
const Kernels<T>* ChooseKernels(MatrixPrecision precision, std::string* error);

}  // namespace softfleet::fused

#endif  // SOFTFLEET_SAC_FUSED_KERNELS_H_
