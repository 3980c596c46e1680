// SPDX-License-Identifier: Apache-2.0
#include "environments/registry.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/hash.h"
#include "core/status.h"
#include "core/suggest.h"
#include "environments/family.h"
#include "environments/gymnasium/gymnasium_environment.h"
#include "environments/perturbation/perturb.h"
#include "environments/plugin/plugin_environment.h"

namespace softfleet {
namespace {

// Wider bounds would make [-1, 1] meaningless as a scale.
constexpr double kWidestBound = 1e6;

// Calls `use` with every member of every family until it returns true.
template <typename Use>
bool AnyMember(Use use) {
  for (const auto& family :
       {ClassicFamily(), MujocoFamily(), NavigationFamily()}) {
    for (const FamilyMember& member : family) {
      if (use(member)) return true;
    }
  }
  return false;
}

absl::StatusOr<std::unique_ptr<EpisodicEnvironment>> MakeBuiltIn(
    const std::string& name, SettingsReader& settings) {
  absl::StatusOr<std::unique_ptr<EpisodicEnvironment>> made;
  const bool found = AnyMember([&](const FamilyMember& member) {
    if (name != member.name) return false;
    made = member.make(settings);
    return true;
  });
  if (found) return made;
  const std::vector<std::string> names = EnvironmentNames();
  return absl::NotFoundError(
      absl::StrCat("no environment \"", name, "\"", DidYouMean(name, names),
                   " (known: ", absl::StrJoin(names, ", "), ")"));
}

// Where the environment comes from, for people: "Pendulum-v1", "libcrane.so".
std::string SourceText(const EnvironmentOptions& options) {
  return absl::StrCat(options.name, options.plugin, options.gymnasium);
}

absl::Status CheckSource(const EnvironmentOptions& options) {
  const int given = (options.name.empty() ? 0 : 1) +
                    (options.plugin.empty() ? 0 : 1) +
                    (options.gymnasium.empty() ? 0 : 1);
  if (given != 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        "an environment has a name, a plugin or a gymnasium id, one of them; ",
        given, " are set"));
  }
  if (options.gymnasium.empty() && !options.module.empty()) {
    return absl::InvalidArgumentError(
        "module is only for an environment with a gymnasium id");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<EpisodicEnvironment>> MakeUnchanged(
    const EnvironmentOptions& options) {
  SF_RETURN_IF_ERROR(CheckSource(options));
  if (!options.gymnasium.empty()) {
    return GymnasiumEnvironment::Make(
        {options.gymnasium, options.module, options.settings,
         options.max_episode_steps},
        options.step_deadline);
  }
  SettingsReader settings(options.settings);
  absl::StatusOr<std::unique_ptr<EpisodicEnvironment>> made =
      !options.plugin.empty()
          ? PluginEnvironment::Make(options.plugin, settings)
          : MakeBuiltIn(options.name, settings);
  if (made.ok()) SF_RETURN_IF_ERROR(settings.Finish());
  return made;
}

// Puts `replacement`, one value per dimension or one for all, into `bounds`.
absl::Status ReplaceBounds(absl::string_view field,
                           const std::vector<double>& replacement,
                           std::vector<double>& bounds) {
  if (replacement.empty()) return absl::OkStatus();
  if (replacement.size() == bounds.size()) {
    bounds = replacement;
    return absl::OkStatus();
  }
  if (replacement.size() == 1 && !bounds.empty()) {
    std::fill(bounds.begin(), bounds.end(), replacement.front());
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat(field, " has ", replacement.size(), " values for ",
                   bounds.size(), " continuous action dimensions"));
}

absl::Status CheckBound(absl::string_view field, size_t i, double bound) {
  if (std::abs(bound) <= kWidestBound) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      field, " of action dimension ", i, " is ", bound,
      ", not within +-1e6; set action_low and action_high to usable bounds"));
}

absl::Status CheckBounds(const EnvironmentSpec& spec) {
  for (size_t i = 0; i < spec.action_low.size(); ++i) {
    const double low = spec.action_low[i];
    const double high = spec.action_high[i];
    SF_RETURN_IF_ERROR(CheckBound("action_low", i, low));
    SF_RETURN_IF_ERROR(CheckBound("action_high", i, high));
    if (low >= high) {
      return absl::InvalidArgumentError(
          absl::StrCat("action dimension ", i, ": action_low ", low,
                       " is not below action_high ", high));
    }
  }
  return absl::OkStatus();
}

// Puts what the options replace into the environment's spec.
absl::Status ReplaceSpec(const EnvironmentOptions& options,
                         EpisodicEnvironment& environment) {
  EnvironmentSpec spec = environment.spec();
  if (options.max_episode_steps.has_value()) {
    if (*options.max_episode_steps < 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("max_episode_steps is ", *options.max_episode_steps,
                       "; 0 means never, negative means nothing"));
    }
    environment.set_max_episode_steps(*options.max_episode_steps);
  }
  SF_RETURN_IF_ERROR(
      ReplaceBounds("action_low", options.action_low, spec.action_low));
  SF_RETURN_IF_ERROR(
      ReplaceBounds("action_high", options.action_high, spec.action_high));
  SF_RETURN_IF_ERROR(CheckBounds(spec));
  environment.set_action_bounds(spec.action_low, spec.action_high);
  return absl::OkStatus();
}

std::string BoundsText(const std::vector<double>& bounds) {
  return absl::StrJoin(bounds, ",", [](std::string* out, double bound) {
    out->append(ExactText(bound));
  });
}

// The same name from another source is another environment. Where a plug-in
// lies does not matter.
std::string DescribeSource(const EnvironmentOptions& options,
                           const EnvironmentSpec& spec) {
  if (!options.plugin.empty()) {
    return absl::StrCat("plugin ", spec.name, " version:", spec.version);
  }
  if (!options.gymnasium.empty()) {
    return absl::StrCat(
        "gymnasium ", spec.name,
        options.module.empty() ? "" : " module:", options.module);
  }
  return spec.name;
}

absl::StatusOr<std::string> DescribeValid(const EnvironmentOptions& options) {
  SF_ASSIGN_OR_RETURN(const auto environment, MakeEnvironment(options));
  const EnvironmentSpec& spec = environment->spec();
  std::string text =
      absl::StrCat(DescribeSource(options, spec),
                   " max_episode_steps:", spec.max_episode_steps,
                   " action_low:[", BoundsText(spec.action_low),
                   "] action_high:[", BoundsText(spec.action_high), "]");
  std::vector<std::string> settings;
  for (const EnvironmentSetting& setting : options.settings) {
    settings.push_back(DescribeSetting(setting));
  }
  std::sort(settings.begin(), settings.end());
  for (const std::string& setting : settings) {
    absl::StrAppend(&text, " ", setting);
  }
  for (const PerturbationOptions& perturbation : options.perturbations) {
    const std::string effects = DescribePerturbation(perturbation);
    if (!effects.empty()) absl::StrAppend(&text, " perturbation", effects);
  }
  return text;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Environment>> MakeEnvironment(
    const EnvironmentOptions& options) {
  absl::StatusOr<std::unique_ptr<EpisodicEnvironment>> environment =
      MakeUnchanged(options);
  if (absl::IsNotFound(environment.status())) return environment.status();
  SF_RETURN_IF_ERROR(Annotate(environment.status(), SourceText(options)));
  SF_RETURN_IF_ERROR(
      Annotate(ReplaceSpec(options, **environment), SourceText(options)));
  return Perturb(*std::move(environment), options.perturbations);
}

std::vector<std::string> EnvironmentNames() {
  std::vector<std::string> names;
  AnyMember([&](const FamilyMember& member) {
    names.push_back(member.name);
    return false;
  });
  std::sort(names.begin(), names.end());
  return names;
}

absl::StatusOr<std::vector<EnvironmentSetting>> EnvironmentSettings(
    const std::string& name) {
  const std::vector<EnvironmentSetting> none;
  SettingsReader settings(none);
  SF_RETURN_IF_ERROR(MakeBuiltIn(name, settings).status());
  return settings.defaults();
}

std::string DescribeEnvironment(const EnvironmentOptions& options) {
  const absl::StatusOr<std::string> text = DescribeValid(options);
  return text.ok() ? *text : absl::StrCat("none: ", text.status().message());
}

std::string EnvironmentId(const EnvironmentOptions& options) {
  return absl::StrCat(options.name, options.plugin, options.gymnasium);
}

uint64_t EnvironmentHash(const EnvironmentOptions& options) {
  return Fnv1a64(DescribeEnvironment(options));
}

}  // namespace softfleet
