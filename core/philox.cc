// SPDX-License-Identifier: Apache-2.0
#include "core/philox.h"

#include <cmath>
#include <numbers>

namespace softfleet {
namespace {

// Salmon et al. 2011, table 2 and section 3.3.
constexpr uint64_t kMultiplier0 = 0xD2511F53;
constexpr uint64_t kMultiplier1 = 0xCD9E8D57;
constexpr uint32_t kWeyl0 = 0x9E3779B9;
constexpr uint32_t kWeyl1 = 0xBB67AE85;
constexpr int kRounds = 10;

std::array<uint32_t, 4> Round(const std::array<uint32_t, 4>& counter,
                              const std::array<uint32_t, 2>& key) {
  const uint64_t product0 = kMultiplier0 * counter[0];
  const uint64_t product1 = kMultiplier1 * counter[2];
  return {static_cast<uint32_t>(product1 >> 32) ^ counter[1] ^ key[0],
          static_cast<uint32_t>(product1),
          static_cast<uint32_t>(product0 >> 32) ^ counter[3] ^ key[1],
          static_cast<uint32_t>(product0)};
}

}  // namespace

std::array<uint32_t, 4> Philox4x32(std::array<uint32_t, 4> counter,
                                   std::array<uint32_t, 2> key) {
  for (int round = 0; round < kRounds; ++round) {
    counter = Round(counter, key);
    key[0] += kWeyl0;
    key[1] += kWeyl1;
  }
  return counter;
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
  const double u = (NextU32() + 0.5) * 0x1p-32;
  const double v = NextU32() * 0x1p-32;
  const double radius = std::sqrt(-2 * std::log(u));
  const double angle = 2 * std::numbers::pi * v;
  spare_ = radius * std::sin(angle);
  has_spare_ = true;
  return radius * std::cos(angle);
}

uint64_t Philox::NextBelow(uint64_t n) {
  unsigned __int128 product = static_cast<unsigned __int128>(NextU64()) * n;
  if (static_cast<uint64_t>(product) < n) {
    const uint64_t threshold = -n % n;  // 2^64 mod n
    while (static_cast<uint64_t>(product) < threshold) {
      product = static_cast<unsigned __int128>(NextU64()) * n;
    }
  }
  return static_cast<uint64_t>(product >> 64);
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
