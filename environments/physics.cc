// SPDX-License-Identifier: Apache-2.0
#include "environments/physics.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/status.h"

namespace softfleet {
namespace {

constexpr double kSmallest = 1e-6;  // of a factor that must not be 0
constexpr double kLargest = 1e6;

absl::Status CheckNumber(absl::string_view name, double value, double lowest) {
  if (value >= lowest && value <= kLargest) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      name, " is ", value, ", not within [", lowest, ", ", kLargest, "]"));
}

absl::Status CheckNumbers(const Physics& physics) {
  SF_RETURN_IF_ERROR(CheckNumber("friction", physics.friction, 0));
  SF_RETURN_IF_ERROR(CheckNumber("mass", physics.mass, kSmallest));
  SF_RETURN_IF_ERROR(CheckNumber("gain", physics.gain, 0));
  SF_RETURN_IF_ERROR(
      CheckNumber("contact_time", physics.contact_time, kSmallest));
  SF_RETURN_IF_ERROR(
      CheckNumber("contact_damping", physics.contact_damping, kSmallest));
  SF_RETURN_IF_ERROR(
      CheckNumber("gravity_tilt", physics.gravity_tilt, -kLargest));
  for (const double force : physics.force) {
    SF_RETURN_IF_ERROR(CheckNumber("force", force, -kLargest));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckPhysics(const Physics& physics,
                          absl::Span<const absl::string_view> known) {
  SF_RETURN_IF_ERROR(CheckNumbers(physics));
  const Physics nominal;
  const struct {
    absl::string_view name;
    bool changed;
  } fields[] = {
      {"friction", physics.friction != nominal.friction},
      {"mass", physics.mass != nominal.mass},
      {"gain", physics.gain != nominal.gain},
      {"contact_time", physics.contact_time != nominal.contact_time},
      {"contact_damping", physics.contact_damping != nominal.contact_damping},
      {"gravity_tilt", physics.gravity_tilt != nominal.gravity_tilt},
      {"force", physics.force != nominal.force},
      {"blocked", physics.blocked != nominal.blocked},
  };
  for (const auto& field : fields) {
    if (!field.changed || std::ranges::count(known, field.name) > 0) continue;
    return absl::UnimplementedError(absl::StrCat(
        "it has no ", field.name, " that can be changed",
        known.empty()
            ? ""
            : absl::StrCat(" (only: ", absl::StrJoin(known, ", "), ")")));
  }
  return absl::OkStatus();
}

}  // namespace softfleet
