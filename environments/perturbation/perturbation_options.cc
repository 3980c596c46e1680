// SPDX-License-Identifier: Apache-2.0
#include "environments/perturbation/perturbation_options.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/status.h"
#include "environments/settings.h"

namespace softfleet {
namespace {

// Beyond it an episode would hardly see an action or an observation.
constexpr int64_t kMostDelay = 1000;
// Of forces, N, and of noise: far beyond any use.
constexpr double kMost = 1e9;

template <typename T>
absl::Status CheckRange(absl::string_view field, T value, T low, T high) {
  if (value >= low && value <= high) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      field, " is ", value, ", not within [", low, ", ", high, "]"));
}

// Collects "name:value" for what differs from `standard`.
class Differences {
 public:
  void Add(absl::string_view name, double value, double standard) {
    if (value != standard) texts_.push_back(Text(name, ExactText(value)));
  }
  void Add(absl::string_view name, int64_t value, int64_t standard) {
    if (value != standard) texts_.push_back(Text(name, absl::StrCat(value)));
  }
  void Add(absl::string_view name, const std::vector<std::string>& values) {
    if (values.empty()) return;
    texts_.push_back(
        Text(name, absl::StrCat("[", absl::StrJoin(values, ","), "]")));
  }
  bool empty() const { return texts_.empty(); }
  std::string text() const { return absl::StrJoin(texts_, " "); }

 private:
  static std::string Text(absl::string_view name, absl::string_view value) {
    return absl::StrCat(name, ":", value);
  }

  std::vector<std::string> texts_;
};

void AddPhysics(const Physics& physics, Differences* differences) {
  const Physics nominal;
  differences->Add("friction", physics.friction, nominal.friction);
  differences->Add("mass", physics.mass, nominal.mass);
  differences->Add("gain", physics.gain, nominal.gain);
  differences->Add("contact_time", physics.contact_time, nominal.contact_time);
  differences->Add("contact_damping", physics.contact_damping,
                   nominal.contact_damping);
  differences->Add("gravity_tilt", physics.gravity_tilt, nominal.gravity_tilt);
  for (size_t i = 0; i < physics.force.size(); ++i) {
    differences->Add(absl::StrCat("force[", i, "]"), physics.force[i], 0.0);
  }
  differences->Add("blocked", physics.blocked);
}

// Only what has an effect: a force without a probability has none.
Differences Effects(const PerturbationOptions& options) {
  Differences effects;
  AddPhysics(options.physics, &effects);
  if (options.has_pushes()) {
    effects.Add("push_probability", options.push_probability, 0.0);
    effects.Add("push_force", options.push_force, 0.0);
    effects.Add("push_steps", options.push_steps, int64_t{1});
  }
  effects.Add("action_delay", options.action_delay, int64_t{0});
  effects.Add("observation_delay", options.observation_delay, int64_t{0});
  if (options.has_dropout()) {
    effects.Add("dropout_probability", options.dropout_probability, 0.0);
    effects.Add("dropout_group", options.dropout_groups);
  }
  effects.Add("observation_noise", options.observation_noise, 0.0);
  return effects;
}

}  // namespace

absl::Status CheckPerturbation(const PerturbationOptions& options) {
  if (options.steps.from < 0 || options.steps.until <= options.steps.from) {
    return absl::InvalidArgumentError(
        absl::StrCat("from_step is ", options.steps.from, " and until_step ",
                     options.steps.until, ": no step is between them"));
  }
  SF_RETURN_IF_ERROR(
      CheckRange("push_probability", options.push_probability, 0.0, 1.0));
  SF_RETURN_IF_ERROR(CheckRange("push_force", options.push_force, 0.0, kMost));
  SF_RETURN_IF_ERROR(CheckRange("push_steps", options.push_steps, int64_t{1},
                                std::numeric_limits<int64_t>::max() / 2));
  SF_RETURN_IF_ERROR(
      CheckRange("action_delay", options.action_delay, int64_t{0}, kMostDelay));
  SF_RETURN_IF_ERROR(CheckRange("observation_delay", options.observation_delay,
                                int64_t{0}, kMostDelay));
  SF_RETURN_IF_ERROR(
      CheckRange("dropout_probability", options.dropout_probability, 0.0, 1.0));
  return CheckRange("observation_noise", options.observation_noise, 0.0, kMost);
}

std::string DescribePerturbation(const PerturbationOptions& options) {
  const Differences effects = Effects(options);
  if (effects.empty()) return "";
  const StepRange always;
  Differences steps;
  steps.Add("from_step", options.steps.from, always.from);
  steps.Add("until_step", options.steps.until, always.until);
  return absl::StrCat("{", steps.text(), steps.empty() ? "" : " ",
                      effects.text(), "}");
}

}  // namespace softfleet
