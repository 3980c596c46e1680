// SPDX-License-Identifier: Apache-2.0
// Whether all of many numbers are finite; quick, because it has no branches.
#ifndef SOFTFLEET_CORE_FINITE_H_
#define SOFTFLEET_CORE_FINITE_H_

#include <span>

#include "core/tensor.h"

namespace softfleet {

inline bool AllFinite(std::span<const float> values) {
  // x - x is NaN for whatever is not finite.
  int wrong = 0;
  for (const float x : values) wrong |= x - x != 0 ? 1 : 0;
  return wrong == 0;
}

inline bool AllFinite(std::span<const double> values) {
  int wrong = 0;
  for (const double x : values) wrong |= x - x != 0 ? 1 : 0;
  return wrong == 0;
}

// Whole numbers are.
inline bool AllFinite(const Tensor& tensor) {
  switch (tensor.dtype) {
    case DType::kF32:
      return AllFinite(tensor.values<float>());
    case DType::kF64:
      return AllFinite(tensor.values<double>());
    default:
      return true;
  }
}

}  // namespace softfleet

#endif  // SOFTFLEET_CORE_FINITE_H_
