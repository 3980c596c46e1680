// SPDX-License-Identifier: Apache-2.0
// PointMassGrid-v0: the way to the other bank from cell to cell, small enough
// to be solved exactly. navigation.h has the rewards, two_ways_map.h the map.
#ifndef SOFTFLEET_ENVIRONMENTS_NAVIGATION_POINT_MASS_GRID_H_
#define SOFTFLEET_ENVIRONMENTS_NAVIGATION_POINT_MASS_GRID_H_

#include "environments/navigation/navigation.h"

namespace softfleet {

// Observation "state" [x, y]; four actions: a cell to the right, up, to the
// left, down; 100 steps.
EnvironmentSpec PointMassGridSpec();

// State [x, y], the middle of a cell in m; a drawn goal is one too. A move that
// something is in the way of stays where it is. Starts in either cell of the
// start. Physics: blocked.
class PointMassGrid : public Navigation {
 public:
  explicit PointMassGrid(const NavigationOptions& options);

 protected:
  Point DrawPosition(Philox& random, Cell cell) const override;
  absl::Status CheckBody(std::span<const double> body) const override;
  std::optional<Way> MoveBody(std::span<const float> action, int32_t index,
                              std::span<double> body) const override;
};

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_NAVIGATION_POINT_MASS_GRID_H_
