// SPDX-License-Identifier: Apache-2.0
// How much work the phases of an update are: matrix products and bytes, from
// the shapes alone. Standard library only. Thread-safe: free functions.
#ifndef SOFTFLEET_SAC_UPDATE_WORK_H_
#define SOFTFLEET_SAC_UPDATE_WORK_H_

#include <cstdint>
#include <vector>

#include "sac/phase_clock.h"
#include "sac/update.h"

namespace softfleet {

// One product of a layer with n outputs and k inputs for m rows.
struct MatrixProduct {
  enum class Kind {
    kForward,         // y[m, n] = x[m, k] w[n, k]^T
    kInputGradient,   // dx[m, k] = dy[m, n] w[n, k]
    kWeightGradient,  // dw[n, k] = dy[m, n]^T x[m, k]
  };
  Kind kind = Kind::kForward;
  int64_t m = 0, n = 0, k = 0;
  double times = 1;  // per update; below 1 where only some updates do it

  double flops() const;     // of all times
  double elements() const;  // that all times read and write, each matrix once
};

struct PhaseWork {
  std::vector<MatrixProduct> products;
  double bytes = 0;  // read and written, were nothing in a cache
};

// Of a mean update with a batch of that size. The products that the mathematics
// needs: where the actor follows the lowest critic, one critic's gradients per
// row. (The reference goes back through critics and actor in one phase, and
// through all critics.)
PhaseWork WorkOf(const SacOptions& options, int64_t batch, UpdatePhase phase);

}  // namespace softfleet

#endif  // SOFTFLEET_SAC_UPDATE_WORK_H_
