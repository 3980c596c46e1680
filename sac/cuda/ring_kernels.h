// SPDX-License-Identifier: Apache-2.0
// An update's dealings with a RowRing, as functors (see layer_kernels.h).
// C++17, standard library only.
#ifndef SOFTFLEET_SAC_CUDA_RING_KERNELS_H_
#define SOFTFLEET_SAC_CUDA_RING_KERNELS_H_

#include <cstdint>

#include "core/host_device.h"
#include "sac/cuda/engine_options.h"
#include "sac/cuda/update_kernels.h"
#include "sac/ring/prioritized.h"
#include "sac/ring/row_ring.h"

namespace softfleet {

// Places a staged block; one team.
struct PlaceStagedBlock {
  RowRing ring;
  const StagedBlock* block;

  template <typename Team>
  SF_HOST_DEVICE void operator()(const Team& team, int64_t) const {
    PlaceBlock(team, ring, *block);
  }
};

// Gives every row the mass of a new one; one team.
struct ResetRing {
  RowRing ring;

  template <typename Team>
  SF_HOST_DEVICE void operator()(const Team& team, int64_t) const {
    ResetMasses(team, ring);
  }
};

// Draws the rows of the update that has begun; one team.
template <typename T>
struct DrawRows {
  RowRing ring;
  SacCudaSampling sampling;
  const UpdateScalars<T>* scalars;
  uint64_t seed;
  uint32_t count;
  uint64_t* ids;
  double* weights;

  SF_HOST_DEVICE double ImportanceExponent(double update) const {
    const double share = update / sampling.importance_updates;
    return sampling.importance_begin +
           (share < 1 ? share : 1) *
               (sampling.importance_end - sampling.importance_begin);
  }
  template <typename Team>
  SF_HOST_DEVICE void operator()(const Team& team, int64_t) const {
    const auto update = static_cast<uint64_t>(scalars->counters.updates);
    const PhiloxStream stream = {seed, kReplayDrawPurpose, 0, update};
    if (sampling.prioritized != 0) {
      SamplePrioritized(team, ring, stream, count,
                        ImportanceExponent(static_cast<double>(update)), ids,
                        weights);
    } else {
      SampleUniform(team, ring, stream, count, ids);
    }
  }
};

// Gathers the rows drawn; a team for each.
template <typename T>
struct GatherRows {
  RowRing ring;
  GatherOptions options;
  RowBatch<T> batch;

  template <typename Team>
  SF_HOST_DEVICE void operator()(const Team& team, int64_t row) const {
    GatherRow(team, ring, options, static_cast<uint64_t>(row), batch);
  }
};

// Gives the rows drawn their priorities; one team.
template <typename T>
struct PrioritizeRows {
  RowRing ring;
  const uint64_t* ids;
  const T* priorities;
  uint32_t count;
  double exponent;

  template <typename Team>
  SF_HOST_DEVICE void operator()(const Team& team, int64_t) const {
    SetPriorities(team, ring, ids, priorities, count, exponent);
  }
};

}  // namespace softfleet

#endif  // SOFTFLEET_SAC_CUDA_RING_KERNELS_H_
