// SPDX-License-Identifier: Apache-2.0
#include "sac/product_rate.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <chrono>
#include <limits>

#include "sac/fused/buffer.h"
#include "sac/fused/kernels.h"

namespace softfleet {
namespace {

using Kind = MatrixProduct::Kind;

constexpr double kSeconds = 0.002;  // of each measurement
constexpr int kRepeats = 8;         // the best counts: others share the machine

// Seconds of one call.
template <typename Call>
double Time(Call call) {
  using Clock = std::chrono::steady_clock;
  call();
  double best = std::numeric_limits<double>::infinity();
  for (int repeat = 0; repeat < kRepeats; ++repeat) {
    const auto start = Clock::now();
    double seconds = 0;
    int64_t calls = 0;
    do {
      call();
      ++calls;
      seconds = std::chrono::duration<double>(Clock::now() - start).count();
    } while (seconds < kSeconds);
    best = std::min(best, seconds / static_cast<double>(calls));
  }
  return best;
}

double WithLibTorch(const MatrixProduct& product, at::ScalarType type) {
  const auto matrix = [type](int64_t rows, int64_t columns) {
    return at::rand({rows, columns}, type);
  };
  at::Tensor x = matrix(product.m, product.k), w = matrix(product.n, product.k);
  at::Tensor y = matrix(product.m, product.n);
  switch (product.kind) {
    case Kind::kForward:
      return Time([&] { at::mm_out(y, x, w.t()); });
    case Kind::kInputGradient:
      return Time([&] { at::mm_out(x, y, w); });
    case Kind::kWeightGradient:
      return Time([&] { at::mm_out(w, y.t(), x); });
  }
  return 0;
}

template <typename T>
double WithKernels(const MatrixProduct& product,
                   const fused::Kernels<T>& kernels) {
  const int m = static_cast<int>(product.m), n = static_cast<int>(product.n),
            k = static_cast<int>(product.k);
  // Rows as the fused update keeps them.
  const int n_stride = fused::PaddedStride<T>(n);
  const int k_stride = fused::PaddedStride<T>(k);
  const auto filled = [](int64_t size) {
    fused::Buffer<T> buffer(size);
    std::fill_n(buffer.data(), size, T(0.5));
    return buffer;
  };
  const fused::Buffer<T> x = filled(int64_t{m} * k_stride);
  const fused::Buffer<T> w = filled(int64_t{n} * k_stride);
  const fused::Buffer<T> y = filled(int64_t{m} * n_stride), bias = filled(n);
  switch (product.kind) {
    case Kind::kForward: {
      const fused::Buffer<T> packed(
          static_cast<int64_t>(kernels.packed_size(n, k)));
      kernels.pack({w.data(), k_stride, n, k}, 0, n, packed.data());
      return Time([&] {
        kernels.forward({x.data(), k_stride, packed.data(), bias.data(),
                         y.data(), n_stride, n, k, true},
                        0, m);
      });
    }
    case Kind::kInputGradient:
      return Time([&] {
        kernels.input_gradient({y.data(), n_stride, w.data(), k_stride, nullptr,
                                0, x.data(), k_stride, n, k},
                               0, m);
      });
    case Kind::kWeightGradient:
      return Time([&] {
        kernels.weight_gradient({y.data(), n_stride, x.data(), k_stride,
                                 w.data(), k_stride, bias.data(), m, k},
                                0, n);
      });
  }
  return 0;
}

template <typename T>
ProductRate Measure(const std::vector<MatrixProduct>& products,
                    fused::MatrixPrecision precision) {
  std::string error;
  const fused::Kernels<T>* kernels = fused::ChooseKernels<T>(precision, &error);
  const bool libtorch = precision == fused::MatrixPrecision::kFull;
  constexpr double kNever = std::numeric_limits<double>::infinity();
  double by_libtorch = libtorch ? 0 : kNever;
  double by_kernels = kernels != nullptr ? 0 : kNever;
  for (const MatrixProduct& product : products) {
    if (libtorch) {
      by_libtorch += product.times *
                     WithLibTorch(product, c10::CppTypeToScalarType<T>::value);
    }
    if (kernels != nullptr) {
      by_kernels += product.times * WithKernels(product, *kernels);
    }
  }
  if (by_kernels < by_libtorch) return {by_kernels, kernels->name};
  return {by_libtorch, "LibTorch"};
}

}  // namespace

ProductRate MeasureProducts(const std::vector<MatrixProduct>& products,
                            SacOptions::Precision precision) {
  const c10::NoGradGuard no_grad;
  at::set_num_threads(1);
  switch (precision) {
    case SacOptions::Precision::kFloat64:
      return Measure<double>(products, fused::MatrixPrecision::kFull);
    case SacOptions::Precision::kBFloat16:
      return Measure<float>(products, fused::MatrixPrecision::kBFloat16);
    case SacOptions::Precision::kFloat32:
      break;
  }
  return Measure<float>(products, fused::MatrixPrecision::kFull);
}

}  // namespace softfleet
