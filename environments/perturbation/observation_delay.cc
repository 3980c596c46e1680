// SPDX-License-Identifier: Apache-2.0
#include "environments/perturbation/observation_delay.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace softfleet {

ObservationDelay::ObservationDelay(PerturbationPlace place)
    : PerturbedEnvironment(std::move(place), "observation_delay") {
  for (int64_t i = 0; i <= options().observation_delay; ++i) {
    shown_.emplace_back(spec());
  }
}

void ObservationDelay::Observe(ObservationPlaces groups) const {
  if (!holds()) return inner().Observe(groups);
  const auto oldest = static_cast<size_t>(step() + 1) % shown_.size();
  const auto from = shown_[oldest].groups();
  for (size_t g = 0; g < groups.size(); ++g) {
    std::copy(from[g].begin(), from[g].end(), groups[g].begin());
  }
}

void ObservationDelay::Began() {
  for (ObservationBuffer& observation : shown_) observation.Read(inner());
}

void ObservationDelay::Stepped() {
  shown_[static_cast<size_t>(step()) % shown_.size()].Read(inner());
}

void ObservationDelay::SaveOwn(std::string* bytes) const {
  for (const ObservationBuffer& observation : shown_) {
    for (const auto group : observation.groups()) {
      bytes->append(reinterpret_cast<const char*>(group.data()), group.size());
    }
  }
}

bool ObservationDelay::RestoreOwn(absl::string_view bytes) {
  std::string own;
  SaveOwn(&own);
  if (bytes.size() != own.size()) return false;
  for (ObservationBuffer& observation : shown_) {
    for (const std::span<std::byte> place : observation.places()) {
      std::memcpy(place.data(), bytes.data(), place.size());
      bytes.remove_prefix(place.size());
    }
  }
  return true;
}

}  // namespace softfleet
