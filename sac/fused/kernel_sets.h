// SPDX-License-Identifier: Apache-2.0
// The kernels of each instruction set, whether this processor has it or not.
// For kernels.cc; others ask AvailableKernels().
#ifndef SOFTFLEET_SAC_FUSED_KERNEL_SETS_H_
#define SOFTFLEET_SAC_FUSED_KERNEL_SETS_H_

#include "sac/fused/kernels.h"

namespace softfleet::fused {

// kernels_plain.cc: any processor.
extern const Kernels<float> kPlainFloat;
extern const Kernels<double> kPlainDouble;
#if defined(__x86_64__)
extern const Kernels<float> kAvx2Float;
extern const Kernels<double> kAvx2Double;
extern const Kernels<float> kAvx512Float;
extern const Kernels<double> kAvx512Double;
extern const Kernels<float> kAvx512BFloat16;
extern const Kernels<float> kAmxBFloat16;
#endif

}  // namespace softfleet::fused

#endif  // SOFTFLEET_SAC_FUSED_KERNEL_SETS_H_
