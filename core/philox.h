// SPDX-License-Identifier: Apache-2.0
// Counter-based randomness: Philox4x32-10 (Salmon et al. 2011, "Parallel
// random numbers: as easy as 1, 2, 3"). Every stream of the program is a pure
// function of (seed, purpose, index, step), so a resumed run, another thread
// or a GPU kernel draws the same numbers without storing any state.
//
// The key is the seed. The 128-bit counter is, from low to high word:
//   word 0: block within the stream (each block yields four 32-bit numbers)
//   word 1: step, low 32 bits
//   word 2: step, next 16 bits << 16 | purpose
//   word 3: index (environment, critic, panel start, ...)
// The mapping is injective for step < 2^48, index < 2^32: streams never meet.
// Thread-safe: values.
#ifndef SOFTFLEET_CORE_PHILOX_H_
#define SOFTFLEET_CORE_PHILOX_H_

#include <array>
#include <cstdint>
#include <span>

namespace softfleet {

// What a stream is for. The numbers are part of the reproducibility contract:
// append, never renumber.
enum class Purpose : uint16_t {
  kEnvironmentReset = 1,  // index = environment, step = episode
  kUniformAction = 2,     // index = environment, step = environment step
  kActionNoise = 3,       // index = environment, step = environment step
  kReplayDraw = 4,        // index = 0, step = update
  kUpdateNoise = 5,       // index = 0, step = update
  kUpdateNextNoise = 6,   // index = 0, step = update
  kTargetSubset = 7,      // index = 0, step = update
  kActorInit = 8,         // index = layer, step = 0
  kCriticInit = 9,        // index = critic * 64 + layer, step = 0
  kEvaluationReset = 10,  // index = episode, step = 0
  kEvaluationNoise = 11,  // index = start, step = step within the episode
  kPanelNoiseSeed = 12,   // index = start; seed = panel hash
  kSessionId = 13,
  kTest = 14,
  kBackoff = 15,  // index = 0, step = 0
  // Index = perturbation, step = step within the episode; seed = episode's.
  kRandomPush = 16,
  kObservationDropout = 17,
  kObservationNoise = 18,
  kBootstrap = 19,  // index = action mode, step = environment step
};

// One Philox4x32-10 block.
std::array<uint32_t, 4> Philox4x32(std::array<uint32_t, 4> counter,
                                   std::array<uint32_t, 2> key);

// One stream; cheap to create, 56 bytes. Gives 2^34 32-bit numbers before it
// repeats.
class Philox {
 public:
  Philox(uint64_t seed, Purpose purpose, uint32_t index = 0, uint64_t step = 0);

  uint32_t NextU32();
  uint64_t NextU64();        // low word first
  double NextUniform();      // [0, 1), 53 bits
  float NextUniformFloat();  // [0, 1), 24 bits
  // Standard normal by Box-Muller on two 32-bit numbers a, b, computed in
  // double: r = sqrt(-2 ln((a + 1/2) / 2^32)), t = 2 pi b / 2^32; the first
  // call gives r cos(t), the second r sin(t).
  double NextNormal();
  // Uniform in [0, n), n >= 1, without bias (Lemire 2019).
  uint64_t NextBelow(uint64_t n);

 private:
  std::array<uint32_t, 2> key_;
  std::array<uint32_t, 4> counter_;
  std::array<uint32_t, 4> block_{};
  int used_ = 4;            // numbers of block_ already given out
  bool has_spare_ = false;  // the second normal of a Box-Muller pair
  double spare_ = 0;
};

// Fills `out` with standard normals rounded to float / with [0, 1) floats: the
// numbers Philox(seed, purpose, index, step) yields one after another.
void FillNormal(uint64_t seed, Purpose purpose, uint32_t index, uint64_t step,
                std::span<float> out);
void FillUniform(uint64_t seed, Purpose purpose, uint32_t index, uint64_t step,
                 std::span<float> out);

}  // namespace softfleet

#endif  // SOFTFLEET_CORE_PHILOX_H_
