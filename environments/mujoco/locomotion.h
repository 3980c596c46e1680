// SPDX-License-Identifier: Apache-2.0
// What the environments share that are paid for moving forward: the reward
//   forward_reward_weight * velocity + healthy_reward (while healthy)
//     - ctrl_cost_weight * |action|^2 - the cost of contacts
// and an observation that begins with [qpos, qvel]. Reward components are
// forward, ctrl, then survive and contact where the environment has them.
// Not thread-safe, as every Environment.
#ifndef SOFTFLEET_ENVIRONMENTS_MUJOCO_LOCOMOTION_H_
#define SOFTFLEET_ENVIRONMENTS_MUJOCO_LOCOMOTION_H_

#include <array>
#include <cstdint>
#include <limits>
#include <span>

#include "environments/mujoco/mujoco_environment.h"

namespace softfleet {

// One such task: Gymnasium's arguments by their names, with its defaults, and
// what it has no argument for.
struct LocomotionTask {
  const char* name = "";
  SimulatorOptions simulation;
  double forward_reward_weight = 1;
  double ctrl_cost_weight = 0;
  double reset_noise_scale = 0;
  // Left out of the observation, from x on; 0 where
  // exclude_current_positions_from_observation is false.
  int hidden_positions = 1;
  double velocity_limit = std::numeric_limits<double>::infinity();  // seen

  bool can_fall = false;  // has the next two
  double healthy_reward = 1;
  bool terminate_when_unhealthy = true;

  bool pays_for_contacts = false;
  bool normal_start_velocity = false;  // N(0, 1) times the scale, else U

  void Read(SettingsReader& settings);
  // With `more_columns` after qpos and qvel.
  EnvironmentSpec MakeSpec(const Simulator& simulator,
                           int64_t more_columns = 0) const;
};

// low < x < high.
inline bool Inside(double x, const std::array<double, 2>& range) {
  return range[0] < x && x < range[1];
}

class Locomotion : public MujocoEnvironment {
 public:
  Locomotion(EnvironmentSpec spec, Simulator simulator,
             const LocomotionTask& task);

 protected:
  // qpos and qvel; a subclass with more columns goes on from there.
  double* WriteObservation(double* to) const override;
  virtual bool IsHealthy() const { return true; }
  virtual double ControlCost(std::span<const float> action) const;
  virtual double ContactCost() const { return 0; }

 private:
  void DrawStart(Philox& random, std::span<double> qpos,
                 std::span<double> qvel) const final;
  StepResult Judge(std::span<const float> action, double velocity) final;

  const LocomotionTask task_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_MUJOCO_LOCOMOTION_H_
