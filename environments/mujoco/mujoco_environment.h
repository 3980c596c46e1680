// SPDX-License-Identifier: Apache-2.0
// What Gymnasium's MuJoCo environments (v5) share: the simulation, its reset
// and step, physics that can be changed, a state that can be saved. A new one
// writes a spec and the protected functions. Same numbers as Gymnasium 1.4 on
// MuJoCo 4.0; who compares must know that
// * positions of bodies and sites, contact forces and what MuJoCo computes
//   besides lag qpos and qvel by one simulation step, as in Gymnasium;
// * state() is [qpos, qvel]. ResetTo starts the solver cold, so an episode
//   continued from a state is not bit-equal to the one it came from; Save and
//   Restore are.
// An unstable simulation, or anything else MuJoCo warns of, is the error of the
// step: MuJoCo itself would go on from the model's initial state.
// Not thread-safe, as every Environment; allocates nothing in Step and Observe.
#ifndef SOFTFLEET_ENVIRONMENTS_MUJOCO_MUJOCO_ENVIRONMENT_H_
#define SOFTFLEET_ENVIRONMENTS_MUJOCO_MUJOCO_ENVIRONMENT_H_

#include <mujoco/mujoco.h>

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <vector>

#include "core/philox.h"
#include "environments/episodic_environment.h"
#include "environments/mujoco/model_physics.h"
#include "environments/mujoco/simulator.h"

namespace softfleet {

// Action bounds are the model's control ranges, rounded to float as
// Gymnasium's are; one observation group "state" of `columns` float32.
EnvironmentSpec MakeMujocoSpec(const std::string& name,
                               const Simulator& simulator, int64_t columns,
                               std::vector<std::string> reward_components,
                               int64_t max_episode_steps);

class MujocoEnvironment : public EpisodicEnvironment {
 public:
  std::vector<double> state() const final;
  void Observe(ObservationPlaces groups) const final;

  // As ModelPhysics; the force acts on main_body(), at its centre of mass.
  absl::Status SetPhysics(const Physics& physics) final;

  // All groups' columns one after another, before they are rounded to float:
  // what Gymnasium returns.
  std::span<const double> observation() const { return observation_; }

  const mjModel& model() const { return *physics_.model(); }
  const mjData& data() const { return *data_; }
  // "torso", else the first body that has joints.
  int main_body() const { return main_body_; }

  // What a step depends on besides the action.
  struct Simulation {
    std::span<const double> qpos;
    std::span<const double> qvel;
    std::span<const double> qacc_warmstart;
    double position = 0;  // Position() at the step's beginning
  };
  // Lets the running episode go on from there: how tests repeat one recorded
  // step. The observation is the next step's. InvalidArgument where a size is
  // not the model's.
  absl::Status SetSimulation(const Simulation& simulation);

 protected:
  // The spec's observation groups are float32.
  MujocoEnvironment(EnvironmentSpec spec, Simulator simulator);

  // Turns the model's initial state into a start, taking numbers from `random`,
  // which is Philox(seed, Purpose::kEnvironmentReset).
  virtual void DrawStart(Philox& random, std::span<double> qpos,
                         std::span<double> qvel) const = 0;
  // Writes the observation from `to` on; returns the end.
  virtual double* WriteObservation(double* to) const = 0;
  // Where forward is measured, m.
  virtual double Position() const { return data_->qpos[0]; }
  // What the step now taken was worth; calls SetComponents. `velocity` is the
  // change of Position() per second.
  virtual StepResult Judge(std::span<const float> action, double velocity) = 0;

  // The first reward_components of the spec.
  void SetComponents(std::initializer_list<double> values);
  void set_main_body(int body) { main_body_ = body; }
  // mj_rnePostConstraint after every step, without which cfrc_ext is zero. It
  // has no effect on the simulation.
  void compute_contact_forces() { contact_forces_ = true; }
  std::span<const double> qpos() const {
    return {data_->qpos, static_cast<size_t>(model().nq)};
  }
  std::span<const double> qvel() const {
    return {data_->qvel, static_cast<size_t>(model().nv)};
  }
  std::span<const double, 3> Body(int body) const {  // its place
    return std::span<const double, 3>(data_->xpos + 3 * body, 3);
  }

 private:
  absl::Status Start(uint64_t seed) final;
  absl::Status StartAt(std::span<const double> state) final;
  absl::StatusOr<StepResult> Advance(std::span<const float> action,
                                     int32_t index) final;
  absl::Status SaveState(std::string* bytes) const final;
  absl::Status RestoreState(absl::string_view bytes) final;
  absl::Status Begin();
  void ApplyForce();

  ModelPhysics physics_;
  DataPointer data_;
  const int frame_skip_;
  const double step_seconds_;
  int main_body_;
  bool contact_forces_ = false;
  std::array<double, 3> force_ = {0, 0, 0};
  std::vector<double> start_;  // [qpos, qvel] with which an episode begins
  double position_ = 0;        // before the next step
  std::vector<double> observation_;
  std::vector<double> components_;
};

// x += scale * U[-1, 1) and x += scale * N(0, 1), element by element.
void AddUniform(Philox& random, double scale, std::span<double> values);
void AddNormal(Philox& random, double scale, std::span<double> values);

// Copies `from` to `to`; returns the end.
double* Append(std::span<const double> from, double* to);

double Distance(std::span<const double, 3> a, std::span<const double, 3> b);

// weight * np.sum(np.square(action)) where the action is float32: NumPy keeps
// the product with a Python number in float32 (NEP 50).
double FloatControlCost(double weight, std::span<const float> action);

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_MUJOCO_MUJOCO_ENVIRONMENT_H_
