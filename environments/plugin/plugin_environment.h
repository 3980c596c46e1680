// SPDX-License-Identifier: Apache-2.0
// An environment from a shared library (softfleet_environment.h). Everything
// that the library says is checked: a spec that makes no sense, what it throws,
// numbers that are not finite. Not thread-safe, as every Environment.
#ifndef SOFTFLEET_ENVIRONMENTS_PLUGIN_PLUGIN_ENVIRONMENT_H_
#define SOFTFLEET_ENVIRONMENTS_PLUGIN_PLUGIN_ENVIRONMENT_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "environments/episodic_environment.h"
#include "environments/plugin/softfleet_environment.h"
#include "environments/settings.h"

namespace softfleet {

class PluginEnvironment : public EpisodicEnvironment {
 public:
  // `plugin` as LoadPlugin finds it. Beside LoadPlugin's errors: Internal with
  // what a function threw, InvalidArgument where that was invalid_argument or
  // where the spec makes no sense. The caller finishes `settings`.
  static absl::StatusOr<std::unique_ptr<EpisodicEnvironment>> Make(
      const std::string& plugin, SettingsReader& settings);

  std::vector<double> state() const override;
  void Observe(ObservationPlaces groups) const override;
  absl::Status SetPhysics(const Physics& physics) override;

 private:
  // The library's object, destroyed by the library.
  struct Destroyer {
    const SoftfleetEnvironmentApi* api;
    void operator()(void* object) const { api->destroy(object); }
  };
  using Object = std::unique_ptr<void, Destroyer>;

  PluginEnvironment(const SoftfleetEnvironmentApi& api, Object object,
                    EnvironmentSpec spec);

  absl::Status Start(uint64_t seed) override;
  absl::Status StartAt(std::span<const double> state) override;
  absl::StatusOr<StepResult> Advance(std::span<const float> action,
                                     int32_t index) override;
  absl::Status SaveState(std::string* bytes) const override;
  absl::Status RestoreState(absl::string_view bytes) override;

  // Calls api_.<function>(object, arguments..., error) for its status, with
  // `what` the function is called before it.
  template <typename Function, typename... Arguments>
  absl::Status Call(const char* what, Function function,
                    Arguments... arguments) const;
  // The same where nothing that it throws can be the caller's mistake.
  template <typename Function, typename... Arguments>
  absl::Status Run(const char* what, Function function,
                   Arguments... arguments) const;
  // Takes the observation that Observe shows.
  absl::Status ReadObservation();

  const SoftfleetEnvironmentApi& api_;
  Object object_;
  std::vector<std::vector<std::byte>> observation_;  // per group
  std::vector<std::span<std::byte>> places_;         // of observation_
  std::vector<void*> pointers_;                      // to the same
  std::vector<double> reward_components_;
  std::vector<float> executed_action_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_PLUGIN_PLUGIN_ENVIRONMENT_H_
