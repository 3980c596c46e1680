// SPDX-License-Identifier: Apache-2.0
// The matrix products of one SAC update, for sac_gemm and the library that it
// compiles with flags of its own.
#ifndef SOFTFLEET_BENCHMARKS_SAC_GEMM_H_
#define SOFTFLEET_BENCHMARKS_SAC_GEMM_H_

namespace softfleet {

enum class Form { kForward, kInputGradient, kWeightGradient, kPack };

// A layer of n outputs and k inputs on m rows; `count` of them in an update.
struct Product {
  Form form;
  int m, n, k;
  int count;
  double Flops() const { return form == Form::kPack ? 0 : 2.0 * m * n * k; }
};

// Contiguous operands: x [m, k], w [n, k], y [m, n] are read or written as the
// form says; w receives weight gradients, x input gradients.
struct Operands {
  float* x;
  float* w;
  float* y;
};

// Eigen's products, compiled for AVX-512.
void EigenMultiply(const Product& product, const Operands& operands);

}  // namespace softfleet

#endif  // SOFTFLEET_BENCHMARKS_SAC_GEMM_H_
