// SPDX-License-Identifier: Apache-2.0
#include "actor/noise_stream.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "core/hash.h"

namespace softfleet {
namespace {

// Philox's index has 32 bits: what is above them goes into the seed.
uint64_t StreamSeed(uint64_t run_seed, uint64_t number) {
  const uint64_t high = number >> 32;
  if (high == 0) return run_seed;
  return Fnv1a64(absl::StrCat("environments ", high, " of seed ", run_seed));
}

// The fractional part of 1/2 + n / golden ratio, to 64 binary digits.
double WeylPoint(uint64_t n) {
  constexpr uint64_t kHalf = uint64_t{1} << 63;
  constexpr uint64_t kInverseGoldenRatio = 0x9E3779B97F4A7C15;
  return std::ldexp(static_cast<double>(kHalf + n * kInverseGoldenRatio), -64);
}

}  // namespace

NoiseStream MakeNoiseStream(uint64_t run_seed, uint64_t number, double spread) {
  return {StreamSeed(run_seed, number), static_cast<uint32_t>(number),
          std::pow(spread, 2 * WeylPoint(number) - 1)};
}

}  // namespace softfleet
