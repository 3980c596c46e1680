// SPDX-License-Identifier: Apache-2.0
// What the classic-control environments share: a state of a few doubles that
// is the whole physics, one float32 observation group "state", the time limit
// and the bookkeeping of episodes. A new one writes a spec and three small
// functions. Not thread-safe, as every Environment.
#ifndef SOFTFLEET_ENVIRONMENTS_CLASSIC_CONTROL_H_
#define SOFTFLEET_ENVIRONMENTS_CLASSIC_CONTROL_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/philox.h"
#include "environments/environment.h"

namespace softfleet {

class ClassicControl : public Environment {
 public:
  const EnvironmentSpec& spec() const override { return spec_; }

  // Draws the start from Philox(seed, Purpose::kEnvironmentReset).
  absl::Status Reset(uint64_t seed) override;
  absl::Status ResetTo(std::span<const double> state) override;
  std::vector<double> state() const override { return state_; }

  absl::StatusOr<StepResult> Step(std::span<const float> action) override;
  absl::StatusOr<StepResult> Step(int32_t action) override;

  std::vector<std::span<const std::byte>> Observation() const override;

  // Little endian: format version, length and text of the name, steps taken,
  // whether the episode is over, the state.
  std::string Save() const override;
  absl::Status Restore(absl::string_view saved) override;

 protected:
  // The spec needs exactly one observation group, float32.
  ClassicControl(EnvironmentSpec spec, size_t state_size);

  // Fills `state` with a start state, taking numbers from `random`.
  virtual void DrawStart(Philox& random, std::span<double> state) const = 0;
  // One step of the physics on `state`; returns reward and `terminated`. The
  // action is the vector or the index, as the spec says, already checked.
  virtual StepResult Advance(std::span<const float> action, int32_t index,
                             std::span<double> state) const = 0;
  virtual void Observe(std::span<const double> state,
                       std::span<float> observation) const = 0;

 private:
  void Begin();
  absl::Status CheckRunning() const;
  StepResult Finish(StepResult result);

  EnvironmentSpec spec_;
  std::vector<double> state_;
  std::vector<float> observation_;
  int64_t steps_ = 0;  // of this episode
  bool ended_ = true;  // or not begun
};

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_CLASSIC_CONTROL_H_
