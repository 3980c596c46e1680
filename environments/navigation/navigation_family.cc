// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "core/status.h"
#include "environments/family.h"
#include "environments/navigation/point_mass.h"
#include "environments/navigation/point_mass_grid.h"

namespace softfleet {
namespace {

template <typename T>
absl::StatusOr<std::unique_ptr<EpisodicEnvironment>> Make(
    SettingsReader& settings) {
  SF_ASSIGN_OR_RETURN(const NavigationOptions options,
                      ReadNavigationOptions(settings));
  return std::make_unique<T>(options);
}

constexpr FamilyMember kMembers[] = {
    {"PointMass-v0", Make<PointMass>},
    {"PointMassGrid-v0", Make<PointMassGrid>},
};

}  // namespace

std::span<const FamilyMember> NavigationFamily() { return kMembers; }

}  // namespace softfleet
