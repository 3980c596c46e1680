// SPDX-License-Identifier: Apache-2.0
// CUDA's and cuBLAS's errors as exceptions; the plug-in's door turns them into
// messages.
#ifndef SOFTFLEET_SAC_CUDA_CUDA_CHECK_H_
#define SOFTFLEET_SAC_CUDA_CUDA_CHECK_H_

#include <cublas_v2.h>
#include <cuda_runtime_api.h>

#include <stdexcept>
#include <string>

namespace softfleet {

inline void CudaCheck(cudaError_t error, const char* what) {
  if (error == cudaSuccess) return;
  throw std::runtime_error(std::string(what) + ": " +
                           cudaGetErrorString(error));
}

inline void CudaCheck(cublasStatus_t status, const char* what) {
  if (status == CUBLAS_STATUS_SUCCESS) return;
  throw std::runtime_error(std::string(what) + ": " +
                           cublasGetStatusString(status));
}

}  // namespace softfleet

#endif  // SOFTFLEET_SAC_CUDA_CUDA_CHECK_H_
