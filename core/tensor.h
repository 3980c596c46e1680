// SPDX-License-Identifier: Apache-2.0
// Dense row-major arrays in host memory: what checkpoints, snapshots and test
// data are made of. No arithmetic lives here. Values: not thread-safe, copy or
// share const.
#ifndef SOFTFLEET_CORE_TENSOR_H_
#define SOFTFLEET_CORE_TENSOR_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace softfleet {

// Element types, named as in the safetensors format (F32, U8, ...).
enum class DType : uint8_t { kF32, kF64, kU8, kI32, kI64, kU32, kU64 };

size_t DTypeSize(DType dtype);             // bytes per element
absl::string_view DTypeName(DType dtype);  // "F32"
absl::StatusOr<DType> ParseDType(absl::string_view name);

template <typename T>
constexpr DType DTypeOf();
template <>
constexpr DType DTypeOf<float>() {
  return DType::kF32;
}
template <>
constexpr DType DTypeOf<double>() {
  return DType::kF64;
}
template <>
constexpr DType DTypeOf<uint8_t>() {
  return DType::kU8;
}
template <>
constexpr DType DTypeOf<int32_t>() {
  return DType::kI32;
}
template <>
constexpr DType DTypeOf<int64_t>() {
  return DType::kI64;
}
template <>
constexpr DType DTypeOf<uint32_t>() {
  return DType::kU32;
}
template <>
constexpr DType DTypeOf<uint64_t>() {
  return DType::kU64;
}

using Shape = std::vector<int64_t>;

// Number of elements of `shape`; 1 for a scalar (empty shape). The product
// must fit in 63 bits.
int64_t NumElements(const Shape& shape);
std::string ShapeString(const Shape& shape);  // "[3, 4]"

// An owned array.
struct Tensor {
  DType dtype = DType::kF32;
  Shape shape;
  std::vector<std::byte> bytes;  // row-major, little endian

  template <typename T>
  static Tensor From(std::span<const T> values, Shape shape) {
    Tensor tensor{DTypeOf<T>(), std::move(shape), {}};
    tensor.bytes.resize(values.size_bytes());
    if (!values.empty()) {
      std::memcpy(tensor.bytes.data(), values.data(), values.size_bytes());
    }
    return tensor;
  }
  template <typename T>
  static Tensor From(const std::vector<T>& values, Shape shape) {
    return From(std::span<const T>(values), std::move(shape));
  }

  // The elements as T. T must be the tensor's dtype (checked, fatal).
  template <typename T>
  std::span<const T> values() const {
    CheckDType(DTypeOf<T>());
    return {reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)};
  }
  template <typename T>
  std::span<T> mutable_values() {
    CheckDType(DTypeOf<T>());
    return {reinterpret_cast<T*>(bytes.data()), bytes.size() / sizeof(T)};
  }

  // Every element converted to double, whatever the dtype.
  std::vector<double> AsDouble() const;

  bool operator==(const Tensor&) const = default;

 private:
  void CheckDType(DType wanted) const;
};

// Tensors by name, ordered, so that files made from equal maps are equal.
using TensorMap = std::map<std::string, Tensor>;

}  // namespace softfleet

#endif  // SOFTFLEET_CORE_TENSOR_H_
