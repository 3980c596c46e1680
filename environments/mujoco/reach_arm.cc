// SPDX-License-Identifier: Apache-2.0
#include "environments/mujoco/reach_arm.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/status.h"

namespace softfleet {

absl::StatusOr<ReachBodies> FindReachBodies(const mjModel& model) {
  ReachBodies bodies;
  SF_ASSIGN_OR_RETURN(bodies.tip, FindBody(model, "fingertip"));
  SF_ASSIGN_OR_RETURN(bodies.target, FindBody(model, "target"));
  return bodies;
}

ReachArm::ReachArm(EnvironmentSpec spec, Simulator simulator,
                   ReachBodies bodies)
    : MujocoEnvironment(std::move(spec), std::move(simulator)),
      bodies_(bodies) {}

double* ReachArm::WriteAngles(double* to) const {
  *to++ = std::cos(qpos()[0]);
  *to++ = std::cos(qpos()[1]);
  *to++ = std::sin(qpos()[0]);
  *to++ = std::sin(qpos()[1]);
  return to;
}

void ReachArm::DrawStart(Philox& random, std::span<double> qpos,
                         std::span<double> qvel) const {
  constexpr double kRadius = 0.2;
  AddUniform(random, 0.1, qpos);
  const std::span<double> goal = qpos.last(2);
  do {
    std::ranges::fill(goal, 0.0);
    AddUniform(random, kRadius, goal);
  } while (std::hypot(goal[0], goal[1]) >= kRadius);
  AddUniform(random, 0.005, qvel.first(qvel.size() - 2));
}

}  // namespace softfleet
