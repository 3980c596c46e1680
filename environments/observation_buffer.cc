// SPDX-License-Identifier: Apache-2.0
#include "environments/observation_buffer.h"

namespace softfleet {

ObservationBuffer::ObservationBuffer(const EnvironmentSpec& spec) {
  for (const ObservationGroup& group : spec.observations) {
    columns_.emplace_back(group.bytes());
    places_.emplace_back(columns_.back());
    groups_.emplace_back(places_.back());
  }
}

}  // namespace softfleet
