// SPDX-License-Identifier: Apache-2.0
// A training episode that ended, for the records of a run. Plain value.
#ifndef SOFTFLEET_EXPERIENCE_EPISODE_H_
#define SOFTFLEET_EXPERIENCE_EPISODE_H_

#include <cstdint>

namespace softfleet {

struct FinishedEpisode {
  double episode_return = 0;
  uint64_t length = 0;  // steps
};

}  // namespace softfleet

#endif  // SOFTFLEET_EXPERIENCE_EPISODE_H_
