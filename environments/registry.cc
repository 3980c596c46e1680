// SPDX-License-Identifier: Apache-2.0
#include "environments/registry.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/hash.h"
#include "core/status.h"
#include "core/suggest.h"
#include "environments/cart_pole.h"
#include "environments/pendulum.h"

namespace softfleet {
namespace {

// Wider bounds would make [-1, 1] meaningless as a scale.
constexpr double kWidestBound = 1e6;

struct Entry {
  EnvironmentSpec (*spec)();
  std::unique_ptr<Environment> (*make)(EnvironmentSpec spec);
};

template <typename T>
std::unique_ptr<Environment> Make(EnvironmentSpec spec) {
  return std::make_unique<T>(std::move(spec));
}

// A new environment is one line here.
constexpr Entry kEntries[] = {
    {CartPoleSpec, Make<CartPole>},
    {PendulumSpec, Make<Pendulum>},
};

absl::StatusOr<const Entry*> FindEntry(const std::string& name) {
  for (const Entry& entry : kEntries) {
    if (entry.spec().name == name) return &entry;
  }
  const std::vector<std::string> names = EnvironmentNames();
  return absl::NotFoundError(
      absl::StrCat("no environment \"", name, "\"", DidYouMean(name, names),
                   " (known: ", absl::StrJoin(names, ", "), ")"));
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

// The environment's own spec with what the options replace.
absl::StatusOr<EnvironmentSpec> ResolveSpec(const Entry& entry,
                                            const EnvironmentOptions& options) {
  EnvironmentSpec spec = entry.spec();
  if (options.max_episode_steps.has_value()) {
    spec.max_episode_steps = *options.max_episode_steps;
  }
  if (spec.max_episode_steps < 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        spec.name, ": max_episode_steps is ", spec.max_episode_steps,
        "; 0 means never, negative means nothing"));
  }
  SF_RETURN_IF_ERROR(
      Annotate(ReplaceBounds("action_low", options.action_low, spec.action_low),
               spec.name));
  SF_RETURN_IF_ERROR(Annotate(
      ReplaceBounds("action_high", options.action_high, spec.action_high),
      spec.name));
  SF_RETURN_IF_ERROR(Annotate(CheckBounds(spec), spec.name));
  return spec;
}

// The shortest text that reads back as the same number; -0 as 0.
std::string ExactText(double value) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof(text), value + 0.0).ptr;
  return std::string(text, end);
}

std::string BoundsText(const std::vector<double>& bounds) {
  return absl::StrJoin(bounds, ",", [](std::string* out, double bound) {
    out->append(ExactText(bound));
  });
}

absl::StatusOr<std::string> DescribeValid(const EnvironmentOptions& options) {
  SF_ASSIGN_OR_RETURN(const Entry* const entry, FindEntry(options.name));
  SF_ASSIGN_OR_RETURN(const EnvironmentSpec spec, ResolveSpec(*entry, options));
  return absl::StrCat(spec.name, " max_episode_steps:", spec.max_episode_steps,
                      " action_low:[", BoundsText(spec.action_low),
                      "] action_high:[", BoundsText(spec.action_high), "]");
}

}  // namespace

absl::StatusOr<std::unique_ptr<Environment>> MakeEnvironment(
    const EnvironmentOptions& options) {
  SF_ASSIGN_OR_RETURN(const Entry* const entry, FindEntry(options.name));
  SF_ASSIGN_OR_RETURN(EnvironmentSpec spec, ResolveSpec(*entry, options));
  return entry->make(std::move(spec));
}

std::vector<std::string> EnvironmentNames() {
  std::vector<std::string> names;
  for (const Entry& entry : kEntries) names.push_back(entry.spec().name);
  std::sort(names.begin(), names.end());
  return names;
}

std::string DescribeEnvironment(const EnvironmentOptions& options) {
  const absl::StatusOr<std::string> text = DescribeValid(options);
  return text.ok() ? *text : absl::StrCat("none: ", text.status().message());
}

uint64_t EnvironmentHash(const EnvironmentOptions& options) {
  return Fnv1a64(DescribeEnvironment(options));
}

}  // namespace softfleet
