// SPDX-License-Identifier: Apache-2.0
// The kernels for AVX-512 F. Compiled with it: see kernel_body.h for why
// nothing here may have external linkage but the two tables.
#include "sac/fused/avx512_vectors.h"
#include "sac/fused/kernel_sets.h"

namespace softfleet::fused {

const Kernels<float> kAvx512Float = KernelsOf<Avx512Float>("avx512");
const Kernels<double> kAvx512Double = KernelsOf<Avx512Double>("avx512");

}  // namespace softfleet::fused
