// SPDX-License-Identifier: Apache-2.0
// Two buffers of pinned host memory that take turns, each with a copy on the
// device: one is filled by the host while the other travels. One thread at a
// time.
#ifndef SOFTFLEET_SAC_CUDA_PINNED_BUFFER_H_
#define SOFTFLEET_SAC_CUDA_PINNED_BUFFER_H_

#include <cuda_runtime_api.h>

#include <cstddef>

#include "sac/cuda/cuda_check.h"

namespace softfleet {

class PinnedBuffers {
 public:
  PinnedBuffers() {
    CudaCheck(cudaStreamCreateWithFlags(&copies_, cudaStreamNonBlocking),
              "cudaStreamCreate");
    for (Slot& slot : slots_) {
      for (cudaEvent_t* event : {&slot.arrived, &slot.used}) {
        CudaCheck(cudaEventCreateWithFlags(event, cudaEventDisableTiming),
                  "cudaEventCreate");
      }
    }
  }
  ~PinnedBuffers() {
    cudaStreamSynchronize(copies_);
    for (Slot& slot : slots_) {
      cudaEventSynchronize(slot.used);
      Free(slot);
      cudaEventDestroy(slot.arrived);
      cudaEventDestroy(slot.used);
    }
    cudaStreamDestroy(copies_);
  }
  PinnedBuffers(const PinnedBuffers&) = delete;
  PinnedBuffers& operator=(const PinnedBuffers&) = delete;

  // The buffer whose turn it is, once the device is done with it.
  void* Next(size_t bytes) {
    Slot& slot = slots_[turn_];
    CudaCheck(cudaEventSynchronize(slot.used), "cudaEventSynchronize");
    if (bytes > slot.bytes) {
      Free(slot);
      CudaCheck(cudaMallocHost(&slot.host, bytes), "cudaMallocHost");
      CudaCheck(cudaMalloc(&slot.device, bytes), "cudaMalloc");
      slot.bytes = bytes;
    }
    return slot.host;
  }
  // Sends it; what `stream` does next finds it at the returned device address.
  const void* Send(size_t bytes, cudaStream_t stream) {
    Slot& slot = slots_[turn_];
    CudaCheck(cudaMemcpyAsync(slot.device, slot.host, bytes,
                              cudaMemcpyHostToDevice, copies_),
              "cudaMemcpyAsync");
    CudaCheck(cudaEventRecord(slot.arrived, copies_), "cudaEventRecord");
    CudaCheck(cudaStreamWaitEvent(stream, slot.arrived, 0),
              "cudaStreamWaitEvent");
    return slot.device;
  }
  // What `stream` has been given so far is all that reads it.
  void Release(cudaStream_t stream) {
    CudaCheck(cudaEventRecord(slots_[turn_].used, stream), "cudaEventRecord");
    turn_ = 1 - turn_;
  }

 private:
  struct Slot {
    void* host = nullptr;
    void* device = nullptr;
    size_t bytes = 0;
    cudaEvent_t arrived = nullptr, used = nullptr;
  };
  static void Free(Slot& slot) {
    cudaFreeHost(slot.host);
    cudaFree(slot.device);
    slot.host = slot.device = nullptr;
    slot.bytes = 0;
  }

  Slot slots_[2];
  int turn_ = 0;
  cudaStream_t copies_ = nullptr;
};

}  // namespace softfleet

#endif  // SOFTFLEET_SAC_CUDA_PINNED_BUFFER_H_
