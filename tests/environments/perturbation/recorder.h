// SPDX-License-Identifier: Apache-2.0
// An environment that keeps what is done to it: the actions it executed and the
// physics under which it did.
#ifndef SOFTFLEET_TESTS_ENVIRONMENTS_PERTURBATION_RECORDER_H_
#define SOFTFLEET_TESTS_ENVIRONMENTS_PERTURBATION_RECORDER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "environments/episodic_environment.h"
#include "environments/perturbation/perturb.h"
#include "environments/state_bytes.h"

namespace softfleet {

// Actions are `dimension` numbers, or (0) one of five indices. Observations are
// "state" = [t, -t, t^2] + 1000 at step t, and "pixels" = four bytes of t + 1.
class Recorder : public EpisodicEnvironment {
 public:
  struct Taken {
    std::vector<float> action;
    int32_t index = 0;
    Physics physics;
  };

  explicit Recorder(int64_t dimension = 2, bool pixels = false)
      : EpisodicEnvironment(MakeSpec(dimension, pixels)) {}

  // Of this episode.
  const std::vector<Taken>& taken() const { return taken_; }
  // When the episode began.
  const Physics& start_physics() const { return start_physics_; }

  std::vector<double> state() const override { return {time_}; }
  void Observe(ObservationPlaces groups) const override {
    const float t = static_cast<float>(time_);
    const float values[] = {1000 + t, 1000 - t, 1000 + t * t};
    std::memcpy(groups[0].data(), values, sizeof(values));
    if (groups.size() < 2) return;
    std::memset(groups[1].data(), static_cast<int>(time_ + 1), 4);
  }
  absl::Status SetPhysics(const Physics& physics) override {
    physics_ = physics;
    return absl::OkStatus();
  }

 private:
  static EnvironmentSpec MakeSpec(int64_t dimension, bool pixels) {
    EnvironmentSpec spec;
    spec.name = "Recorder";
    spec.observations = {{"state", DType::kF32, {3}}};
    if (pixels) spec.observations.push_back({"pixels", DType::kU8, {4}});
    spec.action = {ActionSpec::Kind::kDiscrete, 0, 5};
    if (dimension > 0) {
      spec.action = {ActionSpec::Kind::kContinuous, dimension, 0};
      spec.action_low.assign(static_cast<size_t>(dimension), -1);
      spec.action_high.assign(static_cast<size_t>(dimension), 1);
    }
    return spec;
  }

  absl::Status Start(uint64_t /*seed*/) override {
    const double zero = 0;
    return StartAt({&zero, 1});
  }
  absl::Status StartAt(std::span<const double> state) override {
    time_ = state[0];
    taken_.clear();
    start_physics_ = physics_;
    return absl::OkStatus();
  }
  absl::StatusOr<StepResult> Advance(std::span<const float> action,
                                     int32_t index) override {
    taken_.push_back({{action.begin(), action.end()}, index, physics_});
    ++time_;
    return StepResult();
  }
  absl::Status SaveState(std::string* bytes) const override {
    PutState(time_, bytes);
    return absl::OkStatus();
  }
  absl::Status RestoreState(absl::string_view bytes) override {
    if (!TakeState(&bytes, &time_) || !bytes.empty()) {
      return absl::InvalidArgumentError("has the wrong size");
    }
    taken_.clear();
    return absl::OkStatus();
  }

  double time_ = 0;
  Physics physics_;
  Physics start_physics_;
  std::vector<Taken> taken_;
};

// A recorder and what perturbs it.
struct PerturbedRecorder {
  const Recorder* recorder;
  std::unique_ptr<Environment> environment;
};

inline PerturbedRecorder PerturbRecorder(
    std::vector<PerturbationOptions> perturbations, int64_t dimension = 2,
    bool pixels = false) {
  auto recorder = std::make_unique<Recorder>(dimension, pixels);
  const Recorder* const raw = recorder.get();
  return {raw, Perturb(std::move(recorder), perturbations).value()};
}

}  // namespace softfleet

#endif  // SOFTFLEET_TESTS_ENVIRONMENTS_PERTURBATION_RECORDER_H_
