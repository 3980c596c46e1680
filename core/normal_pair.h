// SPDX-License-Identifier: Apache-2.0
// Box-Muller in plain double arithmetic, without branches: a compiler makes
// vector code of a loop over it, and the numbers are the same bits as one at a
// time, on every machine, where products and sums are not contracted
// (-ffp-contract=off). Within 1e-15 of the exact logarithm, sine and cosine
// (polynomials of FDLIBM, Sun Microsystems 1993: log, sin and cos of a reduced
// argument). C++17, standard library only; for both processors.
#ifndef SOFTFLEET_CORE_NORMAL_PAIR_H_
#define SOFTFLEET_CORE_NORMAL_PAIR_H_

#include <cmath>
#include <cstdint>
#include <cstring>

#include "core/host_device.h"

// Also where the caller is compiled for more than the rest of the program.
#define SF_INLINE SF_HOST_DEVICE __attribute__((always_inline)) inline

namespace softfleet {

SF_INLINE uint64_t BitsOf(double value) {
  uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits;
}
SF_INLINE double OfBits(uint64_t bits) {
  double value = 0;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

// Of x < 2^52, exactly.
SF_INLINE double SmallToDouble(uint64_t x) {
  return OfBits(0x4330000000000000 | x) - 0x1p52;
}

// ln(x) of a normal x > 0: x = 2^k m with m in [sqrt(1/2), sqrt(2)).
SF_INLINE double NaturalLogarithm(double x) {
  constexpr uint64_t kOne = 0x3FF0000000000000;
  constexpr uint64_t kRootOfHalf = 0x3FE6A09E00000000;
  const uint64_t shifted = BitsOf(x) + (kOne - kRootOfHalf);
  const double k = SmallToDouble(shifted >> 52) - 1023;
  const double f = OfBits((shifted & 0x000FFFFFFFFFFFFF) + kRootOfHalf) - 1;
  const double s = f / (2 + f);
  const double z = s * s;
  double series = 1.479819860511658591e-01;
  series = 1.531383769920937332e-01 + z * series;
  series = 1.818357216161805012e-01 + z * series;
  series = 2.222219843214978396e-01 + z * series;
  series = 2.857142874366239149e-01 + z * series;
  series = 3.999999999940941908e-01 + z * series;
  series = 6.666666666666735130e-01 + z * series;
  const double half_square = 0.5 * f * f;
  const double rest = s * (half_square + z * series);
  return k * 6.93147180369123816490e-01 -
         ((half_square - (rest + k * 1.90821492927058770002e-10)) - f);
}

// sin(x) and cos(x), |x| <= pi/4.
SF_INLINE double SineOfSmall(double x) {
  const double z = x * x;
  double series = 1.58969099521155010221e-10;
  series = -2.50507602534068634195e-08 + z * series;
  series = 2.75573137070700676789e-06 + z * series;
  series = -1.98412698298579493134e-04 + z * series;
  series = 8.33333333332248946124e-03 + z * series;
  series = -1.66666666666666324348e-01 + z * series;
  return x + x * (z * series);
}
SF_INLINE double CosineOfSmall(double x) {
  const double z = x * x;
  double series = -1.13596475577881948265e-11;
  series = 2.08757232129817482790e-09 + z * series;
  series = -2.75573143513906633035e-07 + z * series;
  series = 2.48015872894767294178e-05 + z * series;
  series = -1.38888888888741095749e-03 + z * series;
  series = 4.16666666666666019037e-02 + z * series;
  return 1 - (0.5 * z - z * z * series);
}

// Two independent standard normals of two random 32-bit numbers: r cos(t) and
// r sin(t) with r = sqrt(-2 ln((a + 1/2) / 2^32)), t = 2 pi b / 2^32.
SF_INLINE void NormalPair(uint32_t a, uint32_t b, double* first,
                          double* second) {
  const double radius =
      std::sqrt(-2 * NaturalLogarithm((SmallToDouble(a) + 0.5) * 0x1p-32));
  // t = quarter * pi/2 + the angle of `rest`.
  const uint32_t quarter = (b + 0x20000000U) >> 30;
  const auto rest = static_cast<int32_t>(b - (quarter << 30));
  const double angle = rest * (2 * 3.141592653589793 * 0x1p-32);
  const double sine = radius * SineOfSmall(angle);
  const double cosine = radius * CosineOfSmall(angle);
  const bool odd = (quarter & 1) != 0;
  const uint64_t minus_first = uint64_t{(quarter + 1) & 2} << 62;
  const uint64_t minus_second = uint64_t{quarter & 2} << 62;
  *first = OfBits(BitsOf(odd ? sine : cosine) ^ minus_first);
  *second = OfBits(BitsOf(odd ? cosine : sine) ^ minus_second);
}

}  // namespace softfleet

#undef SF_INLINE

#endif  // SOFTFLEET_CORE_NORMAL_PAIR_H_
