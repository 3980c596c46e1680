// SPDX-License-Identifier: Apache-2.0
// Vectors of AVX-512 F for kernel_body.h, for files compiled with it: of an
// anonymous namespace each, which this header opens on purpose.
#ifndef SOFTFLEET_SAC_FUSED_AVX512_VECTORS_H_
#define SOFTFLEET_SAC_FUSED_AVX512_VECTORS_H_

#include <immintrin.h>

#include "sac/fused/kernel_body.h"

namespace softfleet::fused {
namespace {

struct Avx512Float {
  using T = float;
  using Vec = __m512;
  static constexpr int kLanes = 16;
  static constexpr int kRows = 8;

  SF_INLINE __mmask16 Mask(int lanes) {
    return static_cast<__mmask16>((1u << lanes) - 1);
  }
  SF_INLINE Vec Zero() { return _mm512_setzero_ps(); }
  SF_INLINE Vec Set(T x) { return _mm512_set1_ps(x); }
  SF_INLINE Vec Load(const T* p) { return _mm512_loadu_ps(p); }
  SF_INLINE void Store(T* p, Vec v) { _mm512_storeu_ps(p, v); }
  SF_INLINE Vec LoadPart(const T* p, int lanes) {
    return _mm512_maskz_loadu_ps(Mask(lanes), p);
  }
  SF_INLINE void StorePart(T* p, Vec v, int lanes) {
    _mm512_mask_storeu_ps(p, Mask(lanes), v);
  }
  SF_INLINE Vec Add(Vec a, Vec b) { return _mm512_add_ps(a, b); }
  SF_INLINE Vec MultiplyAdd(Vec a, Vec b, Vec c) {
    return _mm512_fmadd_ps(a, b, c);
  }
  SF_INLINE Vec Sqrt(Vec v) { return _mm512_sqrt_ps(v); }
  SF_INLINE Vec Relu(Vec v) { return _mm512_max_ps(Zero(), v); }
  SF_INLINE Vec KeepWherePositive(Vec v, Vec h) {
    return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(h, Zero(), _CMP_NLE_UQ), v);
  }
};

struct Avx512Double {
  using T = double;
  using Vec = __m512d;
  static constexpr int kLanes = 8;
  static constexpr int kRows = 8;

  SF_INLINE __mmask8 Mask(int lanes) {
    return static_cast<__mmask8>((1u << lanes) - 1);
  }
  SF_INLINE Vec Zero() { return _mm512_setzero_pd(); }
  SF_INLINE Vec Set(T x) { return _mm512_set1_pd(x); }
  SF_INLINE Vec Load(const T* p) { return _mm512_loadu_pd(p); }
  SF_INLINE void Store(T* p, Vec v) { _mm512_storeu_pd(p, v); }
  SF_INLINE Vec LoadPart(const T* p, int lanes) {
    return _mm512_maskz_loadu_pd(Mask(lanes), p);
  }
  SF_INLINE void StorePart(T* p, Vec v, int lanes) {
    _mm512_mask_storeu_pd(p, Mask(lanes), v);
  }
  SF_INLINE Vec Add(Vec a, Vec b) { return _mm512_add_pd(a, b); }
  SF_INLINE Vec MultiplyAdd(Vec a, Vec b, Vec c) {
    return _mm512_fmadd_pd(a, b, c);
  }
  SF_INLINE Vec Sqrt(Vec v) { return _mm512_sqrt_pd(v); }
  SF_INLINE Vec Relu(Vec v) { return _mm512_max_pd(Zero(), v); }
  SF_INLINE Vec KeepWherePositive(Vec v, Vec h) {
    return _mm512_maskz_mov_pd(_mm512_cmp_pd_mask(h, Zero(), _CMP_NLE_UQ), v);
  }
};

}  // namespace

// 16 x 16: pairs and quadruples within quarters of vectors, then the quarters.
template <>
__attribute__((always_inline)) inline void Transpose<Avx512Float>(
    __m512 (&rows)[16]) {
  __m512d pairs[16];
  SF_UNROLL for (int i = 0; i < 16; i += 2) {
    pairs[i] = (__m512d)_mm512_unpacklo_ps(rows[i], rows[i + 1]);
    pairs[i + 1] = (__m512d)_mm512_unpackhi_ps(rows[i], rows[i + 1]);
  }
  // Quarter q of fours[4 g + c] is column 4 q + c of the rows from 4 g on.
  __m512 fours[16];
  SF_UNROLL for (int i = 0; i < 16; i += 4) {
    SF_UNROLL for (int j = 0; j < 2; ++j) {
      const __m512d a = pairs[i + j], b = pairs[i + j + 2];
      fours[i + 2 * j] = (__m512)_mm512_unpacklo_pd(a, b);
      fours[i + 2 * j + 1] = (__m512)_mm512_unpackhi_pd(a, b);
    }
  }
  constexpr int kEven = 0x88, kOdd = 0xdd;  // quarters of both operands
  SF_UNROLL for (int c = 0; c < 4; ++c) {
    const __m512 a = fours[c], b = fours[c + 4];
    const __m512 d = fours[c + 8], e = fours[c + 12];
    const __m512 even0 = _mm512_shuffle_f32x4(a, b, kEven);
    const __m512 even1 = _mm512_shuffle_f32x4(d, e, kEven);
    const __m512 odd0 = _mm512_shuffle_f32x4(a, b, kOdd);
    const __m512 odd1 = _mm512_shuffle_f32x4(d, e, kOdd);
    rows[c] = _mm512_shuffle_f32x4(even0, even1, kEven);
    rows[c + 4] = _mm512_shuffle_f32x4(odd0, odd1, kEven);
    rows[c + 8] = _mm512_shuffle_f32x4(even0, even1, kOdd);
    rows[c + 12] = _mm512_shuffle_f32x4(odd0, odd1, kOdd);
  }
}

}  // namespace softfleet::fused

#endif  // SOFTFLEET_SAC_FUSED_AVX512_VECTORS_H_
