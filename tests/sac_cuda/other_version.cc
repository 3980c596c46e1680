// SPDX-License-Identifier: Apache-2.0
// A plug-in of a version that this program does not speak.
#include "sac/cuda/plugin_abi.h"

extern "C" const softfleet::SacCudaApi* softfleet_sac_cuda_api() {
  static constexpr softfleet::SacCudaApi kApi = {
      softfleet::kSacCudaAbiVersion + 41, nullptr, nullptr, nullptr, nullptr};
  return &kApi;
}
