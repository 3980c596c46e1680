// SPDX-License-Identifier: Apache-2.0
#include "environments/mujoco/mujoco_environment.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/status.h"
#include "environments/mujoco/call_mujoco.h"
#include "environments/mujoco/numpy_sum.h"
#include "environments/state_bytes.h"

namespace softfleet {
namespace {

// What a step depends on, without the force, which is SetPhysics's.
constexpr int kSavedState = mjSTATE_INTEGRATION & ~mjSTATE_XFRC_APPLIED;

int FindMainBody(const mjModel& model) {
  const int torso = mj_name2id(&model, mjOBJ_BODY, "torso");
  if (torso >= 0) return torso;
  const int* const joints = model.body_jntnum;
  const int* const first =
      std::find_if(joints, joints + model.nbody, [](int n) { return n > 0; });
  return first == joints + model.nbody ? 0 : static_cast<int>(first - joints);
}

std::vector<double> FloatBounds(const mjModel& model, int side) {
  std::vector<double> bounds(model.nu);
  for (int i = 0; i < model.nu; ++i) {
    bounds[i] = static_cast<float>(model.actuator_ctrlrange[2 * i + side]);
  }
  return bounds;
}

}  // namespace

EnvironmentSpec MakeMujocoSpec(const std::string& name,
                               const Simulator& simulator, int64_t columns,
                               std::vector<std::string> reward_components,
                               int64_t max_episode_steps) {
  const mjModel& model = *simulator.model;
  EnvironmentSpec spec;
  spec.name = name;
  spec.observations = {{"state", DType::kF32, {columns}}};
  spec.action = {ActionSpec::Kind::kContinuous, model.nu, 0};
  spec.action_low = FloatBounds(model, 0);
  spec.action_high = FloatBounds(model, 1);
  spec.max_episode_steps = max_episode_steps;
  spec.reward_components = std::move(reward_components);
  spec.control_frequency = 1 / simulator.step_seconds();
  return spec;
}

MujocoEnvironment::MujocoEnvironment(EnvironmentSpec spec, Simulator simulator)
    : EpisodicEnvironment(std::move(spec)),
      physics_(simulator.model),
      data_(std::move(simulator.data)),
      frame_skip_(simulator.frame_skip),
      step_seconds_(simulator.step_seconds()),
      main_body_(FindMainBody(*simulator.model)),
      start_(simulator.model->nq + simulator.model->nv),
      components_(this->spec().reward_components.size()) {
  int64_t columns = 0;
  for (const ObservationGroup& group : this->spec().observations) {
    columns += group.elements();
  }
  observation_.resize(columns);
}

std::vector<double> MujocoEnvironment::state() const {
  std::vector<double> state(qpos().begin(), qpos().end());
  state.insert(state.end(), qvel().begin(), qvel().end());
  return state;
}

void MujocoEnvironment::Observe(ObservationPlaces groups) const {
  const double* from = observation_.data();
  for (const std::span<std::byte> place : groups) {
    // A place within a block is aligned for its column's type.
    float* const to = reinterpret_cast<float*>(place.data());
    const size_t count = place.size() / sizeof(float);
    for (size_t i = 0; i < count; ++i) to[i] = static_cast<float>(from[i]);
    from += count;
  }
}

absl::Status MujocoEnvironment::SetPhysics(const Physics& physics) {
  SF_RETURN_IF_ERROR(Annotate(physics_.Set(physics), spec().name));
  force_ = physics.force;
  ApplyForce();
  return absl::OkStatus();
}

void MujocoEnvironment::ApplyForce() {
  std::copy(force_.begin(), force_.end(), data_->xfrc_applied + 6 * main_body_);
}

absl::Status MujocoEnvironment::Start(uint64_t seed) {
  const size_t positions = qpos().size();
  std::copy_n(model().qpos0, positions, start_.begin());
  std::fill(start_.begin() + positions, start_.end(), 0.0);
  Philox random(seed, Purpose::kEnvironmentReset);
  const std::span<double> start(start_);
  DrawStart(random, start.first(positions), start.subspan(positions));
  return Begin();
}

absl::Status MujocoEnvironment::StartAt(std::span<const double> state) {
  SF_RETURN_IF_ERROR(CheckValues(spec().name, "state", state, start_.size()));
  std::copy(state.begin(), state.end(), start_.begin());
  return Begin();
}

// The order of Gymnasium's MujocoEnv.reset; the force has no effect on an
// observation before the first step, and mj_forward does not see it.
absl::Status MujocoEnvironment::Begin() {
  mjData* const data = data_.get();
  SF_RETURN_IF_ERROR(Annotate(CallMujoco([&] {
                                mj_resetData(&model(), data);
                                const double* const start = start_.data();
                                std::copy_n(start, model().nq, data->qpos);
                                std::copy_n(start + model().nq, model().nv,
                                            data->qvel);
                                mj_forward(&model(), data);
                              }),
                              spec().name));
  ApplyForce();
  position_ = Position();
  WriteObservation(observation_.data());
  return absl::OkStatus();
}

absl::StatusOr<StepResult> MujocoEnvironment::Advance(
    std::span<const float> action, int32_t /*index*/) {
  const mjModel* const model = physics_.model();
  mjData* const data = data_.get();
  std::copy(action.begin(), action.end(), data->ctrl);
  absl::Status stepped = CallMujoco([&] {
    for (int i = 0; i < frame_skip_; ++i) mj_step(model, data);
    if (contact_forces_) mj_rnePostConstraint(model, data);
  });
  if (!stepped.ok()) return Annotate(stepped, spec().name);
  const double before = std::exchange(position_, Position());
  WriteObservation(observation_.data());
  StepResult result = Judge(action, (position_ - before) / step_seconds_);
  result.reward_components = components_;
  return result;
}

void MujocoEnvironment::SetComponents(std::initializer_list<double> values) {
  std::copy_n(values.begin(), components_.size(), components_.begin());
}

absl::Status MujocoEnvironment::SetSimulation(const Simulation& simulation) {
  const auto check = [&](absl::string_view what, std::span<const double> values,
                         int wanted) {
    return CheckValues(spec().name, what, values, static_cast<size_t>(wanted));
  };
  SF_RETURN_IF_ERROR(check("qpos", simulation.qpos, model().nq));
  SF_RETURN_IF_ERROR(check("qvel", simulation.qvel, model().nv));
  SF_RETURN_IF_ERROR(
      check("qacc_warmstart", simulation.qacc_warmstart, model().nv));
  mj_resetData(&model(), data_.get());
  Append(simulation.qpos, data_->qpos);
  Append(simulation.qvel, data_->qvel);
  Append(simulation.qacc_warmstart, data_->qacc_warmstart);
  ApplyForce();
  position_ = simulation.position;
  return absl::OkStatus();
}

absl::Status MujocoEnvironment::SaveState(std::string* bytes) const {
  std::vector<double> simulation(mj_stateSize(&model(), kSavedState));
  mj_getState(&model(), data_.get(), simulation.data(), kSavedState);
  PutState(std::span<const double>(simulation), bytes);
  PutState(position_, bytes);
  PutState(std::span<const double>(observation_), bytes);
  return absl::OkStatus();
}

absl::Status MujocoEnvironment::RestoreState(absl::string_view bytes) {
  std::vector<double> simulation(mj_stateSize(&model(), kSavedState));
  double position = 0;
  std::vector<double> observation(observation_.size());
  if (!TakeState(&bytes, std::span(simulation)) ||
      !TakeState(&bytes, &position) ||
      !TakeState(&bytes, std::span(observation)) || !bytes.empty()) {
    return absl::InvalidArgumentError("has the wrong size");
  }
  mj_resetData(&model(), data_.get());
  mj_setState(&model(), data_.get(), simulation.data(), kSavedState);
  ApplyForce();
  position_ = position;
  observation_ = std::move(observation);
  return absl::OkStatus();
}

void AddUniform(Philox& random, double scale, std::span<double> values) {
  for (double& value : values) value += scale * (2 * random.NextUniform() - 1);
}

void AddNormal(Philox& random, double scale, std::span<double> values) {
  for (double& value : values) value += scale * random.NextNormal();
}

double* Append(std::span<const double> from, double* to) {
  return std::copy(from.begin(), from.end(), to);
}

double Distance(std::span<const double, 3> a, std::span<const double, 3> b) {
  double squares = 0;
  for (size_t i = 0; i < 3; ++i) squares += (a[i] - b[i]) * (a[i] - b[i]);
  return std::sqrt(squares);
}

double FloatControlCost(double weight, std::span<const float> action) {
  return static_cast<float>(weight) * NumpySum(action.size(), [&](size_t i) {
           return action[i] * action[i];
         });
}

}  // namespace softfleet
