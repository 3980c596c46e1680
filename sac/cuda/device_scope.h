// SPDX-License-Identifier: Apache-2.0
// Makes a device the thread's current one while it lives.
#ifndef SOFTFLEET_SAC_CUDA_DEVICE_SCOPE_H_
#define SOFTFLEET_SAC_CUDA_DEVICE_SCOPE_H_

#include <cuda_runtime_api.h>

#include "sac/cuda/cuda_check.h"

namespace softfleet {

class DeviceScope {
 public:
  explicit DeviceScope(int device) {
    CudaCheck(cudaGetDevice(&before_), "cudaGetDevice");
    CudaCheck(cudaSetDevice(device), "cudaSetDevice");
  }
  ~DeviceScope() { cudaSetDevice(before_); }

 private:
  int before_ = 0;
};

}  // namespace softfleet

#endif  // SOFTFLEET_SAC_CUDA_DEVICE_SCOPE_H_
