// SPDX-License-Identifier: Apache-2.0
// Opens libsac_cuda.so, the CUDA half of the algorithm, in a program built
// without CUDA. Where the file, the driver or the device is missing, the caller
// gets a status that says which, and goes on with the CPU.
//
//   absl::StatusOr<CudaPlugin> cuda = CudaPlugin::Load();
//   if (cuda.ok() && cuda->DeviceCount() > 0) { ... }
#ifndef SOFTFLEET_SAC_CUDA_PLUGIN_H_
#define SOFTFLEET_SAC_CUDA_PLUGIN_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sac/cuda/plugin_abi.h"

namespace softfleet {

struct CudaDevice {
  std::string name;  // As the driver names it.
  int major = 0;     // Compute capability.
  int minor = 0;
  std::uint64_t free_bytes = 0;  // Of the device's memory, when asked.
  std::uint64_t total_bytes = 0;
};

// A value that is cheap to copy. The library stays open until the process ends.
// Thread-safe once loaded.
class CudaPlugin {
 public:
  // Opens the file that the environment variable SOFTFLEET_CUDA_PLUGIN names,
  // or libsac_cuda.so from `../lib` beside the program's folder (build and
  // installation) or from the program's folder.
  //
  // NotFound: no such file. FailedPrecondition: it cannot be loaded (the
  // loader's reason follows), or it is not a plug-in of this version.
  static absl::StatusOr<CudaPlugin> Load();

  // The same for one file.
  static absl::StatusOr<CudaPlugin> Load(const std::string& path);

  // Number of usable devices; if it is 0, `why_none` gets the driver's reason.
  int DeviceCount(std::string* why_none = nullptr) const;

  // `device` in [0, DeviceCount()).
  absl::StatusOr<CudaDevice> DescribeDevice(int device) const;

  // Runs a kernel and a matrix product on `device` and compares both
  // with the CPU: OK means that driver, libraries and device work together.
  absl::Status SelfTest(int device) const;

  // The plug-in's calls, for those who wrap them.
  const SacCudaApi& api() const { return *api_; }

 private:
  explicit CudaPlugin(const SacCudaApi* api) : api_(api) {}

  const SacCudaApi* api_;  // Never null; lives as long as the process.
};

}  // namespace softfleet

#endif  // SOFTFLEET_SAC_CUDA_PLUGIN_H_
