// SPDX-License-Identifier: Apache-2.0
// Pendulum-v1 or CartPole-v1 as a test wants it to behave.
#ifndef SOFTFLEET_TESTS_ACTOR_SCRIPTED_ENVIRONMENT_H_
#define SOFTFLEET_TESTS_ACTOR_SCRIPTED_ENVIRONMENT_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "actor/rollout.h"
#include "environments/registry.h"

namespace softfleet {

// What happens instead of the inner environment's own; unset = that.
struct EnvironmentScript {
  std::function<absl::Status(Environment& inner, uint64_t seed)> reset =
      nullptr;
  std::function<absl::StatusOr<StepResult>(Environment& inner,
                                           std::span<const float> action)>
      step = nullptr;
  std::function<void(const Environment& inner, ObservationPlaces)> observe =
      nullptr;
  std::function<void()> destroy = nullptr;
};

class ScriptedEnvironment : public Environment {
 public:
  ScriptedEnvironment(std::unique_ptr<Environment> inner,
                      EnvironmentScript script)
      : inner_(std::move(inner)), script_(std::move(script)) {}
  ~ScriptedEnvironment() override {
    if (script_.destroy) script_.destroy();
  }

  const EnvironmentSpec& spec() const override { return inner_->spec(); }
  absl::Status Reset(uint64_t seed) override {
    return script_.reset ? script_.reset(*inner_, seed) : inner_->Reset(seed);
  }
  absl::Status ResetTo(std::span<const double> state) override {
    return inner_->ResetTo(state);
  }
  std::vector<double> state() const override { return inner_->state(); }
  absl::StatusOr<StepResult> Step(std::span<const float> action) override {
    return script_.step ? script_.step(*inner_, action) : inner_->Step(action);
  }
  absl::StatusOr<StepResult> Step(int32_t action) override {
    return inner_->Step(action);
  }
  void Observe(ObservationPlaces groups) const override {
    script_.observe ? script_.observe(*inner_, groups)
                    : inner_->Observe(groups);
  }
  absl::StatusOr<std::string> Save() const override { return inner_->Save(); }
  absl::Status Restore(absl::string_view saved) override {
    return inner_->Restore(saved);
  }

 private:
  const std::unique_ptr<Environment> inner_;
  const EnvironmentScript script_;
};

// Each environment it makes has a script of its own.
inline EnvironmentFactory Scripted(
    const EnvironmentOptions& options,
    std::function<EnvironmentScript()> make_script) {
  return [options, make_script = std::move(make_script)]()
             -> absl::StatusOr<std::unique_ptr<Environment>> {
    auto inner = MakeEnvironment(options);
    if (!inner.ok()) return inner.status();
    return std::make_unique<ScriptedEnvironment>(*std::move(inner),
                                                 make_script());
  };
}

}  // namespace softfleet

#endif  // SOFTFLEET_TESTS_ACTOR_SCRIPTED_ENVIRONMENT_H_
