// SPDX-License-Identifier: Apache-2.0
#include "core/tensor.h"

#include <cstdio>
#include <cstdlib>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace softfleet {
namespace {

struct DTypeInfo {
  DType dtype;
  size_t size;
  const char* name;
};

// In the order of the enumerators.
constexpr DTypeInfo kDTypes[] = {
    {DType::kF32, 4, "F32"}, {DType::kF64, 8, "F64"}, {DType::kU8, 1, "U8"},
    {DType::kI32, 4, "I32"}, {DType::kI64, 8, "I64"}, {DType::kU32, 4, "U32"},
    {DType::kU64, 8, "U64"},
};

const DTypeInfo& Info(DType dtype) {
  return kDTypes[static_cast<size_t>(dtype)];
}

template <typename T>
std::vector<double> ToDouble(const Tensor& tensor) {
  const std::span<const T> values = tensor.values<T>();
  return std::vector<double>(values.begin(), values.end());
}

}  // namespace

size_t DTypeSize(DType dtype) { return Info(dtype).size; }

absl::string_view DTypeName(DType dtype) { return Info(dtype).name; }

absl::StatusOr<DType> ParseDType(absl::string_view name) {
  for (const DTypeInfo& info : kDTypes) {
    if (name == info.name) return info.dtype;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("unknown dtype \"", name,
                   "\" (F32, F64, U8, I32, I64, U32 and U64 are known)"));
}

int64_t NumElements(const Shape& shape) {
  int64_t count = 1;
  for (const int64_t size : shape) count *= size;
  return count;
}

std::string ShapeString(const Shape& shape) {
  return absl::StrCat("[", absl::StrJoin(shape, ", "), "]");
}

std::vector<double> Tensor::AsDouble() const {
  switch (dtype) {
    case DType::kF32:
      return ToDouble<float>(*this);
    case DType::kF64:
      return ToDouble<double>(*this);
    case DType::kU8:
      return ToDouble<uint8_t>(*this);
    case DType::kI32:
      return ToDouble<int32_t>(*this);
    case DType::kI64:
      return ToDouble<int64_t>(*this);
    case DType::kU32:
      return ToDouble<uint32_t>(*this);
    case DType::kU64:
      return ToDouble<uint64_t>(*this);
  }
  std::abort();
}

void Tensor::CheckDType(DType wanted) const {
  if (dtype == wanted) return;
  std::fprintf(stderr, "tensor %s is %s, read as %s\n",
               ShapeString(shape).c_str(), Info(dtype).name, Info(wanted).name);
  std::abort();
}

}  // namespace softfleet
