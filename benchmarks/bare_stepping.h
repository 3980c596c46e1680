// SPDX-License-Identifier: Apache-2.0
// Environments and nothing else: stepped one after another with uniform random
// continuous actions, observing every step. Not thread-safe.
#ifndef SOFTFLEET_BENCHMARKS_BARE_STEPPING_H_
#define SOFTFLEET_BENCHMARKS_BARE_STEPPING_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "environments/environment.h"
#include "environments/observation_buffer.h"

namespace softfleet {

class BareStepping {
 public:
  // Ends the program where there is no such environment.
  BareStepping(const std::string& environment, int count);

  // Has each of so many threads step its share for that long; steps taken.
  uint64_t Run(size_t threads, absl::Duration duration);

 private:
  struct Place {
    std::unique_ptr<Environment> environment;
    ObservationBuffer observation;
    size_t steps = 0;
    uint64_t episodes = 0;
  };
  void Step(Place& place) const;

  std::vector<Place> places_;
  std::vector<std::vector<float>> actions_;  // drawn before, taken in turn
};

}  // namespace softfleet

#endif  // SOFTFLEET_BENCHMARKS_BARE_STEPPING_H_
