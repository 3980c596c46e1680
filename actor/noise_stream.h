// SPDX-License-Identifier: Apache-2.0
// Where one environment's random numbers come from, and how much it explores.
// Thread-safe: a pure function.
#ifndef SOFTFLEET_ACTOR_NOISE_STREAM_H_
#define SOFTFLEET_ACTOR_NOISE_STREAM_H_

#include <cstdint>

namespace softfleet {

struct NoiseStream {
  // Of Philox. No two environments of a run share a stream.
  uint64_t seed = 0;
  uint32_t index = 0;
  // Factor of the standard deviation of continuous actions, and temperature of
  // the probabilities of discrete ones: p^(1 / scale), normalised.
  double scale = 1;
};

// Of environment `number` of the run. The scale is spread^(2 u - 1), where u is
// the fractional part of 1/2 + number / golden ratio (Weyl 1916): number 0
// explores as the policy says, and a fleet is spread evenly between 1/spread
// and spread in the logarithm, however many environments it has and however
// many of them belong to one actor, whose numbers begin at multiples of 65,536.
// `spread` of 1 is a scale of exactly 1.
NoiseStream MakeNoiseStream(uint64_t run_seed, uint64_t number, double spread);

}  // namespace softfleet

#endif  // SOFTFLEET_ACTOR_NOISE_STREAM_H_
