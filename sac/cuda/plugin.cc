// SPDX-License-Identifier: Apache-2.0
// libsac_cuda.so: what plugin_abi.h promises, over CUDA.
#include <cuda_runtime_api.h>

#include <cstdio>
#include <sstream>
#include <string>

#include "sac/cuda/cuda_check.h"
#include "sac/cuda/device_scope.h"
#include "sac/cuda/engine_door.h"
#include "sac/cuda/guarded.h"
#include "sac/cuda/plugin_abi.h"
#include "sac/cuda/self_test.h"

namespace softfleet {
namespace {

// Rounding to float is 6e-8; a product over 256 terms in float32 differs by
// about 1e-6. TF32 would show as about 1e-3.
constexpr double kKernelTolerance = 1e-6;
constexpr double kProductTolerance = 5e-5;

std::int32_t DeviceCount(char* message, std::size_t message_size) {
  int count = 0;
  const cudaError_t error = cudaGetDeviceCount(&count);
  if (error == cudaSuccess && count > 0) return count;
  // The error also sticks to the thread; the next call must not see it.
  cudaGetLastError();
  WriteMessage(error == cudaSuccess ? "the driver reports no device"
                                    : cudaGetErrorString(error),
               message, message_size);
  return 0;
}

std::int32_t DescribeDevice(std::int32_t device, SacCudaDevice* out,
                            char* message, std::size_t message_size) {
  return Guarded(message, message_size, [&] {
    cudaDeviceProp properties;
    CudaCheck(cudaGetDeviceProperties(&properties, device),
              "cudaGetDeviceProperties");
    const DeviceScope scope(device);
    std::size_t free_bytes = 0;
    std::size_t total_bytes = 0;
    CudaCheck(cudaMemGetInfo(&free_bytes, &total_bytes), "cudaMemGetInfo");
    *out = SacCudaDevice{};
    std::snprintf(out->name, sizeof(out->name), "%s", properties.name);
    out->major = properties.major;
    out->minor = properties.minor;
    out->free_bytes = free_bytes;
    out->total_bytes = total_bytes;
    return 0;
  });
}

std::int32_t SelfTest(std::int32_t device, char* message,
                      std::size_t message_size) {
  return Guarded(message, message_size, [&] {
    const SelfTestErrors errors = RunSelfTest(device);
    std::ostringstream text;
    text << "relative errors: kernel " << errors.kernel << " (limit "
         << kKernelTolerance << "), product " << errors.product << " (limit "
         << kProductTolerance << ")";
    WriteMessage(text.str(), message, message_size);
    // Written so that NaN fails.
    return errors.kernel <= kKernelTolerance &&
                   errors.product <= kProductTolerance
               ? 0
               : 1;
  });
}

constexpr SacCudaApi kApi = {kSacCudaAbiVersion, DeviceCount, DescribeDevice,
                             SelfTest, &kSacCudaEngineApi};

}  // namespace
}  // namespace softfleet

extern "C" __attribute__((visibility("default"))) const softfleet::SacCudaApi*
softfleet_sac_cuda_api() {
  return &softfleet::kApi;
}
