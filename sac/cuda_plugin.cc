// SPDX-License-Identifier: Apache-2.0
#include "sac/cuda_plugin.h"

#include <dlfcn.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace softfleet {
namespace {

constexpr char kFileName[] = "libsac_cuda.so";

using Message = std::array<char, 1024>;

std::string LoaderError() {
  const char* reason = dlerror();  // NOLINT(concurrency-mt-unsafe): glibc's is
  return reason == nullptr ? "unknown reason" : reason;
}

std::vector<std::string> DefaultPaths() {
  std::error_code error;
  const std::filesystem::path program =
      std::filesystem::read_symlink("/proc/self/exe", error);
  const std::filesystem::path folder = program.parent_path();
  return {(folder.parent_path() / "lib" / kFileName).string(),
          (folder / kFileName).string()};
}

absl::Status CheckDevice(const CudaPlugin& plugin, int device) {
  std::string why_none;
  const int count = plugin.DeviceCount(&why_none);
  if (device >= 0 && device < count) return absl::OkStatus();
  if (count == 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("no CUDA device: ", why_none));
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "CUDA device ", device, " does not exist; there are ", count));
}

}  // namespace

absl::StatusOr<CudaPlugin> CudaPlugin::Load() {
  if (const char* named = std::getenv("SOFTFLEET_CUDA_PLUGIN")) {
    return Load(std::string(named));
  }
  const std::vector<std::string> paths = DefaultPaths();
  for (const std::string& path : paths) {
    std::error_code error;
    if (std::filesystem::exists(path, error)) return Load(path);
  }
  return absl::NotFoundError(
      absl::StrCat("the CUDA plug-in is not installed; looked for ",
                   absl::StrJoin(paths, " and ")));
}

absl::StatusOr<CudaPlugin> CudaPlugin::Load(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    return absl::NotFoundError(
        absl::StrCat("CUDA plug-in ", path, ": no such file"));
  }
  // A name without a slash would be searched for in the system's folders.
  const std::string absolute = std::filesystem::absolute(path, error).string();
  void* library = dlopen(absolute.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    return absl::FailedPreconditionError(absl::StrCat(
        "CUDA plug-in ", path, " cannot be loaded: ", LoaderError()));
  }
  const auto entry =
      reinterpret_cast<SacCudaEntry>(dlsym(library, kSacCudaEntryName));
  if (entry == nullptr) {
    return absl::FailedPreconditionError(absl::StrCat(
        path, " is not Softfleet's CUDA plug-in: ", LoaderError()));
  }
  const SacCudaApi* api = entry();
  if (api == nullptr || api->abi_version != kSacCudaAbiVersion) {
    return absl::FailedPreconditionError(absl::StrCat(
        "CUDA plug-in ", path, " speaks version ",
        api == nullptr ? 0 : api->abi_version, ", this program version ",
        kSacCudaAbiVersion, "; build both from the same source"));
  }
  return CudaPlugin(api);
}

int CudaPlugin::DeviceCount(std::string* why_none) const {
  Message message{};
  const int count = api_->device_count(message.data(), message.size());
  if (count == 0 && why_none != nullptr) *why_none = message.data();
  return count;
}

absl::StatusOr<CudaDevice> CudaPlugin::DescribeDevice(int device) const {
  if (absl::Status status = CheckDevice(*this, device); !status.ok()) {
    return status;
  }
  Message message{};
  SacCudaDevice raw{};
  if (api_->describe_device(device, &raw, message.data(), message.size()) !=
      0) {
    return absl::InternalError(
        absl::StrCat("CUDA device ", device, ": ", message.data()));
  }
  return CudaDevice{raw.name, raw.major, raw.minor, raw.free_bytes,
                    raw.total_bytes};
}

absl::Status CudaPlugin::SelfTest(int device) const {
  if (absl::Status status = CheckDevice(*this, device); !status.ok()) {
    return status;
  }
  Message message{};
  if (api_->self_test(device, message.data(), message.size()) != 0) {
    return absl::InternalError(absl::StrCat(
        "CUDA device ", device, " fails its self-test: ", message.data()));
  }
  return absl::OkStatus();
}

}  // namespace softfleet
