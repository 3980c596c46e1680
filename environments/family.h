// SPDX-License-Identifier: Apache-2.0
// A family of built-in environments lists its members for the registry.
#ifndef SOFTFLEET_ENVIRONMENTS_FAMILY_H_
#define SOFTFLEET_ENVIRONMENTS_FAMILY_H_

#include <memory>
#include <span>

#include "absl/status/statusor.h"
#include "environments/episodic_environment.h"
#include "environments/settings.h"

namespace softfleet {

struct FamilyMember {
  const char* name;  // "Pendulum-v1", the spec's name too
  // Reads every setting the environment has; the caller calls Finish.
  absl::StatusOr<std::unique_ptr<EpisodicEnvironment>> (*make)(
      SettingsReader& settings);
};

// One per folder.
std::span<const FamilyMember> ClassicFamily();
std::span<const FamilyMember> MujocoFamily();
std::span<const FamilyMember> NavigationFamily();

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_FAMILY_H_
