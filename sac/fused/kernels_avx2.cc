// SPDX-License-Identifier: Apache-2.0
// The kernels for AVX2 and FMA. Compiled with these: see kernel_body.h for why
// nothing here may have external linkage but the two tables.
#include <immintrin.h>

#include "sac/fused/kernel_body.h"
#include "sac/fused/kernel_sets.h"

namespace softfleet::fused {
namespace {

struct Avx2Float {
  using T = float;
  using Vec = __m256;
  static constexpr int kLanes = 8;
  static constexpr int kRows = 6;

  SF_INLINE __m256i Mask(int lanes) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(lanes),
                              _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
  }
  SF_INLINE Vec Zero() { return _mm256_setzero_ps(); }
  SF_INLINE Vec Set(T x) { return _mm256_set1_ps(x); }
  SF_INLINE Vec Load(const T* p) { return _mm256_loadu_ps(p); }
  SF_INLINE void Store(T* p, Vec v) { _mm256_storeu_ps(p, v); }
  SF_INLINE Vec LoadPart(const T* p, int lanes) {
    return _mm256_maskload_ps(p, Mask(lanes));
  }
  SF_INLINE void StorePart(T* p, Vec v, int lanes) {
    _mm256_maskstore_ps(p, Mask(lanes), v);
  }
  SF_INLINE Vec Add(Vec a, Vec b) { return _mm256_add_ps(a, b); }
  SF_INLINE Vec MultiplyAdd(Vec a, Vec b, Vec c) {
    return _mm256_fmadd_ps(a, b, c);
  }
  SF_INLINE Vec Sqrt(Vec v) { return _mm256_sqrt_ps(v); }
  SF_INLINE Vec Relu(Vec v) { return _mm256_max_ps(Zero(), v); }
  SF_INLINE Vec KeepWherePositive(Vec v, Vec h) {
    return _mm256_andnot_ps(_mm256_cmp_ps(h, Zero(), _CMP_LE_OQ), v);
  }
};

struct Avx2Double {
  using T = double;
  using Vec = __m256d;
  static constexpr int kLanes = 4;
  static constexpr int kRows = 6;

  SF_INLINE __m256i Mask(int lanes) {
    return _mm256_cmpgt_epi64(_mm256_set1_epi64x(lanes),
                              _mm256_setr_epi64x(0, 1, 2, 3));
  }
  SF_INLINE Vec Zero() { return _mm256_setzero_pd(); }
  SF_INLINE Vec Set(T x) { return _mm256_set1_pd(x); }
  SF_INLINE Vec Load(const T* p) { return _mm256_loadu_pd(p); }
  SF_INLINE void Store(T* p, Vec v) { _mm256_storeu_pd(p, v); }
  SF_INLINE Vec LoadPart(const T* p, int lanes) {
    return _mm256_maskload_pd(p, Mask(lanes));
  }
  SF_INLINE void StorePart(T* p, Vec v, int lanes) {
    _mm256_maskstore_pd(p, Mask(lanes), v);
  }
  SF_INLINE Vec Add(Vec a, Vec b) { return _mm256_add_pd(a, b); }
  SF_INLINE Vec MultiplyAdd(Vec a, Vec b, Vec c) {
    return _mm256_fmadd_pd(a, b, c);
  }
  SF_INLINE Vec Sqrt(Vec v) { return _mm256_sqrt_pd(v); }
  SF_INLINE Vec Relu(Vec v) { return _mm256_max_pd(Zero(), v); }
  SF_INLINE Vec KeepWherePositive(Vec v, Vec h) {
    return _mm256_andnot_pd(_mm256_cmp_pd(h, Zero(), _CMP_LE_OQ), v);
  }
};

}  // namespace

const Kernels<float> kAvx2Float = KernelsOf<Avx2Float>("avx2");
const Kernels<double> kAvx2Double = KernelsOf<Avx2Double>("avx2");

}  // namespace softfleet::fused
