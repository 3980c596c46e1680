// SPDX-License-Identifier: Apache-2.0
// a * x + y as a functor for both processors, and its launch on a device. The
// plug-in's self-test runs it; it shows how elementwise mathematics is shared.
#ifndef SOFTFLEET_SAC_CUDA_SAXPY_H_
#define SOFTFLEET_SAC_CUDA_SAXPY_H_

#include <cuda_runtime_api.h>

#include <cstdint>

#include "core/host_device.h"

namespace softfleet {

struct Saxpy {
  float a;

  SF_HOST_DEVICE float operator()(float x, float y) const { return a * x + y; }
};

// out[i] = function(x[i], y[i]) for i < count, in order on `stream`. The
// pointers are device memory; out may be x or y. Returns the launch's error.
cudaError_t LaunchSaxpy(Saxpy function, const float* x, const float* y,
                        float* out, std::int64_t count, cudaStream_t stream);

}  // namespace softfleet

#endif  // SOFTFLEET_SAC_CUDA_SAXPY_H_
