// SPDX-License-Identifier: Apache-2.0
// An environment's observation as numbers, for tests.
#ifndef SOFTFLEET_TESTS_TESTING_OBSERVED_H_
#define SOFTFLEET_TESTS_TESTING_OBSERVED_H_

#include <cstring>
#include <vector>

#include "environments/observation_buffer.h"

namespace softfleet {

// The first group, which is float32.
inline std::vector<float> ObservedFloats(const Environment& environment) {
  ObservationBuffer observation(environment.spec());
  observation.Read(environment);
  const auto bytes = observation.groups()[0];
  std::vector<float> values(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

}  // namespace softfleet

#endif  // SOFTFLEET_TESTS_TESTING_OBSERVED_H_
