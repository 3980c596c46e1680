// SPDX-License-Identifier: Apache-2.0
#include "environments/mujoco/numpy_sum.h"

#include "gtest/gtest.h"

namespace softfleet {
namespace {

// np.sum(1 / np.arange(1, n + 1)) of NumPy 2.4.6, in both types.
TEST(NumpySum, RoundsAsNumpyDoes) {
  const struct {
    size_t count;
    double of_floats;
    double of_doubles;
  } recorded[] = {
      {0, 0, 0},
      {1, 1, 1},
      {7, 0x1.4be2cp+1, 0x1.4be2be2be2be2p+1},
      {8, 0x1.5be2cp+1, 0x1.5be2be2be2be2p+1},
      {9, 0x1.6a1ba4p+1, 0x1.6a1ba1ba1ba1bp+1},
      {17, 0x1.b84344p+1, 0x1.b84341cecee4cp+1},
      {84, 0x1.40e4fp+2, 0x1.40e4ef27a45c7p+2},
      {128, 0x1.5bb8bp+2, 0x1.5bb8ae9541ca7p+2},
      {129, 0x1.5c37b4p+2, 0x1.5c37b09149ba9p+2},
      {300, 0x1.92172ep+2, 0x1.92172a3e6965ap+2},
  };
  for (const auto& [count, of_floats, of_doubles] : recorded) {
    const auto inverse = [](size_t i) {
      return 1.0f / static_cast<float>(i + 1);
    };
    EXPECT_EQ(NumpySum(count, inverse), of_floats) << count;
    EXPECT_EQ(NumpySum(count, [](size_t i) { return 1.0 / (i + 1.0); }),
              of_doubles)
        << count;
  }
}

}  // namespace
}  // namespace softfleet
