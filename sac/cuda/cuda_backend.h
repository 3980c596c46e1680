// SPDX-License-Identifier: Apache-2.0
// The backend (network.h) that launches on a CUDA device: functors as kernels,
// products by cuBLAS, branches as streams. Everything it launches can be
// captured in a graph. Only for nvcc. One thread at a time.
#ifndef SOFTFLEET_SAC_CUDA_CUDA_BACKEND_H_
#define SOFTFLEET_SAC_CUDA_CUDA_BACKEND_H_

#include <cublas_v2.h>
#include <cuda_runtime.h>

#include <cstdint>
#include <vector>

#include "core/host_device.h"
#include "sac/cuda/block_team.h"
#include "sac/cuda/cuda_check.h"
#include "sac/cuda/matrix_product.h"

namespace softfleet {

template <typename Function>
__global__ void RunEach(int64_t count, Function function) {
  const int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i < count) function(i);
}

// Of at most kThreads: the compiler keeps to the registers there are for them.
template <int kThreads, typename Function>
__global__ void __launch_bounds__(kThreads) RunTeams(Function function) {
  __shared__ double scratch[BlockTeam::kMostWarps];
  function(BlockTeam(scratch), int64_t{blockIdx.x});
}

class CudaBackend {
 public:
  explicit CudaBackend(bool tf32) {
    for (Line& line : lines_) Open(line, tf32);
  }
  ~CudaBackend() {
    cudaDeviceSynchronize();
    for (Line& line : lines_) {
      cublasDestroy(line.blas);
      cudaFree(line.workspace);
      cudaEventDestroy(line.begin);
      cudaEventDestroy(line.end);
      cudaStreamDestroy(line.stream);
    }
    for (void* memory : memory_) cudaFree(memory);
  }
  CudaBackend(const CudaBackend&) = delete;
  CudaBackend& operator=(const CudaBackend&) = delete;

  cudaStream_t stream() const { return lines_[0].stream; }

  template <typename T>
  T* Allocate(int64_t count) {
    void* memory = nullptr;
    const size_t bytes = static_cast<size_t>(count) * sizeof(T);
    CudaCheck(cudaMalloc(&memory, bytes > 0 ? bytes : 1), "cudaMalloc");
    memory_.push_back(memory);
    CudaCheck(cudaMemsetAsync(memory, 0, bytes, stream()), "cudaMemset");
    return static_cast<T*>(memory);
  }

  template <typename Function>
  void Each(int64_t count, const Function& function) {
    if (count == 0) return;
    constexpr int64_t kThreads = 256;
    const auto blocks =
        static_cast<uint32_t>((count + kThreads - 1) / kThreads);
    RunEach<<<blocks, kThreads, 0, now_->stream>>>(count, function);
    CudaCheck(cudaGetLastError(), "a kernel's launch");
  }

  template <typename Function>
  void Teams(int64_t count, int size, const Function& function) {
    if (count == 0) return;
    const auto teams = static_cast<uint32_t>(count);
    if (size <= kSmallTeam) {
      RunTeams<kSmallTeam><<<teams, size, 0, now_->stream>>>(function);
    } else {
      RunTeams<kLargeTeam><<<teams, size, 0, now_->stream>>>(function);
    }
    CudaCheck(cudaGetLastError(), "a kernel's launch");
  }

  void Multiply(const MatrixProduct<float>& product) {
    const ColumnMajorProduct<float> p = ToColumnMajor(product);
    const float one = 1, zero = 0;
    CudaCheck(cublasSgemmStridedBatched_64(now_->blas, Operation(p.transpose_a),
                                           Operation(p.transpose_b), p.m, p.n,
                                           p.k, &one, p.a, p.lda, p.stride_a,
                                           p.b, p.ldb, p.stride_b, &zero, p.c,
                                           p.ldc, p.stride_c, p.batch),
              "cublasSgemmStridedBatched");
  }
  void Multiply(const MatrixProduct<double>& product) {
    const ColumnMajorProduct<double> p = ToColumnMajor(product);
    const double one = 1, zero = 0;
    CudaCheck(cublasDgemmStridedBatched_64(now_->blas, Operation(p.transpose_a),
                                           Operation(p.transpose_b), p.m, p.n,
                                           p.k, &one, p.a, p.lda, p.stride_a,
                                           p.b, p.ldb, p.stride_b, &zero, p.c,
                                           p.ldc, p.stride_c, p.batch),
              "cublasDgemmStridedBatched");
  }

  void Fork(int branch) {
    Line& line = lines_[branch];
    CudaCheck(cudaEventRecord(line.begin, stream()), "cudaEventRecord");
    CudaCheck(cudaStreamWaitEvent(line.stream, line.begin, 0),
              "cudaStreamWaitEvent");
    now_ = &line;
  }
  void Main() {
    CudaCheck(cudaEventRecord(now_->end, now_->stream), "cudaEventRecord");
    now_ = &lines_[0];
  }
  void Join(int branch) {
    CudaCheck(cudaStreamWaitEvent(stream(), lines_[branch].end, 0),
              "cudaStreamWaitEvent");
  }

 private:
  // What cuBLAS recommends for Hopper.
  static constexpr size_t kWorkspaceBytes = size_t{32} << 20;
  static constexpr int kSmallTeam = 256, kLargeTeam = 1024;
  static constexpr int kLines = 3;  // the main one and the branches

  struct Line {
    cudaStream_t stream = nullptr;
    cudaEvent_t begin = nullptr, end = nullptr;
    cublasHandle_t blas = nullptr;
    void* workspace = nullptr;
  };

  static cublasOperation_t Operation(bool transpose) {
    return transpose ? CUBLAS_OP_T : CUBLAS_OP_N;
  }
  // A workspace of its own: what cuBLAS would allocate while a graph is
  // captured, and what makes its results repeatable beside other streams.
  static void Open(Line& line, bool tf32) {
    CudaCheck(cudaStreamCreateWithFlags(&line.stream, cudaStreamNonBlocking),
              "cudaStreamCreate");
    for (cudaEvent_t* event : {&line.begin, &line.end}) {
      CudaCheck(cudaEventCreateWithFlags(event, cudaEventDisableTiming),
                "cudaEventCreate");
    }
    CudaCheck(cublasCreate(&line.blas), "cublasCreate");
    CudaCheck(cublasSetStream(line.blas, line.stream), "cublasSetStream");
    CudaCheck(cudaMalloc(&line.workspace, kWorkspaceBytes), "cudaMalloc");
    CudaCheck(cublasSetWorkspace(line.blas, line.workspace, kWorkspaceBytes),
              "cublasSetWorkspace");
    CudaCheck(cublasSetMathMode(line.blas, tf32 ? CUBLAS_TF32_TENSOR_OP_MATH
                                                : CUBLAS_DEFAULT_MATH),
              "cublasSetMathMode");
  }

  Line lines_[kLines];
  Line* now_ = &lines_[0];
  std::vector<void*> memory_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_SAC_CUDA_CUDA_BACKEND_H_
