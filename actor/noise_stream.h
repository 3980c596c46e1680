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
// the van der Corput sequence (van der Corput 1935) at number + 1: the first
// environment explores as the policy says (u = 1/2), and the first so many of a
// fleet, however many there are, are spread evenly between 1/spread and spread
// in the logarithm. `spread` of 1 is a scale of exactly 1.
NoiseStream MakeNoiseStream(uint64_t run_seed, uint64_t number, double spread);

}  // namespace softfleet

#endif  // SOFTFLEET_ACTOR_NOISE_STREAM_H_
