// SPDX-License-Identifier: Apache-2.0
// A backend (sac/cuda/network.h) of plain loops over host memory: what the
// CUDA engine launches, run one after another by one thread.
#ifndef SOFTFLEET_TESTS_SAC_CUDA_PLAIN_BACKEND_H_
#define SOFTFLEET_TESTS_SAC_CUDA_PLAIN_BACKEND_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "sac/cuda/matrix_product.h"
#include "sac/ring/team.h"

namespace softfleet::testing {

class PlainBackend {
 public:
  template <typename T>
  T* Allocate(int64_t count) {
    memory_.emplace_back((count * sizeof(T) + 7) / 8);
    return reinterpret_cast<T*>(memory_.back().data());
  }
  template <typename Function>
  void Each(int64_t count, const Function& function) {
    for (int64_t i = 0; i < count; ++i) function(i);
  }
  template <typename Function>
  void Teams(int64_t count, int, const Function& function) {
    for (int64_t i = 0; i < count; ++i) function(SoloTeam(), i);
  }
  // By the definition of ?gemmStridedBatched.
  template <typename T>
  void Multiply(const MatrixProduct<T>& product) {
    const ColumnMajorProduct<T> p = ToColumnMajor(product);
    for (int64_t batch = 0; batch < p.batch; ++batch) {
      const T* a = p.a + batch * p.stride_a;
      const T* b = p.b + batch * p.stride_b;
      for (int64_t column = 0; column < p.n; ++column) {
        for (int64_t row = 0; row < p.m; ++row) {
          double sum = 0;
          for (int64_t i = 0; i < p.k; ++i) {
            sum += static_cast<double>(p.transpose_a ? a[row * p.lda + i]
                                                     : a[i * p.lda + row]) *
                   static_cast<double>(p.transpose_b ? b[i * p.ldb + column]
                                                     : b[column * p.ldb + i]);
          }
          p.c[batch * p.stride_c + column * p.ldc + row] = static_cast<T>(sum);
        }
      }
    }
  }
  void Fork(int) {}
  void Main() {}
  void Join(int) {}

 private:
  std::vector<std::vector<uint64_t>> memory_;
};

}  // namespace softfleet::testing

#endif  // SOFTFLEET_TESTS_SAC_CUDA_PLAIN_BACKEND_H_
