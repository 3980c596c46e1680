// SPDX-License-Identifier: Apache-2.0
// The hash by which configurations, environments and panels are told apart.
// Not for adversaries. Thread-safe.
#ifndef SOFTFLEET_CORE_HASH_H_
#define SOFTFLEET_CORE_HASH_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace softfleet {

// FNV-1a, 64 bits (Fowler, Noll & Vo; RFC 9923).
uint64_t Fnv1a64(absl::string_view bytes);

// 16 hexadecimal digits.
std::string HexHash(uint64_t hash);

}  // namespace softfleet

#endif  // SOFTFLEET_CORE_HASH_H_
