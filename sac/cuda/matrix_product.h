// SPDX-License-Identifier: Apache-2.0
// A batch of matrix products of row-major matrices, and the same as a library
// that knows column-major ones (BLAS) wants it. C++17. Values.
#ifndef SOFTFLEET_SAC_CUDA_MATRIX_PRODUCT_H_
#define SOFTFLEET_SAC_CUDA_MATRIX_PRODUCT_H_

#include <cstdint>

namespace softfleet {

template <typename T>
struct MatrixOperand {
  const T* values;
  int64_t row_stride;
  int64_t batch_stride;  // 0: the same matrix for all
  bool transposed;       // stored with rows and columns exchanged
};

// c[m, n] = a[m, k] b[k, n], `batch` times.
template <typename T>
struct MatrixProduct {
  int64_t m, n, k;
  MatrixOperand<T> a, b;
  T* c;
  int64_t c_row_stride;
  int64_t c_batch_stride;
  int64_t batch;
};

// The arguments of ?gemmStridedBatched.
template <typename T>
struct ColumnMajorProduct {
  bool transpose_a, transpose_b;
  int64_t m, n, k;
  const T* a;
  int64_t lda, stride_a;
  const T* b;
  int64_t ldb, stride_b;
  T* c;
  int64_t ldc, stride_c;
  int64_t batch;
};

// A row-major matrix is its transpose, column-major: c' = b' a'.
template <typename T>
ColumnMajorProduct<T> ToColumnMajor(const MatrixProduct<T>& p) {
  return {p.b.transposed,
          p.a.transposed,
          p.n,
          p.m,
          p.k,
          p.b.values,
          p.b.row_stride,
          p.b.batch_stride,
          p.a.values,
          p.a.row_stride,
          p.a.batch_stride,
          p.c,
          p.c_row_stride,
          p.c_batch_stride,
          p.batch};
}

}  // namespace softfleet

#endif  // SOFTFLEET_SAC_CUDA_MATRIX_PRODUCT_H_
