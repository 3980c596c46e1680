// SPDX-License-Identifier: Apache-2.0
// The door of libsac_cuda.so: a table of C functions, so that the programs,
// built without CUDA, can open it with dlopen. Plain C types only: nothing that
// either side's compiler or libraries lay out. Any change of this file, of
// engine_options.h or of what sac/ring/row_ring.h lays out raises
// kSacCudaAbiVersion. Every function may be called from any thread, never
// throws, and writes a zero-terminated reason into `message` (cut to
// `message_size` bytes) when it has one.
#ifndef SOFTFLEET_SAC_CUDA_PLUGIN_ABI_H_
#define SOFTFLEET_SAC_CUDA_PLUGIN_ABI_H_

#include <cstddef>
#include <cstdint>

#include "sac/cuda/engine_options.h"

namespace softfleet {

inline constexpr std::uint32_t kSacCudaAbiVersion = 3;

// The one exported symbol, a SacCudaEntry.
inline constexpr char kSacCudaEntryName[] = "softfleet_sac_cuda_api";

extern "C" {

struct SacCudaDevice {
  char name[256];      // As the driver names it.
  std::int32_t major;  // Compute capability, 9.0 for an H100.
  std::int32_t minor;
  std::uint64_t free_bytes;  // Of the device's memory, now.
  std::uint64_t total_bytes;
};

struct SacCudaEngineApi;

struct SacCudaApi {
  std::uint32_t abi_version;  // First, so that any version can be read.

  // Number of usable devices. 0 where there is none, with the driver's reason
  // in `message`.
  std::int32_t (*device_count)(char* message, std::size_t message_size);

  // Fills `out`; 0 for success.
  std::int32_t (*describe_device)(std::int32_t device, SacCudaDevice* out,
                                  char* message, std::size_t message_size);

  // Runs a kernel and a matrix product on the device and compares both with the
  // CPU. 0 for success; `message` holds the errors seen
  // either way.
  std::int32_t (*self_test)(std::int32_t device, char* message,
                            std::size_t message_size);

  const SacCudaEngineApi* engine;
};

// One update engine (sac/cuda/engine.h says what each call does), and its
// calls; all but `destroy` return 0 for success. One thread at a time.
struct SacCudaEngine;  // opaque
struct RowRingShape;   // sac/ring/row_ring.h
struct RowRingCounters;

struct SacCudaEngineApi {
  std::int32_t (*create)(const SacCudaOptions* options, std::int32_t device,
                         SacCudaEngine** out, char* message,
                         std::size_t message_size);
  void (*destroy)(SacCudaEngine* engine);

  std::int32_t (*read_state)(SacCudaEngine* engine, void* state,
                             SacCudaCounters* counters, char* message,
                             std::size_t message_size);
  std::int32_t (*read_policy)(SacCudaEngine* engine, void* state, char* message,
                              std::size_t message_size);
  std::int32_t (*write_state)(SacCudaEngine* engine, const void* state,
                              const SacCudaCounters* counters, char* message,
                              std::size_t message_size);
  std::int32_t (*use_graphs)(SacCudaEngine* engine, std::int32_t graphs,
                             char* message, std::size_t message_size);
  std::int32_t (*batch_buffer)(SacCudaEngine* engine, void** out, char* message,
                               std::size_t message_size);
  std::int32_t (*update)(SacCudaEngine* engine, std::int32_t noise,
                         std::int32_t weights, char* message,
                         std::size_t message_size);

  std::int32_t (*attach_ring)(SacCudaEngine* engine, const RowRingShape* shape,
                              const SacCudaSampling* sampling,
                              std::int32_t normalise, char* message,
                              std::size_t message_size);
  std::int32_t (*stage_buffer)(SacCudaEngine* engine, std::size_t bytes,
                               void** out, char* message,
                               std::size_t message_size);
  std::int32_t (*place_staged)(SacCudaEngine* engine, std::size_t bytes,
                               char* message, std::size_t message_size);
  std::int32_t (*set_normaliser)(SacCudaEngine* engine, const double* mean,
                                 const double* scale, char* message,
                                 std::size_t message_size);
  std::int32_t (*load_column)(SacCudaEngine* engine, std::uint32_t column,
                              const void* bytes, std::size_t size,
                              char* message, std::size_t message_size);
  std::int32_t (*load_counters)(SacCudaEngine* engine,
                                const RowRingCounters* counters, char* message,
                                std::size_t message_size);
  std::int32_t (*train)(SacCudaEngine* engine, std::int64_t count,
                        char* message, std::size_t message_size);

  std::int32_t (*wait)(SacCudaEngine* engine, char* message,
                       std::size_t message_size);
  std::int32_t (*read_statistics)(SacCudaEngine* engine, std::int64_t update,
                                  SacCudaStatistics* out, char* message,
                                  std::size_t message_size);
  std::int32_t (*read_batch)(SacCudaEngine* engine, void* out, char* message,
                             std::size_t message_size);
};

using SacCudaEntry = const SacCudaApi* (*)();

}  // extern "C"

}  // namespace softfleet

#endif  // SOFTFLEET_SAC_CUDA_PLUGIN_ABI_H_
