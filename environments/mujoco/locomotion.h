// SPDX-License-Identifier: Apache-2.0
// What the environments share that are paid for moving forward: the reward
//   forward_reward_weight * velocity + healthy_reward (while healthy)
//     - ctrl_cost_weight * |action|^2 - the cost of contacts
// and an observation that begins with [qpos, qvel]. Its components are forward,
// ctrl, then survive and contact where the environment has them.
// Not thread-safe, as every Environment.
#ifndef SOFTFLEET_ENVIRONMENTS_MUJOCO_LOCOMOTION_H_
#define SOFTFLEET_ENVIRONMENTS_MUJOCO_LOCOMOTION_H_

#include <array>
#include <limits>
#include <span>

#include "environments/mujoco/mujoco_environment.h"

namespace softfleet {

// Gymnasium's arguments, by their names.
struct LocomotionOptions {
  double forward_reward_weight = 1;
  double ctrl_cost_weight = 0;
  double reset_noise_scale = 0;
  bool exclude_current_positions_from_observation = true;

  void Read(SettingsReader& settings);
};

// Of those that can fall.
struct HealthOptions {
  double healthy_reward = 1;
  bool terminate_when_unhealthy = true;

  void Read(SettingsReader& settings);
};

// low < x < high.
inline bool Inside(double x, const std::array<double, 2>& range) {
  return range[0] < x && x < range[1];
}

// weight * np.sum(np.square(action)) where the action is float32: NumPy keeps
// the product with a Python number in float32 (NEP 50).
double FloatControlCost(double weight, std::span<const float> action);

class Locomotion : public MujocoEnvironment {
 public:
  // What differs besides the numbers of the options.
  struct Form {
    int hidden_positions = 1;  // from the first on, where they are excluded
    double velocity_limit = std::numeric_limits<double>::infinity();
    bool normal_start_velocity = false;  // N(0, 1) times the scale, else U
  };
  static constexpr HealthOptions kCannotFall{0, false};

  // qpos and qvel in the observation.
  static int64_t Columns(const mjModel& model, const LocomotionOptions& options,
                         const Form& form);

  Locomotion(EnvironmentSpec spec, Simulator simulator,
             const LocomotionOptions& options, const HealthOptions& health,
             const Form& form);

 protected:
  double* WriteObservation(double* to) const override;
  virtual bool IsHealthy() const { return true; }
  virtual double ControlCost(std::span<const float> action) const;
  virtual double ContactCost() const { return 0; }

  const LocomotionOptions options_;

 private:
  void DrawStart(Philox& random, std::span<double> qpos,
                 std::span<double> qvel) const final;
  StepResult Judge(std::span<const float> action, double velocity) final;

  const HealthOptions health_;
  const Form form_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_MUJOCO_LOCOMOTION_H_
