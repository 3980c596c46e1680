// SPDX-License-Identifier: Apache-2.0
#include "environments/perturbation/action_delay.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/status.h"
#include "environments/episodic_environment.h"
#include "environments/state_bytes.h"

namespace softfleet {

ActionDelay::ActionDelay(PerturbationPlace place)
    : PerturbedEnvironment(std::move(place), "action_delay") {
  const auto delay = static_cast<size_t>(options().action_delay);
  const ActionSpec& action = spec().action;
  if (action.continuous()) {
    vectors_.resize(delay * static_cast<size_t>(action.dimension));
  } else {
    indices_.resize(delay);
  }
}

// An action that is none is refused when it is given, not when its turn comes.
absl::StatusOr<StepResult> ActionDelay::Step(std::span<const float> action) {
  SF_RETURN_IF_ERROR(CheckAction(spec(), action));
  const std::span<float> slot =
      std::span(vectors_).subspan(Slot() * action.size(), action.size());
  absl::StatusOr<StepResult> result =
      PerturbedEnvironment::Step(holds() ? slot : action);
  if (result.ok()) std::copy(action.begin(), action.end(), slot.begin());
  return result;
}

absl::StatusOr<StepResult> ActionDelay::Step(int32_t action) {
  SF_RETURN_IF_ERROR(CheckAction(spec(), action));
  int32_t& slot = indices_[Slot()];
  absl::StatusOr<StepResult> result =
      PerturbedEnvironment::Step(holds() ? slot : action);
  if (result.ok()) slot = action;
  return result;
}

void ActionDelay::Began() {
  std::fill(vectors_.begin(), vectors_.end(), 0.0f);
  std::fill(indices_.begin(), indices_.end(), 0);
}

void ActionDelay::SaveOwn(std::string* bytes) const {
  PutState(std::span<const float>(vectors_), bytes);
  PutState(std::span<const int32_t>(indices_), bytes);
}

bool ActionDelay::RestoreOwn(absl::string_view bytes) {
  std::vector<float> vectors(vectors_.size());
  std::vector<int32_t> indices(indices_.size());
  if (!TakeState(&bytes, std::span(vectors)) ||
      !TakeState(&bytes, std::span(indices)) || !bytes.empty()) {
    return false;
  }
  const bool actions =
      std::ranges::all_of(vectors, [](float x) { return std::isfinite(x); }) &&
      std::ranges::all_of(indices, [&](int32_t index) {
        return CheckAction(spec(), index).ok();
      });
  if (!actions) return false;
  vectors_ = std::move(vectors);
  indices_ = std::move(indices);
  return true;
}

}  // namespace softfleet
