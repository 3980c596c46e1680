// SPDX-License-Identifier: Apache-2.0
// Marks functions that both a CPU compiler and nvcc compile. Headers that use
// it are C++17 and need the standard library only.
#ifndef SOFTFLEET_CORE_HOST_DEVICE_H_
#define SOFTFLEET_CORE_HOST_DEVICE_H_

#ifndef SF_HOST_DEVICE
#ifdef __CUDACC__
#define SF_HOST_DEVICE __host__ __device__
#else
#define SF_HOST_DEVICE
#endif
#endif

#endif  // SOFTFLEET_CORE_HOST_DEVICE_H_
