// SPDX-License-Identifier: Apache-2.0
// PointMass-v0: push a point mass to the other bank. Which of the two ways a
// policy takes, and whether it still can take the other one, is the question:
// navigation.h has the rewards, two_ways_map.h the map.
#ifndef SOFTFLEET_ENVIRONMENTS_NAVIGATION_POINT_MASS_H_
#define SOFTFLEET_ENVIRONMENTS_NAVIGATION_POINT_MASS_H_

#include "environments/navigation/navigation.h"

namespace softfleet {

// Observation "state" [x, y, x_dot, y_dot]; force in [-4, 4]^2 N; 200 steps of
// 1/10 s.
EnvironmentSpec PointMassSpec();

// State [x, y, x_dot, y_dot] in m and m/s. A mass of 1 kg without friction, in
// one Euler step: first the velocity, at most 2 m/s in each direction, then the
// position. A wall takes the velocity towards it. The force is clipped to +-4 N
// whatever the spec's bounds are. Starts at rest, uniform in the two cells of
// the start.
//
// Physics: mass, gain, force (in the plane, clipped by nothing) and blocked.
class PointMass : public Navigation {
 public:
  explicit PointMass(const NavigationOptions& options);

  absl::Status SetPhysics(const Physics& physics) override;

 protected:
  Point DrawPosition(Philox& random, Cell cell) const override;
  absl::Status CheckBody(std::span<const double> body) const override;
  std::optional<Way> MoveBody(std::span<const float> action, int32_t index,
                              std::span<double> body) const override;

 private:
  double mass_ = 1;
  double gain_ = 1;
  Point push_;  // N
};

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_NAVIGATION_POINT_MASS_H_
