// SPDX-License-Identifier: Apache-2.0
#include "core/philox.h"

#include "core/philox_block.h"

namespace softfleet {

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
  Philox stream(seed, purpose, index, step);
  for (float& value : out) value = static_cast<float>(stream.NextNormal());
}

void FillUniform(uint64_t seed, Purpose purpose, uint32_t index, uint64_t step,
                 std::span<float> out) {
  Philox stream(seed, purpose, index, step);
  for (float& value : out) value = stream.NextUniformFloat();
}

}  // namespace softfleet
