// SPDX-License-Identifier: Apache-2.0
// libsac_cuda.so: what plugin_abi.h promises, over CUDA and LibTorch.
#include <ATen/ATen.h>
#include <ATen/cuda/CUDAContext.h>
#include <c10/cuda/CUDAGuard.h>
#include <cuda_runtime_api.h>

#include <algorithm>
#include <cstdio>
#include <sstream>
#include <string>

#include "sac/cuda/cuda_check.h"
#include "sac/cuda/engine_door.h"
#include "sac/cuda/guarded.h"
#include "sac/cuda/plugin_abi.h"
#include "sac/cuda/saxpy.h"

namespace softfleet {
namespace {

// Largest error we accept, relative to the largest entry of the CPU's result.
// One multiply-add differs by an ulp (the device fuses it); a product over 256
// terms in float32 by about 1e-6. TF32 would show as about 1e-3.
constexpr double kSaxpyTolerance = 1e-6;
constexpr double kMatmulTolerance = 5e-5;

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
    const c10::cuda::CUDAGuard guard(static_cast<c10::DeviceIndex>(device));
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

// max |actual - expected| / max |expected|; both on the CPU.
double RelativeError(const at::Tensor& actual, const at::Tensor& expected) {
  const double scale = expected.abs().max().item<double>();
  return (actual - expected).abs().max().item<double>() / scale;
}

// Numbers in [-1, 1] without a pattern that a wrong index would hide.
at::Tensor Numbers(std::int64_t count, double phase) {
  return at::sin(at::arange(count, at::kDouble) * 0.7 + phase).to(at::kFloat);
}

double SaxpyError(const at::Device& device) {
  constexpr std::int64_t kCount = 100'003;  // Not a multiple of a block.
  const Saxpy saxpy{0.37F};
  const at::Tensor x = Numbers(kCount, 0.1);
  const at::Tensor y = Numbers(kCount, 0.9);
  at::Tensor expected = at::empty_like(x);
  std::transform(x.data_ptr<float>(), x.data_ptr<float>() + kCount,
                 y.data_ptr<float>(), expected.data_ptr<float>(), saxpy);

  const at::Tensor device_x = x.to(device);
  const at::Tensor device_y = y.to(device);
  at::Tensor out = at::empty_like(device_x);
  CudaCheck(LaunchSaxpy(saxpy, device_x.data_ptr<float>(),
                        device_y.data_ptr<float>(), out.data_ptr<float>(),
                        kCount, at::cuda::getCurrentCUDAStream()),
            "saxpy");
  return RelativeError(out.cpu(), expected);
}

double MatmulError(const at::Device& device) {
  constexpr std::int64_t kSide = 256;
  const at::Tensor a = Numbers(kSide * kSide, 0.2).view({kSide, kSide});
  const at::Tensor b = Numbers(kSide * kSide, 1.3).view({kSide, kSide});
  const at::Tensor product = at::matmul(a.to(device), b.to(device));
  return RelativeError(product.cpu(), at::matmul(a, b));
}

std::int32_t SelfTest(std::int32_t device, char* message,
                      std::size_t message_size) {
  return Guarded(message, message_size, [&] {
    const at::Device on(at::kCUDA, static_cast<c10::DeviceIndex>(device));
    const c10::cuda::CUDAGuard guard(on);
    const double saxpy = SaxpyError(on);
    const double matmul = MatmulError(on);
    std::ostringstream text;
    text << "relative errors: saxpy " << saxpy << " (limit " << kSaxpyTolerance
         << "), matmul " << matmul << " (limit " << kMatmulTolerance << ")";
    WriteMessage(text.str(), message, message_size);
    // Written so that NaN fails.
    return saxpy <= kSaxpyTolerance && matmul <= kMatmulTolerance ? 0 : 1;
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
