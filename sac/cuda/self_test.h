// SPDX-License-Identifier: Apache-2.0
// The plug-in's self-test. Names no CUDA type. C++17.
#ifndef SOFTFLEET_SAC_CUDA_SELF_TEST_H_
#define SOFTFLEET_SAC_CUDA_SELF_TEST_H_

namespace softfleet {

// Largest errors of what a device computed, relative to the largest number
// that the CPU computed.
struct SelfTestErrors {
  double kernel = 0;   // a * x + y, element by element
  double product = 0;  // of two matrices
};

// Throws std::runtime_error with the device's reason.
SelfTestErrors RunSelfTest(int device);

}  // namespace softfleet

#endif  // SOFTFLEET_SAC_CUDA_SELF_TEST_H_
