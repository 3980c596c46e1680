// SPDX-License-Identifier: Apache-2.0
// exp, expm1, log1p and tanh without branches or calls for float, so that loops
// over them become vector code: within 2 units in the last place of the true
// value everywhere (tanh: 2.5); overflow, underflow, infinities and NaN as in
// <cmath> (-0 may come out as 0). double and CUDA take the functions of their
// libraries. C++17; always inlined (see functors.h).
#ifndef SOFTFLEET_SAC_FUSED_ELEMENTARY_H_
#define SOFTFLEET_SAC_FUSED_ELEMENTARY_H_

#include <cmath>
#include <cstdint>
#include <cstring>

#include "core/host_device.h"

#ifndef SF_FUNCTOR
#define SF_FUNCTOR SF_HOST_DEVICE __attribute__((always_inline)) inline
#endif

namespace softfleet::fused {

SF_FUNCTOR double Exp(double x) { return ::exp(x); }
SF_FUNCTOR double Expm1(double x) { return ::expm1(x); }
SF_FUNCTOR double Log1p(double x) { return ::log1p(x); }
SF_FUNCTOR double Tanh(double x) { return ::tanh(x); }

#ifdef __CUDA_ARCH__

SF_FUNCTOR float Exp(float x) { return ::expf(x); }
SF_FUNCTOR float Expm1(float x) { return ::expm1f(x); }
SF_FUNCTOR float Log1p(float x) { return ::log1pf(x); }
SF_FUNCTOR float Tanh(float x) { return ::tanhf(x); }

#else

SF_FUNCTOR uint32_t Bits(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof(bits));
  return bits;
}
SF_FUNCTOR float FromBits(uint32_t bits) {
  float x;
  std::memcpy(&x, &bits, sizeof(x));
  return x;
}

constexpr uint32_t kSign = 0x80000000u;
constexpr uint32_t kInfinityBits = 0x7f800000u;
constexpr uint32_t kQuietNanBits = 0x7fc00000u;
constexpr uint32_t kOneBits = 0x3f800000u;
constexpr uint32_t kRootHalfBits = 0x3f3504f3u;

SF_FUNCTOR uint32_t AllOrNone(bool all) {
  return 0u - static_cast<uint32_t>(all);
}

// |x| up to 105, beyond which exp overflows or is 0; NaN stays. Comparisons of
// bits, here and below, because those of floats keep loops from being vectors.
SF_FUNCTOR uint32_t ClampedSize(uint32_t bits) {
  constexpr uint32_t kMost = 0x42d20000u;  // 105
  const uint32_t size = bits & ~kSign;
  const uint32_t clamped = size < kMost ? size : kMost;
  return size > kInfinityBits ? size : clamped;
}

// x = n ln 2 + r, |r| <= ln 2 / 2; 2^n = scale[0] scale[1]. The polynomials are
// those of Moshier's Cephes library.
struct ExpParts {
  float rest;            // exp(r) - 1
  float scale0, scale1;  // two factors: 2^n itself may overflow or underflow
  float inverse1;        // 1 / scale1
};
SF_FUNCTOR ExpParts SplitExp(float x) {
  constexpr float kRound = 12582912;  // 1.5 2^23: the sum has no fraction
  x = FromBits(ClampedSize(Bits(x)) | (Bits(x) & kSign));
  const float shifted = x * 1.44269504088896341f + kRound;
  const float n = shifted - kRound;
  const float r = (x - n * 0.693359375f) - n * -2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  const uint32_t whole = Bits(shifted) - Bits(kRound);
  const uint32_t half = static_cast<uint32_t>(static_cast<int32_t>(whole) >> 1);
  const uint32_t other = whole - half;
  return {p * r * r + r, FromBits((half + 127) << 23),
          FromBits((other + 127) << 23), FromBits((127 - other) << 23)};
}

SF_FUNCTOR float Exp(float x) {
  const ExpParts parts = SplitExp(x);
  return (parts.rest + 1) * parts.scale0 * parts.scale1;
}

SF_FUNCTOR float Expm1(float x) {
  const ExpParts parts = SplitExp(x);
  return (parts.rest * parts.scale0 + (parts.scale0 - parts.inverse1)) *
         parts.scale1;
}

// 1 + x = 2^e (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)).
SF_FUNCTOR float Log1p(float x) {
  const uint32_t bits = Bits(x);
  // From 2^100 on 1 does not count; 2^-e is to be a normal number.
  const uint32_t huge = AllOrNone(static_cast<int32_t>(bits) > 0x71800000);
  const float y = x * FromBits(kOneBits - (huge & (32u << 23)));
  const uint32_t biased = (Bits(1 + y) + (kOneBits - kRootHalfBits)) >> 23;
  const float inverse = FromBits((254 - biased) << 23);  // 2^-e
  const float f = y * inverse + (inverse - 1);
  const float e = static_cast<float>(static_cast<int32_t>(biased) - 127 +
                                     static_cast<int32_t>(huge & 32));
  float p = 7.0376836292e-2f;
  p = p * f - 1.1514610310e-1f;
  p = p * f + 1.1676998740e-1f;
  p = p * f - 1.2420140846e-1f;
  p = p * f + 1.4249322787e-1f;
  p = p * f - 1.6668057665e-1f;
  p = p * f + 2.0000714765e-1f;
  p = p * f - 2.4999993993e-1f;
  p = p * f + 3.3333331174e-1f;
  const float z = f * f;
  const float rest = p * z * f + e * -2.12194440e-4f - 0.5f * z;
  const float log = (f + rest) + e * 0.693359375f;
  // Infinity and NaN themselves; minus infinity at -1 and NaN below it.
  const uint32_t minus_one = AllOrNone(bits == (kOneBits | kSign));
  const uint32_t negative = AllOrNone(bits >> 31) & ~minus_one;
  const uint32_t ends = (bits & ~minus_one) |
                        (minus_one & (kInfinityBits | kSign)) |
                        (negative & kQuietNanBits);
  const uint32_t inside =
      AllOrNone(bits < kInfinityBits) | AllOrNone(bits - kSign < kOneBits);
  return FromBits((Bits(log) & inside) | (ends & ~inside));
}

SF_FUNCTOR float Tanh(float x) {
  const float size = FromBits(Bits(x) & ~kSign);
  const float shrunk = Expm1(-2 * size);  // exp(-2|x|) - 1
  const float tanh = -shrunk / (2 + shrunk);
  return FromBits((Bits(tanh) & ~kSign) | (Bits(x) & kSign));
}

#endif  // __CUDA_ARCH__

}  // namespace softfleet::fused

#endif  // SOFTFLEET_SAC_FUSED_ELEMENTARY_H_
