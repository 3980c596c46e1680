// SPDX-License-Identifier: Apache-2.0
#include "environments/perturbation/perturbed_environment.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/hash.h"
#include "core/status.h"
#include "environments/state_bytes.h"

namespace softfleet {
namespace {

constexpr uint32_t kSaveVersion = 1;

std::string SaveHeader(absl::string_view kind,
                       const PerturbationOptions& options) {
  const std::string text =
      absl::StrCat(kind, " ", DescribePerturbation(options));
  std::string bytes;
  PutState(kSaveVersion, &bytes);
  PutState(static_cast<uint32_t>(text.size()), &bytes);
  return bytes + text;
}

uint64_t SeedOf(std::span<const double> state) {
  return Fnv1a64(
      {reinterpret_cast<const char*>(state.data()), state.size_bytes()});
}

}  // namespace

PerturbedEnvironment::PerturbedEnvironment(PerturbationPlace place,
                                           absl::string_view kind)
    : inner_(std::move(place.inner)),
      options_(std::move(place.options)),
      index_(place.index),
      header_(SaveHeader(kind, options_)) {}

template <typename Begin>
absl::Status PerturbedEnvironment::BeginWith(uint64_t seed, Begin begin) {
  SF_RETURN_IF_ERROR(PrepareReset());
  SF_RETURN_IF_ERROR(begin());
  seed_ = seed;
  step_ = 0;
  Began();
  return absl::OkStatus();
}

absl::Status PerturbedEnvironment::Reset(uint64_t seed) {
  return BeginWith(seed, [&] { return inner_->Reset(seed); });
}

absl::Status PerturbedEnvironment::ResetTo(std::span<const double> state) {
  return BeginWith(SeedOf(state), [&] { return inner_->ResetTo(state); });
}

template <typename Action>
absl::StatusOr<StepResult> PerturbedEnvironment::StepWith(Action action) {
  SF_RETURN_IF_ERROR(PrepareStep());
  absl::StatusOr<StepResult> result = inner_->Step(action);
  if (!result.ok()) return result;
  ++step_;
  Stepped();
  return result;
}

absl::StatusOr<StepResult> PerturbedEnvironment::Step(
    std::span<const float> action) {
  return StepWith(action);
}

absl::StatusOr<StepResult> PerturbedEnvironment::Step(int32_t action) {
  return StepWith(action);
}

void PerturbedEnvironment::Observe(ObservationPlaces groups) const {
  inner_->Observe(groups);
}

absl::Status PerturbedEnvironment::SetPhysics(const Physics& physics) {
  return inner_->SetPhysics(physics);
}

Philox PerturbedEnvironment::Random(Purpose purpose) const {
  return Philox(seed_, purpose, index_, static_cast<uint64_t>(step_));
}

absl::StatusOr<std::string> PerturbedEnvironment::Save() const {
  SF_ASSIGN_OR_RETURN(const std::string inner, inner_->Save());
  std::string own;
  SaveOwn(&own);
  std::string bytes = header_;
  PutState(step_, &bytes);
  PutState(seed_, &bytes);
  PutState(static_cast<uint64_t>(own.size()), &bytes);
  return absl::StrCat(bytes, own, inner);
}

absl::Status PerturbedEnvironment::Restore(absl::string_view saved) {
  const auto refuse = [&](absl::string_view why) {
    return absl::InvalidArgumentError(
        absl::StrCat(spec().name, ": saved state of ", saved.size(),
                     " bytes of a perturbed environment ", why));
  };
  if (saved.substr(0, header_.size()) != absl::string_view(header_)) {
    return refuse("is of another environment, perturbation or version");
  }
  absl::string_view rest = saved.substr(header_.size());
  int64_t step = 0;
  uint64_t seed = 0;
  uint64_t own_size = 0;
  if (!TakeState(&rest, &step) || !TakeState(&rest, &seed) ||
      !TakeState(&rest, &own_size) || own_size > rest.size()) {
    return refuse("is cut off");
  }
  std::string own;
  SaveOwn(&own);
  if (step < 0 || !RestoreOwn(rest.substr(0, own_size))) {
    return refuse("is damaged");
  }
  const absl::Status restored = inner_->Restore(rest.substr(own_size));
  if (!restored.ok()) {
    RestoreOwn(own);
    return restored;
  }
  step_ = step;
  seed_ = seed;
  return absl::OkStatus();
}

}  // namespace softfleet
