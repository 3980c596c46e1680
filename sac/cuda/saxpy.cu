// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "sac/cuda/saxpy.h"

namespace softfleet {
namespace {

constexpr int kThreadsPerBlock = 256;
// Enough blocks to fill any device; each thread then strides over the rest.
constexpr std::int64_t kMostBlocks = 4096;

template <typename Function>
__global__ void Transform(Function function, const float* x, const float* y,
                          float* out, std::int64_t count) {
  const std::int64_t stride = std::int64_t{blockDim.x} * gridDim.x;
  for (std::int64_t i = std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
       i < count; i += stride) {
    out[i] = function(x[i], y[i]);
  }
}

}  // namespace

cudaError_t LaunchSaxpy(Saxpy function, const float* x, const float* y,
                        float* out, std::int64_t count, cudaStream_t stream) {
  if (count <= 0) return cudaSuccess;
  const std::int64_t blocks =
      std::min((count + kThreadsPerBlock - 1) / kThreadsPerBlock, kMostBlocks);
  Transform<<<static_cast<unsigned>(blocks), kThreadsPerBlock, 0, stream>>>(
      function, x, y, out, count);
  return cudaGetLastError();
}

}  // namespace softfleet
