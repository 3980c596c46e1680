// SPDX-License-Identifier: Apache-2.0
#include "core/philox.h"

#include <algorithm>
#include <cstddef>

#include "core/philox_block.h"

namespace softfleet {
namespace {

// So many blocks are computed side by side, in vectors of whatever width the
// processor has.
constexpr size_t kBlocks = 16;
constexpr size_t kNormals = 4 * kBlocks;

#define SF_KERNEL __attribute__((always_inline)) inline

// Blocks [first, first + kBlocks) of the stream, as word w of block i.
SF_KERNEL void FillWords(const PhiloxStream& stream, uint32_t first,
                         uint32_t (*words)[kBlocks]) {
  for (size_t i = 0; i < kBlocks; ++i) {
    const PhiloxWords block = stream.Block(first + static_cast<uint32_t>(i));
    for (size_t w = 0; w < 4; ++w) words[w][i] = block.word[w];
  }
}

SF_KERNEL void FillBlocks(const PhiloxStream& stream, uint32_t first,
                          float* out) {
  uint32_t words[4][kBlocks];
  double normals[4][kBlocks];
  FillWords(stream, first, words);
  for (size_t w = 0; w < 4; w += 2) {
    for (size_t i = 0; i < kBlocks; ++i) {
      NormalPair(words[w][i], words[w + 1][i], &normals[w][i],
                 &normals[w + 1][i]);
    }
  }
  for (size_t i = 0; i < kBlocks; ++i) {
    for (size_t w = 0; w < 4; ++w) {
      out[4 * i + w] = static_cast<float>(normals[w][i]);
    }
  }
}

void FillAnywhere(const PhiloxStream& stream, uint32_t first, float* out) {
  FillBlocks(stream, first, out);
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) void FillAvx2(const PhiloxStream& stream,
                                              uint32_t first, float* out) {
  FillBlocks(stream, first, out);
}
__attribute__((target("avx512f,avx512dq,prefer-vector-width=512"))) void
FillAvx512(const PhiloxStream& stream, uint32_t first, float* out) {
  FillBlocks(stream, first, out);
}
#endif

auto ChooseFill() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")) {
    return FillAvx512;
  }
  if (__builtin_cpu_supports("avx2")) return FillAvx2;
#endif
  return FillAnywhere;
}

}  // namespace

std::array<uint32_t, 4> Philox4x32(std::array<uint32_t, 4> counter,
                                   std::array<uint32_t, 2> key) {
  const PhiloxWords block = PhiloxBlock(
      {{counter[0], counter[1], counter[2], counter[3]}}, key[0], key[1]);
  return {block.word[0], block.word[1], block.word[2], block.word[3]};
}

Philox::Philox(uint64_t seed, Purpose purpose, uint32_t index, uint64_t step)
    : key_{static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)},
      counter_{0, static_cast<uint32_t>(step),
               static_cast<uint32_t>(step >> 32) << 16 |
                   static_cast<uint32_t>(purpose),
               index} {}

uint32_t Philox::NextU32() {
  if (used_ == 4) {
    block_ = Philox4x32(counter_, key_);
    ++counter_[0];
    used_ = 0;
  }
  return block_[used_++];
}

uint64_t Philox::NextU64() {
  const uint64_t low = NextU32();
  const uint64_t high = NextU32();
  return high << 32 | low;
}

double Philox::NextUniform() { return (NextU64() >> 11) * 0x1p-53; }

float Philox::NextUniformFloat() { return (NextU32() >> 8) * 0x1p-24f; }

double Philox::NextNormal() {
  if (has_spare_) {
    has_spare_ = false;
    return spare_;
  }
  const uint32_t a = NextU32();
  const uint32_t b = NextU32();
  double normal = 0;
  NormalPair(a, b, &normal, &spare_);
  has_spare_ = true;
  return normal;
}

uint64_t Philox::NextBelow(uint64_t n) {
  uint64_t result = 0;
  while (!BoundedBelow(NextU64(), n, &result)) {
  }
  return result;
}

void FillNormal(uint64_t seed, Purpose purpose, uint32_t index, uint64_t step,
                std::span<float> out) {
  static const auto fill = ChooseFill();
  const PhiloxStream stream = {seed, static_cast<uint32_t>(purpose), index,
                               step};
  uint32_t block = 0;
  for (; out.size() >= kNormals; out = out.subspan(kNormals)) {
    fill(stream, block, out.data());
    block += kBlocks;
  }
  for (; !out.empty(); ++block) {
    const PhiloxWords words = stream.Block(block);
    for (size_t w = 0; w < 4 && !out.empty(); w += 2) {
      double pair[2];
      NormalPair(words.word[w], words.word[w + 1], &pair[0], &pair[1]);
      const size_t wanted = std::min<size_t>(2, out.size());
      std::copy_n(pair, wanted, out.begin());
      out = out.subspan(wanted);
    }
  }
}

void FillUniform(uint64_t seed, Purpose purpose, uint32_t index, uint64_t step,
                 std::span<float> out) {
  Philox stream(seed, purpose, index, step);
  for (float& value : out) value = stream.NextUniformFloat();
}

}  // namespace softfleet
