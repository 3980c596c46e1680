// SPDX-License-Identifier: Apache-2.0
// What the codecs of this room share: checks of names and shapes from outside,
// columns as raw bytes. Not for other rooms. Thread-safe: free functions.
#ifndef SOFTFLEET_TRANSPORT_CODEC_FIELDS_H_
#define SOFTFLEET_TRANSPORT_CODEC_FIELDS_H_

#include <bit>
#include <cstddef>
#include <cstring>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "core/status.h"
#include "core/tensor.h"

namespace softfleet::codec {

static_assert(std::endian::native == std::endian::little,
              "columns travel as they lie in memory");

// Bounds far above any use: what is longer is no name, no shape.
inline constexpr size_t kMaxNameBytes = 256;
inline constexpr int kMaxDimensions = 16;

// Names from outside stand in messages for people: InvalidArgument when one is
// longer than kMaxNameBytes. `field` says which.
inline absl::Status CheckName(absl::string_view field,
                              const std::string& name) {
  if (name.size() <= kMaxNameBytes) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      field, " has ", name.size(), " bytes, more than ", kMaxNameBytes));
}

// The sizes are not checked, only how many there are.
template <typename Numbers>
absl::StatusOr<Shape> DecodeShape(const Numbers& numbers) {
  if (numbers.size() > kMaxDimensions) {
    return absl::InvalidArgumentError(absl::StrCat("shape has ", numbers.size(),
                                                   " dimensions, more than ",
                                                   kMaxDimensions));
  }
  return Shape(numbers.begin(), numbers.end());
}

inline absl::StatusOr<DType> DecodeDType(const std::string& name) {
  SF_RETURN_IF_ERROR(CheckName("dtype", name));
  return ParseDType(name);
}

// The length of `bytes` is a multiple of T's.
template <typename T>
std::vector<T> Column(const std::string& bytes) {
  std::vector<T> values(bytes.size() / sizeof(T));
  if (!bytes.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

template <typename T>
void SetColumn(const std::vector<T>& values, std::string* bytes) {
  bytes->clear();
  if (values.empty()) return;
  bytes->assign(reinterpret_cast<const char*>(values.data()),
                values.size() * sizeof(T));
}

}  // namespace softfleet::codec

#endif  // SOFTFLEET_TRANSPORT_CODEC_FIELDS_H_
