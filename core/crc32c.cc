// SPDX-License-Identifier: Apache-2.0
#include "core/crc32c.h"

#include <array>
#include <cstddef>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace softfleet {
namespace {

// The Castagnoli polynomial, lowest bit first.
constexpr uint32_t kPolynomial = 0x82f63b78;

constexpr std::array<uint32_t, 256> MakeTable() {
  std::array<uint32_t, 256> table{};
  for (uint32_t byte = 0; byte < table.size(); ++byte) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc >> 1) ^ ((crc & 1) ? kPolynomial : 0);
    }
    table[byte] = crc;
  }
  return table;
}

constexpr std::array<uint32_t, 256> kTable = MakeTable();

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) uint32_t Crc32cSse42(absl::string_view bytes,
                                                       uint32_t crc) {
  const char* data = bytes.data();
  size_t left = bytes.size();
  uint64_t state = ~crc;
  for (; left >= sizeof(uint64_t); left -= sizeof(uint64_t)) {
    uint64_t word;
    std::memcpy(&word, data, sizeof(word));
    state = _mm_crc32_u64(state, word);
    data += sizeof(word);
  }
  uint32_t tail = static_cast<uint32_t>(state);
  for (; left > 0; --left) {
    tail = _mm_crc32_u8(tail, static_cast<uint8_t>(*data++));
  }
  return ~tail;
}
#endif

}  // namespace

uint32_t Crc32c(absl::string_view bytes, uint32_t crc) {
#if defined(__x86_64__)
  static const bool has_instruction = __builtin_cpu_supports("sse4.2");
  if (has_instruction) return Crc32cSse42(bytes, crc);
#endif
  return Crc32cTable(bytes, crc);
}

uint32_t Crc32cTable(absl::string_view bytes, uint32_t crc) {
  crc = ~crc;
  for (const char c : bytes) {
    crc = (crc >> 8) ^ kTable[(crc ^ static_cast<uint8_t>(c)) & 0xff];
  }
  return ~crc;
}

}  // namespace softfleet
