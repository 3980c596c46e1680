// SPDX-License-Identifier: Apache-2.0
#include "environments/perturbation/observation_dropout.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "core/status.h"
#include "core/suggest.h"

namespace softfleet {
namespace {

absl::StatusOr<size_t> FindGroup(const EnvironmentSpec& spec,
                                 absl::string_view name) {
  std::vector<std::string> known;
  for (size_t g = 0; g < spec.observations.size(); ++g) {
    if (absl::string_view(spec.observations[g].name) == name) return g;
    known.push_back(spec.observations[g].name);
  }
  return absl::InvalidArgumentError(
      absl::StrCat(spec.name, " has no observation group \"", name, "\"",
                   DidYouMean(name, known)));
}

absl::StatusOr<ObservationPart> FindPart(const EnvironmentSpec& spec,
                                         absl::string_view name) {
  const size_t bracket = name.find('[');
  SF_ASSIGN_OR_RETURN(const size_t group,
                      FindGroup(spec, name.substr(0, bracket)));
  const ObservationGroup& observation = spec.observations[group];
  if (bracket == absl::string_view::npos) {
    return ObservationPart{group, 0, observation.bytes()};
  }
  absl::string_view number = name.substr(bracket + 1);
  int64_t element = 0;
  if (!absl::ConsumeSuffix(&number, "]") ||
      !absl::SimpleAtoi(number, &element) || element < 0 ||
      element >= observation.elements()) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", name, "\" is no element of ", spec.name,
                     "'s group \"", observation.name, "\", which has [0] to [",
                     observation.elements() - 1, "]"));
  }
  const size_t size = DTypeSize(observation.dtype);
  return ObservationPart{group, static_cast<size_t>(element) * size, size};
}

}  // namespace

absl::StatusOr<std::vector<ObservationPart>> FindObservationParts(
    const EnvironmentSpec& spec, const std::vector<std::string>& names) {
  std::vector<ObservationPart> parts;
  for (const std::string& name : names) {
    SF_ASSIGN_OR_RETURN(const ObservationPart part, FindPart(spec, name));
    parts.push_back(part);
  }
  if (!names.empty()) return parts;
  for (size_t g = 0; g < spec.observations.size(); ++g) {
    parts.push_back({g, 0, spec.observations[g].bytes()});
  }
  return parts;
}

ObservationDropout::ObservationDropout(PerturbationPlace place,
                                       std::vector<ObservationPart> parts)
    : PerturbedEnvironment(std::move(place), "dropout"),
      parts_(std::move(parts)) {}

void ObservationDropout::Observe(ObservationPlaces groups) const {
  inner().Observe(groups);
  if (!holds()) return;
  Philox random = Random(Purpose::kObservationDropout);
  for (const ObservationPart& part : parts_) {
    if (random.NextUniform() >= options().dropout_probability) continue;
    std::memset(groups[part.group].data() + part.offset, 0, part.size);
  }
}

}  // namespace softfleet
