// SPDX-License-Identifier: Apache-2.0
// A CUDA block as a team (sac/ring/team.h): of a multiple of 32 threads. Only
// for nvcc.
#ifndef SOFTFLEET_SAC_CUDA_BLOCK_TEAM_H_
#define SOFTFLEET_SAC_CUDA_BLOCK_TEAM_H_

#include <cstdint>

namespace softfleet {

class BlockTeam {
 public:
  static constexpr int kMostWarps = 32;

  // `scratch` is shared memory for kMostWarps numbers.
  __device__ explicit BlockTeam(double* scratch) : scratch_(scratch) {}

  // Called from functions for both processors, hence declared for both; the
  // host never makes one.
  SF_HOST_DEVICE uint32_t rank() const {
#ifdef __CUDA_ARCH__
    return threadIdx.x;
#else
    return 0;
#endif
  }
  SF_HOST_DEVICE uint32_t size() const {
#ifdef __CUDA_ARCH__
    return blockDim.x;
#else
    return 1;
#endif
  }
  SF_HOST_DEVICE void Sync() const {
#ifdef __CUDA_ARCH__
    __syncthreads();
#endif
  }
  SF_HOST_DEVICE void Count(bool flag, uint32_t* before,
                            uint32_t* total) const {
#ifdef __CUDA_ARCH__
    const uint32_t yes = __ballot_sync(kAll, flag);
    if (lane() == 0) scratch_[warp()] = __popc(yes);
    __syncthreads();
    double below = 0, all = 0;
    for (uint32_t w = 0; w < blockDim.x / 32; ++w) {
      if (w < warp()) below += scratch_[w];
      all += scratch_[w];
    }
    __syncthreads();
    *before = static_cast<uint32_t>(below) +
              __popc(yes & ((uint32_t{1} << lane()) - 1));
    *total = static_cast<uint32_t>(all);
#else
    *before = *total = flag ? 1 : 0;
#endif
  }
  SF_HOST_DEVICE double Sum(double value) const {
#ifdef __CUDA_ARCH__
    for (int offset = 16; offset > 0; offset /= 2) {
      value += __shfl_down_sync(kAll, value, offset);
    }
    if (lane() == 0) scratch_[warp()] = value;
    __syncthreads();
    double sum = 0;
    for (uint32_t w = 0; w < blockDim.x / 32; ++w) sum += scratch_[w];
    __syncthreads();
    return sum;
#else
    return value;
#endif
  }
  SF_HOST_DEVICE double Max(double value) const {
#ifdef __CUDA_ARCH__
    for (int offset = 16; offset > 0; offset /= 2) {
      const double other = __shfl_down_sync(kAll, value, offset);
      if (other > value) value = other;
    }
    if (lane() == 0) scratch_[warp()] = value;
    __syncthreads();
    double largest = scratch_[0];
    for (uint32_t w = 1; w < blockDim.x / 32; ++w) {
      if (scratch_[w] > largest) largest = scratch_[w];
    }
    __syncthreads();
    return largest;
#else
    return value;
#endif
  }

 private:
  static constexpr uint32_t kAll = 0xffffffff;
#ifdef __CUDA_ARCH__
  __device__ uint32_t lane() const { return threadIdx.x % 32; }
  __device__ uint32_t warp() const { return threadIdx.x / 32; }
#endif

  double* scratch_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_SAC_CUDA_BLOCK_TEAM_H_
