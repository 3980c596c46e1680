// SPDX-License-Identifier: Apache-2.0
// The host's side of an engine's buffers: options, state and batches as
// sac/update.h has them, laid out as sac/cuda/state_layout.h says. Needs no
// CUDA. Free functions; thread-safe.
#ifndef SOFTFLEET_SAC_CUDA_ENGINE_BUFFERS_H_
#define SOFTFLEET_SAC_CUDA_ENGINE_BUFFERS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sac/cuda/engine_options.h"
#include "sac/cuda/state_layout.h"
#include "sac/update.h"

namespace softfleet {

// `seed` is that of the draws and the noise that the engine makes itself.
// Networks of more than 32 hidden layers do not fit (SacAgent checks).
SacCudaOptions ToCudaOptions(const SacOptions& options, int64_t batch_size,
                             uint64_t seed);

// Views of a state buffer under the names of SacStateView.
std::vector<SacStateView> ViewState(const SacCudaOptions& options,
                                    float* state);
std::vector<SacStateView> ViewState(const SacCudaOptions& options,
                                    double* state);

// Lays out a batch of options.batch_size rows in BatchLayout::bytes bytes.
void PackBatch(const SacCudaOptions& options, const SacBatch& batch,
               const SacDraws& draws, std::byte* out);

SacStatistics ToStatistics(const SacCudaStatistics& statistics);

}  // namespace softfleet

#endif  // SOFTFLEET_SAC_CUDA_ENGINE_BUFFERS_H_
