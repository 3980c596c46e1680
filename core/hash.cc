// SPDX-License-Identifier: Apache-2.0
#include "core/hash.h"

#include "absl/strings/str_cat.h"

namespace softfleet {

uint64_t Fnv1a64(absl::string_view bytes) {
  uint64_t hash = 0xcbf29ce484222325;  // the offset basis
  for (const char byte : bytes) {
    hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
  }
  return hash;
}

std::string HexHash(uint64_t hash) {
  return absl::StrCat(absl::Hex(hash, absl::kZeroPad16));
}

}  // namespace softfleet
