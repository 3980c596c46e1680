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

// The binary digits of n mirrored at the point, in (0, 1) for n > 0.
double VanDerCorput(uint64_t n) {
  double sum = 0;
  for (double digit = 0.5; n > 0; n >>= 1, digit /= 2) {
    if ((n & 1) != 0) sum += digit;
  }
  return sum;
}

}  // namespace

NoiseStream MakeNoiseStream(uint64_t run_seed, uint64_t number, double spread) {
  return {StreamSeed(run_seed, number), static_cast<uint32_t>(number),
          std::pow(spread, 2 * VanDerCorput(number + 1) - 1)};
}

}  // namespace softfleet
