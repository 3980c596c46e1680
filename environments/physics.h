// SPDX-License-Identifier: Apache-2.0
// Changes of an environment's physics, relative to its own: what a perturbation
// sets and a run without one leaves at these defaults. Plain value.
#ifndef SOFTFLEET_ENVIRONMENTS_PHYSICS_H_
#define SOFTFLEET_ENVIRONMENTS_PHYSICS_H_

#include <array>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace softfleet {

struct Physics {
  // Factors.
  double friction = 1;         // of every surface, sliding and rolling
  double mass = 1;             // and inertia, of every body
  double gain = 1;             // of every actuator; its cost is unchanged
  double contact_time = 1;     // time constant of contacts: above 1 is softer
  double contact_damping = 1;  // damping ratio of contacts
  // Gravity's direction, radians; positive pushes towards +x.
  double gravity_tilt = 0;
  // On the main body, N in world axes.
  std::array<double, 3> force = {0, 0, 0};
  // Ways that cannot be taken, by the environment's names for them.
  std::vector<std::string> blocked;
  bool operator==(const Physics&) const = default;
};

// For an environment that has the fields `known`: InvalidArgument names a value
// that is none, e.g. a mass of 0; Unimplemented a field that is not nominal and
// not known. Allocates only errors.
absl::Status CheckPhysics(const Physics& physics,
                          absl::Span<const absl::string_view> known);

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_PHYSICS_H_
