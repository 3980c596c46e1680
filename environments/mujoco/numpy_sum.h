// SPDX-License-Identifier: Apache-2.0
// np.sum of a contiguous array, rounding by rounding: eight partial sums from
// eight elements on, halves from 129 on (NumPy's pairwise summation).
// Thread-safe.
#ifndef SOFTFLEET_ENVIRONMENTS_MUJOCO_NUMPY_SUM_H_
#define SOFTFLEET_ENVIRONMENTS_MUJOCO_NUMPY_SUM_H_

#include <array>
#include <cstddef>

namespace softfleet {

// Of the numbers value(0) ... value(count - 1), in their own type.
template <typename Value>
auto NumpySum(size_t count, Value value, size_t first = 0) {
  using T = decltype(value(first));
  if (count < 8) {
    T sum = 0;
    for (size_t i = 0; i < count; ++i) sum += value(first + i);
    return sum;
  }
  if (count > 128) {
    const size_t half = count / 2 / 8 * 8;
    return NumpySum(half, value, first) +
           NumpySum(count - half, value, first + half);
  }
  std::array<T, 8> sums;
  for (size_t j = 0; j < 8; ++j) sums[j] = value(first + j);
  size_t i = 8;
  for (; i + 8 <= count; i += 8) {
    for (size_t j = 0; j < 8; ++j) sums[j] += value(first + i + j);
  }
  T sum = ((sums[0] + sums[1]) + (sums[2] + sums[3])) +
          ((sums[4] + sums[5]) + (sums[6] + sums[7]));
  for (; i < count; ++i) sum += value(first + i);
  return sum;
}

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_MUJOCO_NUMPY_SUM_H_
