// SPDX-License-Identifier: Apache-2.0
// The two-link arm of Reacher-v5 and its target, which its own coordinates put
// somewhere in the arm's reach: what the tasks with it share. Not thread-safe,
// as every Environment.
#ifndef SOFTFLEET_ENVIRONMENTS_MUJOCO_REACH_ARM_H_
#define SOFTFLEET_ENVIRONMENTS_MUJOCO_REACH_ARM_H_

#include <span>

#include "environments/mujoco/mujoco_environment.h"

namespace softfleet {

// The bodies that the tasks are about.
struct ReachBodies {
  int tip = 0;
  int target = 0;
};
absl::StatusOr<ReachBodies> FindReachBodies(const mjModel& model);

class ReachArm : public MujocoEnvironment {
 public:
  static constexpr int kCoordinates = 4;  // the arm's two, the target's two
  static constexpr int64_t kMaxEpisodeSteps = 50;

 protected:
  ReachArm(EnvironmentSpec spec, Simulator simulator, ReachBodies bodies);

  // The arm's cos and sin of both angles; returns the end.
  double* WriteAngles(double* to) const;
  std::span<const double, 3> tip() const { return Body(bodies_.tip); }
  std::span<const double, 3> target() const { return Body(bodies_.target); }

 private:
  // qpos + U(-0.1, 0.1), the target uniform in the disc of radius 0.2, qvel
  // U(-0.005, 0.005) of the arm.
  void DrawStart(Philox& random, std::span<double> qpos,
                 std::span<double> qvel) const final;

  const ReachBodies bodies_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_MUJOCO_REACH_ARM_H_
