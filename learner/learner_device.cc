// SPDX-License-Identifier: Apache-2.0
#include "learner/learner_device.h"

#include "absl/strings/str_cat.h"
#include "core/log.h"
#include "core/status.h"
#include "sac/cuda_plugin.h"

namespace softfleet {
namespace {

// CUDA_VISIBLE_DEVICES says which it is.
constexpr int kFirst = 0;

absl::StatusOr<std::unique_ptr<CudaUpdate>> MakeCudaEngine(
    const LearnerOptions& options) {
  if (options.sac.engine == SacOptions::Engine::kReference) {
    return absl::InvalidArgumentError(
        "sac.engine=reference is computed on the CPU");
  }
  SF_ASSIGN_OR_RETURN(const CudaPlugin plugin, CudaPlugin::Load());
  SF_ASSIGN_OR_RETURN(const CudaDevice device, plugin.DescribeDevice(kFirst));
  SF_ASSIGN_OR_RETURN(std::unique_ptr<CudaUpdate> engine,
                      CudaUpdate::Create(plugin, kFirst, options.sac,
                                         options.batch_size, options.seed));
  LogInfo(absl::StrCat("learning on CUDA device ", kFirst, ", ", device.name));
  return engine;
}

}  // namespace

absl::StatusOr<std::unique_ptr<CudaUpdate>> MakeDeviceEngine(
    const LearnerOptions& options) {
  if (options.device == LearnerOptions::Device::kCpu) return nullptr;
  absl::StatusOr<std::unique_ptr<CudaUpdate>> engine = MakeCudaEngine(options);
  if (engine.ok()) return engine;
  if (options.device == LearnerOptions::Device::kAuto) {
    LogInfo(absl::StrCat("learner.device=auto: learning on the CPU, because ",
                         engine.status().message()));
    return nullptr;
  }
  // What is wrong with the configuration is not mended by another build.
  constexpr char kMissing[] =
      "; build with `cmake --preset cuda` and run where nvidia-smi shows a "
      "device";
  return absl::Status(
      engine.status().code(),
      absl::StrCat("learner.device=cuda: ", engine.status().message(),
                   absl::IsInvalidArgument(engine.status()) ? "" : kMissing,
                   "; or set learner.device=cpu or auto"));
}

}  // namespace softfleet
