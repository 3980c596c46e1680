// SPDX-License-Identifier: Apache-2.0
#include "sac/cuda/engine_door.h"

#include <memory>

#include "sac/cuda/engine.h"
#include "sac/cuda/guarded.h"

namespace softfleet {

// The handle that the other side holds.
struct SacCudaEngine {
  std::unique_ptr<CudaEngine> engine;
};

namespace {

// Runs `call` on the engine.
template <typename Call>
int32_t On(SacCudaEngine* handle, char* message, size_t size, Call call) {
  return Guarded(message, size, [&] {
    call(*handle->engine);
    return 0;
  });
}

int32_t Create(const SacCudaOptions* options, int32_t device,
               SacCudaEngine** out, char* message, size_t size) {
  return Guarded(message, size, [&] {
    *out = new SacCudaEngine{CudaEngine::Make(*options, device)};
    return 0;
  });
}

void Destroy(SacCudaEngine* handle) { delete handle; }

int32_t ReadState(SacCudaEngine* handle, void* state, SacCudaCounters* counters,
                  char* message, size_t size) {
  return On(handle, message, size,
            [&](CudaEngine& engine) { engine.ReadState(state, counters); });
}

int32_t ReadPolicy(SacCudaEngine* handle, void* state, char* message,
                   size_t size) {
  return On(handle, message, size,
            [&](CudaEngine& engine) { engine.ReadPolicy(state); });
}

int32_t WriteState(SacCudaEngine* handle, const void* state,
                   const SacCudaCounters* counters, char* message,
                   size_t size) {
  return On(handle, message, size,
            [&](CudaEngine& engine) { engine.WriteState(state, *counters); });
}

int32_t UseGraphs(SacCudaEngine* handle, int32_t graphs, char* message,
                  size_t size) {
  return On(handle, message, size,
            [&](CudaEngine& engine) { engine.UseGraphs(graphs != 0); });
}

int32_t BatchBuffer(SacCudaEngine* handle, void** out, char* message,
                    size_t size) {
  return On(handle, message, size,
            [&](CudaEngine& engine) { *out = engine.BatchBuffer(); });
}

int32_t Update(SacCudaEngine* handle, int32_t noise, int32_t weights,
               char* message, size_t size) {
  return On(handle, message, size, [&](CudaEngine& engine) {
    engine.Update(noise != 0, weights != 0);
  });
}

int32_t AttachRing(SacCudaEngine* handle, const RowRingShape* shape,
                   const SacCudaSampling* sampling, int32_t normalise,
                   char* message, size_t size) {
  return On(handle, message, size, [&](CudaEngine& engine) {
    engine.AttachRing(*shape, *sampling, normalise != 0);
  });
}

int32_t StageBuffer(SacCudaEngine* handle, size_t bytes, void** out,
                    char* message, size_t size) {
  return On(handle, message, size,
            [&](CudaEngine& engine) { *out = engine.StageBuffer(bytes); });
}

int32_t PlaceStaged(SacCudaEngine* handle, size_t bytes, char* message,
                    size_t size) {
  return On(handle, message, size,
            [&](CudaEngine& engine) { engine.PlaceStaged(bytes); });
}

int32_t SetNormaliser(SacCudaEngine* handle, const double* mean,
                      const double* scale, char* message, size_t size) {
  return On(handle, message, size,
            [&](CudaEngine& engine) { engine.SetNormaliser(mean, scale); });
}

int32_t LoadColumn(SacCudaEngine* handle, uint32_t column, const void* bytes,
                   size_t count, char* message, size_t size) {
  return On(handle, message, size, [&](CudaEngine& engine) {
    engine.LoadColumn(column, bytes, count);
  });
}

int32_t LoadCounters(SacCudaEngine* handle, const RowRingCounters* counters,
                     char* message, size_t size) {
  return On(handle, message, size,
            [&](CudaEngine& engine) { engine.LoadCounters(*counters); });
}

int32_t Train(SacCudaEngine* handle, int64_t count, char* message,
              size_t size) {
  return On(handle, message, size,
            [&](CudaEngine& engine) { engine.Train(count); });
}

int32_t Wait(SacCudaEngine* handle, char* message, size_t size) {
  return On(handle, message, size, [](CudaEngine& engine) { engine.Wait(); });
}

int32_t ReadStatistics(SacCudaEngine* handle, int64_t update,
                       SacCudaStatistics* out, char* message, size_t size) {
  return On(handle, message, size,
            [&](CudaEngine& engine) { engine.ReadStatistics(update, out); });
}

int32_t ReadBatch(SacCudaEngine* handle, void* out, char* message,
                  size_t size) {
  return On(handle, message, size,
            [&](CudaEngine& engine) { engine.ReadBatch(out); });
}

}  // namespace

const SacCudaEngineApi kSacCudaEngineApi = {
    Create,      Destroy,        ReadState,  ReadPolicy,   WriteState,
    UseGraphs,   BatchBuffer,    Update,     AttachRing,   StageBuffer,
    PlaceStaged, SetNormaliser,  LoadColumn, LoadCounters, Train,
    Wait,        ReadStatistics, ReadBatch};

}  // namespace softfleet
