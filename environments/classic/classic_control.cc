// SPDX-License-Identifier: Apache-2.0
#include "environments/classic/classic_control.h"

#include <algorithm>
#include <utility>

#include "core/status.h"
#include "environments/state_bytes.h"

namespace softfleet {

ClassicControl::ClassicControl(EnvironmentSpec spec, size_t state_size)
    : EpisodicEnvironment(std::move(spec)), state_(state_size) {}

absl::Status ClassicControl::Start(uint64_t seed) {
  Philox random(seed, Purpose::kEnvironmentReset);
  DrawStart(random, state_);
  return absl::OkStatus();
}

absl::Status ClassicControl::StartAt(std::span<const double> state) {
  SF_RETURN_IF_ERROR(CheckValues(spec().name, "state", state, state_.size()));
  std::copy(state.begin(), state.end(), state_.begin());
  return absl::OkStatus();
}

absl::StatusOr<StepResult> ClassicControl::Advance(
    std::span<const float> action, int32_t index) {
  return Advance(action, index, state_);
}

void ClassicControl::Observe(ObservationPlaces groups) const {
  const std::span<std::byte> place = groups.front();
  // A place within a block is aligned for its column's type.
  Observe(state_, {reinterpret_cast<float*>(place.data()),
                   place.size() / sizeof(float)});
}

absl::Status ClassicControl::SetPhysics(const Physics& physics) {
  return SetStrength(physics, {"mass", "gain"});
}

absl::Status ClassicControl::SetStrength(
    const Physics& physics, std::initializer_list<absl::string_view> known) {
  SF_RETURN_IF_ERROR(Annotate(CheckPhysics(physics, known), spec().name));
  strength_ = physics.gain / physics.mass;
  return absl::OkStatus();
}

absl::Status ClassicControl::SaveState(std::string* bytes) const {
  PutState(std::span<const double>(state_), bytes);
  return absl::OkStatus();
}

absl::Status ClassicControl::RestoreState(absl::string_view bytes) {
  std::vector<double> state(state_.size());
  if (!TakeState(&bytes, std::span(state)) || !bytes.empty()) {
    return absl::InvalidArgumentError("has the wrong size");
  }
  return StartAt(state);
}

}  // namespace softfleet
