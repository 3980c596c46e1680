// SPDX-License-Identifier: Apache-2.0
// The bytes of one observation, for who keeps them outside a block. Not
// thread-safe; one owner.
#ifndef SOFTFLEET_ENVIRONMENTS_OBSERVATION_BUFFER_H_
#define SOFTFLEET_ENVIRONMENTS_OBSERVATION_BUFFER_H_

#include <cstddef>
#include <span>
#include <vector>

#include "environments/environment.h"

namespace softfleet {

class ObservationBuffer {
 public:
  explicit ObservationBuffer(const EnvironmentSpec& spec);
  ObservationBuffer(const ObservationBuffer&) = delete;
  ObservationBuffer& operator=(const ObservationBuffer&) = delete;
  ObservationBuffer(ObservationBuffer&&) = default;
  ObservationBuffer& operator=(ObservationBuffer&&) = default;

  // Takes the environment's current observation; it has the same spec.
  void Read(const Environment& environment) { environment.Observe(places_); }

  // Each group's bytes, in the spec's order, until the next Read.
  std::span<const std::span<const std::byte>> groups() const { return groups_; }
  // The same, to be written by other means than Read.
  ObservationPlaces places() const { return places_; }

 private:
  std::vector<std::vector<std::byte>> columns_;
  std::vector<std::span<std::byte>> places_;
  std::vector<std::span<const std::byte>> groups_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_OBSERVATION_BUFFER_H_
