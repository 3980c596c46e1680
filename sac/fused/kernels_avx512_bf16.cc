// SPDX-License-Identifier: Apache-2.0
// bfloat16 products through AVX-512 BF16's pairwise multiply-add. Compiled with
// it: see kernel_body.h for why nothing here may have external linkage but the
// table.
#include "sac/fused/bfloat16_body.h"

namespace softfleet::fused {
namespace {

struct DotProducts {
  SF_INLINE void Begin() {}
  SF_INLINE void End() {}

  SF_INLINE void Multiply(const float* left, const float* right, int pairs,
                          int rows, float* sums) {
    for (int row = 0; row < rows; row += 8) {
      MultiplyRows(left + row * kPairs, right, pairs, sums + row * kBlock);
    }
  }

  // 8 rows, of which those that are not there are computed from anything.
  static void MultiplyRows(const float* left, const float* right, int pairs,
                           float* sums) {
    __m512 sum[8][2];
    SF_UNROLL for (int r = 0; r < 8; ++r) {
      SF_UNROLL for (int v = 0; v < 2; ++v) {
        sum[r][v] = _mm512_load_ps(sums + r * kBlock + 16 * v);
      }
    }
    for (int p = 0; p < pairs; ++p) {
      const __m512bh b0 = (__m512bh)_mm512_loadu_ps(right + p * kBlock);
      const __m512bh b1 = (__m512bh)_mm512_loadu_ps(right + p * kBlock + 16);
      SF_UNROLL for (int r = 0; r < 8; ++r) {
        const __m512bh a = (__m512bh)_mm512_set1_ps(left[r * kPairs + p]);
        sum[r][0] = _mm512_dpbf16_ps(sum[r][0], a, b0);
        sum[r][1] = _mm512_dpbf16_ps(sum[r][1], a, b1);
      }
    }
    SF_UNROLL for (int r = 0; r < 8; ++r) {
      SF_UNROLL for (int v = 0; v < 2; ++v) {
        _mm512_store_ps(sums + r * kBlock + 16 * v, sum[r][v]);
      }
    }
  }
};

}  // namespace

const Kernels<float> kAvx512BFloat16 =
    RoundedKernels<DotProducts>("avx512_bf16");

}  // namespace softfleet::fused
