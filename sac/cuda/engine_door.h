// SPDX-License-Identifier: Apache-2.0
// The engine's calls for the plug-in's door.
#ifndef SOFTFLEET_SAC_CUDA_ENGINE_DOOR_H_
#define SOFTFLEET_SAC_CUDA_ENGINE_DOOR_H_

#include "sac/cuda/plugin_abi.h"

namespace softfleet {

extern const SacCudaEngineApi kSacCudaEngineApi;

}  // namespace softfleet

#endif  // SOFTFLEET_SAC_CUDA_ENGINE_DOOR_H_
