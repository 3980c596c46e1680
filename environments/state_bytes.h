// SPDX-License-Identifier: Apache-2.0
// Numbers as the bytes of a saved state, little endian.
#ifndef SOFTFLEET_ENVIRONMENTS_STATE_BYTES_H_
#define SOFTFLEET_ENVIRONMENTS_STATE_BYTES_H_

#include <bit>
#include <cstring>
#include <span>
#include <string>
#include <type_traits>

#include "absl/strings/string_view.h"

namespace softfleet {

static_assert(std::endian::native == std::endian::little,
              "saved states are the host's bytes");

template <typename T>
void PutState(const T& value, std::string* bytes) {
  static_assert(std::is_arithmetic_v<T>);
  bytes->append(reinterpret_cast<const char*>(&value), sizeof(value));
}

template <typename T>
void PutState(std::span<const T> values, std::string* bytes) {
  for (const T& value : values) PutState(value, bytes);
}

// Takes values from the front of `bytes`; false, and nothing taken, if there
// are too few.
template <typename T>
bool TakeState(absl::string_view* bytes, std::span<T> values) {
  static_assert(std::is_arithmetic_v<T>);
  if (bytes->size() < values.size_bytes()) return false;
  std::memcpy(values.data(), bytes->data(), values.size_bytes());
  bytes->remove_prefix(values.size_bytes());
  return true;
}

template <typename T>
bool TakeState(absl::string_view* bytes, T* value) {
  return TakeState(bytes, std::span<T>(value, 1));
}

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_STATE_BYTES_H_
