// SPDX-License-Identifier: Apache-2.0
#include "environments/perturbation/observation_noise.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace softfleet {

absl::Status CheckNoiseFits(const EnvironmentSpec& spec) {
  for (const ObservationGroup& group : spec.observations) {
    if (group.dtype == DType::kF32) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        spec.name, "'s observation group \"", group.name, "\" is of ",
        DTypeName(group.dtype), ", and noise is for float numbers"));
  }
  return absl::OkStatus();
}

ObservationNoise::ObservationNoise(PerturbationPlace place)
    : PerturbedEnvironment(std::move(place), "noise") {}

void ObservationNoise::Observe(ObservationPlaces groups) const {
  inner().Observe(groups);
  if (!holds()) return;
  Philox random = Random(Purpose::kObservationNoise);
  for (const std::span<std::byte> place : groups) {
    // A place within a block is aligned for its column's type.
    const std::span<float> values(reinterpret_cast<float*>(place.data()),
                                  place.size() / sizeof(float));
    for (float& value : values) {
      const double noise = options().observation_noise * random.NextNormal();
      value = static_cast<float>(value + noise);
    }
  }
}

}  // namespace softfleet
