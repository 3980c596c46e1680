// SPDX-License-Identifier: Apache-2.0
// A team runs one function together: the threads of a CUDA block, or one CPU
// thread. Functions over a Team are written once. A Team has
//
//   rank(), size()        this member, and how many there are
//   Sync()                all wait for all; what was written before is seen
//   Count(flag, &before, &total)
//                         how many members of lower rank, and of all, said yes
//   Sum(value), Max(value)
//                         over the team, in an order that depends on its size
//                         only; every member gets the result
//
// All but rank and size must be called by every member. C++17.
#ifndef SOFTFLEET_SAC_RING_TEAM_H_
#define SOFTFLEET_SAC_RING_TEAM_H_

#include <cstdint>

#include "core/host_device.h"

namespace softfleet {

// A team of one.
struct SoloTeam {
  SF_HOST_DEVICE uint32_t rank() const { return 0; }
  SF_HOST_DEVICE uint32_t size() const { return 1; }
  SF_HOST_DEVICE void Sync() const {}
  SF_HOST_DEVICE void Count(bool flag, uint32_t* before,
                            uint32_t* total) const {
    *before = 0;
    *total = flag ? 1 : 0;
  }
  SF_HOST_DEVICE double Sum(double value) const { return value; }
  SF_HOST_DEVICE double Max(double value) const { return value; }
};

}  // namespace softfleet

#endif  // SOFTFLEET_SAC_RING_TEAM_H_
