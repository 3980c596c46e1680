// SPDX-License-Identifier: Apache-2.0
// A SAC update engine on one CUDA device: state, batch, ring and statistics
// live there, and an update is one graph launch without a wait. It can be fed
// batches, or rows that it draws from itself. Names no CUDA type. C++17.
//
// Errors are std::runtime_error. One thread at a time.
#ifndef SOFTFLEET_SAC_CUDA_ENGINE_H_
#define SOFTFLEET_SAC_CUDA_ENGINE_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "sac/cuda/engine_options.h"
#include "sac/ring/row_ring.h"

namespace softfleet {

class CudaEngine {
 public:
  // The state is zero; write it before the first update.
  static std::unique_ptr<CudaEngine> Make(const SacCudaOptions& options,
                                          int device);
  virtual ~CudaEngine() = default;

  // The state as StateLayout lays it out, in the options' precision, and the
  // counters. All three wait for what was launched before.
  virtual void ReadState(void* state, SacCudaCounters* counters) = 0;
  // Of the same buffer, the actor's parameters and the temperature alone.
  virtual void ReadPolicy(void* state) = 0;
  virtual void WriteState(const void* state,
                          const SacCudaCounters& counters) = 0;

  // Whether updates are graph launches (from the second of each kind on) or
  // the same launches one by one. Graphs is the default.
  virtual void UseGraphs(bool graphs) = 0;

  // Pinned memory for the next batch, as BatchLayout lays it out; two take
  // turns, so that one is filled while an update reads the other.
  virtual void* BatchBuffer() = 0;
  // One update on what was put there; with `noise` its noise is drawn on the
  // device.
  virtual void Update(bool noise, bool weights) = 0;

  // Gives the engine a ring, empty. With `normalise` SetNormaliser's numbers
  // are applied to what is gathered.
  virtual void AttachRing(const RowRingShape& shape,
                          const SacCudaSampling& sampling, bool normalise) = 0;
  // Pinned memory of at least so many bytes for a StagedBlock; taken turns.
  virtual void* StageBuffer(size_t bytes) = 0;
  // Places what was put there.
  virtual void PlaceStaged(size_t bytes) = 0;
  // Mean and 1 / standard deviation of a frame's elements.
  virtual void SetNormaliser(const double* mean, const double* scale) = 0;
  // A restored table's column, from slot 0; then its counters.
  virtual void LoadColumn(uint32_t column, const void* bytes, size_t size) = 0;
  virtual void LoadCounters(const RowRingCounters& counters) = 0;
  // `count` updates on rows drawn from the ring, which must have one. Launches
  // and returns.
  virtual void Train(int64_t count) = 0;

  // Waits until everything launched is done.
  virtual void Wait() = 0;
  // Of update number `update`, one of the last 4096; waits.
  virtual void ReadStatistics(int64_t update, SacCudaStatistics* out) = 0;
  // The batch of the last update, as BatchLayout lays it out; waits.
  virtual void ReadBatch(void* out) = 0;
};

}  // namespace softfleet

#endif  // SOFTFLEET_SAC_CUDA_ENGINE_H_
