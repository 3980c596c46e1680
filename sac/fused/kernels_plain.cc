// SPDX-License-Identifier: Apache-2.0
// The kernels for any processor: 16-byte vectors that the compiler turns into
// what the target has (SSE2 and up on x86-64).
#include <cmath>

#include "sac/fused/kernel_body.h"
#include "sac/fused/kernel_sets.h"

namespace softfleet::fused {
namespace {

template <typename Element>
struct Plain {
  using T = Element;
  typedef T Vec __attribute__((vector_size(16)));
  static constexpr int kLanes = 16 / sizeof(T);
  static constexpr int kRows = 4;

  SF_INLINE Vec Zero() { return Vec{}; }
  SF_INLINE Vec Set(T x) { return x - Vec{}; }
  SF_INLINE Vec Load(const T* p) {
    Vec v;
    __builtin_memcpy(&v, p, sizeof(v));
    return v;
  }
  SF_INLINE void Store(T* p, Vec v) { __builtin_memcpy(p, &v, sizeof(v)); }
  SF_INLINE Vec LoadPart(const T* p, int lanes) {
    Vec v{};
    for (int i = 0; i < kLanes; ++i) v[i] = i < lanes ? p[i] : T(0);
    return v;
  }
  SF_INLINE void StorePart(T* p, Vec v, int lanes) {
    for (int i = 0; i < kLanes; ++i) {
      if (i < lanes) p[i] = v[i];
    }
  }
  SF_INLINE Vec Add(Vec a, Vec b) { return a + b; }
  SF_INLINE Vec MultiplyAdd(Vec a, Vec b, Vec c) { return a * b + c; }
  SF_INLINE Vec Sqrt(Vec v) {
    for (int i = 0; i < kLanes; ++i) v[i] = std::sqrt(v[i]);
    return v;
  }
  SF_INLINE Vec Relu(Vec v) { return v < Zero() ? Zero() : v; }
  SF_INLINE Vec KeepWherePositive(Vec v, Vec h) {
    return h <= Zero() ? Zero() : v;
  }
};

}  // namespace

const Kernels<float> kPlainFloat = KernelsOf<Plain<float>>("x86-64-v2");
const Kernels<double> kPlainDouble = KernelsOf<Plain<double>>("x86-64-v2");

}  // namespace softfleet::fused
