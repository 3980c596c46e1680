// SPDX-License-Identifier: Apache-2.0
// Philox's arithmetic for both processors, and a stream read at any place: what
// core/philox.h gives one after another, a GPU's threads read side by side.
// C++17, standard library only. Values; thread-safe.
#ifndef SOFTFLEET_CORE_PHILOX_BLOCK_H_
#define SOFTFLEET_CORE_PHILOX_BLOCK_H_

#include <cstdint>

#include "core/host_device.h"
#include "core/normal_pair.h"

namespace softfleet {

struct PhiloxWords {
  uint32_t word[4];
};

// One Philox4x32-10 block (Salmon et al. 2011, table 2 and section 3.3).
SF_HOST_DEVICE __attribute__((always_inline)) inline PhiloxWords PhiloxBlock(
    PhiloxWords counter, uint32_t key0, uint32_t key1) {
  constexpr uint64_t kMultiplier0 = 0xD2511F53;
  constexpr uint64_t kMultiplier1 = 0xCD9E8D57;
  for (int round = 0; round < 10; ++round) {
    const uint64_t product0 = kMultiplier0 * counter.word[0];
    const uint64_t product1 = kMultiplier1 * counter.word[2];
    counter = {{static_cast<uint32_t>(product1 >> 32) ^ counter.word[1] ^ key0,
                static_cast<uint32_t>(product1),
                static_cast<uint32_t>(product0 >> 32) ^ counter.word[3] ^ key1,
                static_cast<uint32_t>(product0)}};
    key0 += 0x9E3779B9;
    key1 += 0xBB67AE85;
  }
  return counter;
}

SF_HOST_DEVICE inline uint64_t MultiplyHigh(uint64_t a, uint64_t b) {
#ifdef __CUDA_ARCH__
  return __umul64hi(a, b);
#else
  __extension__ using Wide = unsigned __int128;
  return static_cast<uint64_t>(static_cast<Wide>(a) * b >> 64);
#endif
}

// Turns 64 random bits into *result, uniform in [0, n), n >= 1 (Lemire 2019).
// False: these bits must not be used, take the next ones.
SF_HOST_DEVICE inline bool BoundedBelow(uint64_t bits, uint64_t n,
                                        uint64_t* result) {
  *result = MultiplyHigh(bits, n);
  const uint64_t low = bits * n;
  return low >= n || low >= (0 - n) % n;  // 2^64 mod n
}

// The stream Philox(seed, purpose, index, step), by place.
struct PhiloxStream {
  uint64_t seed = 0;
  uint32_t purpose = 0;  // softfleet::Purpose
  uint32_t index = 0;
  uint64_t step = 0;

  SF_HOST_DEVICE __attribute__((always_inline)) PhiloxWords Block(
      uint32_t block) const {
    return PhiloxBlock(
        {{block, static_cast<uint32_t>(step),
          static_cast<uint32_t>(step >> 32) << 16 | purpose, index}},
        static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32));
  }
  // What the call number `place`, from 0, of Philox::NextU64 / NextUniform /
  // NextNormal gives on a stream where all calls are of the one kind.
  SF_HOST_DEVICE uint64_t U64(uint64_t place) const {
    const PhiloxWords words = Block(static_cast<uint32_t>(place / 2));
    const int low = static_cast<int>(place % 2) * 2;
    return uint64_t{words.word[low + 1]} << 32 | words.word[low];
  }
  SF_HOST_DEVICE double Uniform(uint64_t place) const {
    return static_cast<double>(U64(place) >> 11) * 0x1p-53;
  }
  SF_HOST_DEVICE double Normal(uint64_t place) const {
    const PhiloxWords words = Block(static_cast<uint32_t>(place / 4));
    const int pair = static_cast<int>(place % 4) / 2 * 2;
    double normals[2];
    NormalPair(words.word[pair], words.word[pair + 1], &normals[0],
               &normals[1]);
    return normals[place % 2];
  }
};

}  // namespace softfleet

#endif  // SOFTFLEET_CORE_PHILOX_BLOCK_H_
