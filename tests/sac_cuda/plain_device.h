// SPDX-License-Identifier: Apache-2.0
// Learners on the CUDA plug-in of plain loops, and what they learned.
#ifndef SOFTFLEET_TESTS_SAC_CUDA_PLAIN_DEVICE_H_
#define SOFTFLEET_TESTS_SAC_CUDA_PLAIN_DEVICE_H_

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

#include "core/tensor.h"

namespace softfleet {

// While it lives, programs and libraries find that plug-in.
class PlainDevice {
 public:
  PlainDevice() { setenv("SOFTFLEET_CUDA_PLUGIN", PLAIN_PLUGIN, 1); }
  ~PlainDevice() { unsetenv("SOFTFLEET_CUDA_PLUGIN"); }
};

// Element by element, relative to 1 + |wanted|.
inline void ExpectNear(const TensorMap& got, const TensorMap& wanted,
                       double tolerance) {
  ASSERT_EQ(got.size(), wanted.size());
  for (const auto& [name, tensor] : wanted) {
    ASSERT_TRUE(got.contains(name)) << name;
    const auto numbers = [](const Tensor& from) {
      if (from.dtype != DType::kI64) return from.AsDouble();
      const auto values = from.values<int64_t>();
      return std::vector<double>(values.begin(), values.end());
    };
    const std::vector<double> have = numbers(got.at(name));
    const std::vector<double> want = numbers(tensor);
    ASSERT_EQ(have.size(), want.size()) << name;
    for (size_t i = 0; i < want.size(); ++i) {
      ASSERT_NEAR(have[i], want[i], tolerance * (1 + std::abs(want[i])))
          << name << " element " << i;
    }
  }
}

}  // namespace softfleet

#endif  // SOFTFLEET_TESTS_SAC_CUDA_PLAIN_DEVICE_H_
