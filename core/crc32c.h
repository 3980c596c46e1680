// SPDX-License-Identifier: Apache-2.0
// CRC-32C (Castagnoli, RFC 3720 appendix B.4), with the SSE4.2 instruction
// where the processor has it and a table otherwise. Thread-safe.
#ifndef SOFTFLEET_CORE_CRC32C_H_
#define SOFTFLEET_CORE_CRC32C_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace softfleet {

// The checksum of `bytes` appended to data whose checksum is `crc`:
// Crc32c(ab) == Crc32c(b, Crc32c(a)). The empty string has 0.
uint32_t Crc32c(absl::string_view bytes, uint32_t crc = 0);

// The portable implementation, for tests of the fast one.
uint32_t Crc32cTable(absl::string_view bytes, uint32_t crc = 0);

}  // namespace softfleet

#endif  // SOFTFLEET_CORE_CRC32C_H_
