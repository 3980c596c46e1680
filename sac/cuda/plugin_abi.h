// SPDX-License-Identifier: Apache-2.0
// The door of libsac_cuda.so: a table of C functions, so that the programs,
// built without CUDA, can open it with dlopen. Plain C types only: nothing that
// either side's compiler or libraries lay out. Any change of this file raises
// kSacCudaAbiVersion. Every function may be called from any thread, never
// throws, and writes a zero-terminated reason into `message` (cut to
// `message_size` bytes) when it has one.
#ifndef SOFTFLEET_SAC_CUDA_PLUGIN_ABI_H_
#define SOFTFLEET_SAC_CUDA_PLUGIN_ABI_H_

#include <cstddef>
#include <cstdint>

namespace softfleet {

inline constexpr std::uint32_t kSacCudaAbiVersion = 1;

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

struct SacCudaApi {
  std::uint32_t abi_version;  // First, so that any version can be read.

  // Number of usable devices. 0 where there is none, with the driver's reason
  // in `message`.
  std::int32_t (*device_count)(char* message, std::size_t message_size);

  // Fills `out`; 0 for success.
  std::int32_t (*describe_device)(std::int32_t device, SacCudaDevice* out,
                                  char* message, std::size_t message_size);

  // Runs one of our kernels and one LibTorch matrix product on the device and
  // compares both with the CPU. 0 for success; `message` holds the errors seen
  // either way.
  std::int32_t (*self_test)(std::int32_t device, char* message,
                            std::size_t message_size);
};

using SacCudaEntry = const SacCudaApi* (*)();

}  // extern "C"

}  // namespace softfleet

#endif  // SOFTFLEET_SAC_CUDA_PLUGIN_ABI_H_
