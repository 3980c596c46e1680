// SPDX-License-Identifier: Apache-2.0
// What the classic-control environments share: a state of a few doubles that
// is the whole physics, one float32 observation group, and a motor. A new one
// writes a spec and three small functions. Not thread-safe, as every
// Environment.
#ifndef SOFTFLEET_ENVIRONMENTS_CLASSIC_CLASSIC_CONTROL_H_
#define SOFTFLEET_ENVIRONMENTS_CLASSIC_CLASSIC_CONTROL_H_

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <vector>

#include "core/philox.h"
#include "environments/episodic_environment.h"

namespace softfleet {

class ClassicControl : public EpisodicEnvironment {
 public:
  std::vector<double> state() const final { return state_; }
  void Observe(ObservationPlaces groups) const final;

  // mass and gain.
  absl::Status SetPhysics(const Physics& physics) override;

 protected:
  // The spec needs exactly one observation group, float32.
  ClassicControl(EnvironmentSpec spec, size_t state_size);

  // Fills `state` with a start state, taking numbers from `random`, which is
  // Philox(seed, Purpose::kEnvironmentReset).
  virtual void DrawStart(Philox& random, std::span<double> state) const = 0;
  // One step of the physics on `state`; returns reward and `terminated`. The
  // action is the vector or the index, as the spec says, already checked.
  virtual StepResult Advance(std::span<const float> action, int32_t index,
                             std::span<double> state) const = 0;
  virtual void Observe(std::span<const double> state,
                       std::span<float> observation) const = 0;

  // SetPhysics of an environment that has the fields `known`, mass and gain
  // among them.
  absl::Status SetStrength(const Physics& physics,
                           std::initializer_list<absl::string_view> known);
  // What the motor's force or torque is multiplied with: its gain over the
  // factor of the masses, which cancel out everywhere else.
  double strength() const { return strength_; }

 private:
  absl::Status Start(uint64_t seed) final;
  absl::Status StartAt(std::span<const double> state) final;
  absl::StatusOr<StepResult> Advance(std::span<const float> action,
                                     int32_t index) final;
  absl::Status SaveState(std::string* bytes) const final;
  absl::Status RestoreState(absl::string_view bytes) final;

  std::vector<double> state_;
  double strength_ = 1;
};

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_CLASSIC_CLASSIC_CONTROL_H_
