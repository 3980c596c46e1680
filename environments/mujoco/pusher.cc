// SPDX-License-Identifier: Apache-2.0
#include "environments/mujoco/pusher.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/status.h"
#include "environments/mujoco/mujoco_environment.h"

namespace softfleet {
namespace {

constexpr int kArmCoordinates = 7;
constexpr int kCoordinates = 11;  // and two each of the object and the goal

struct PusherOptions {
  SimulatorOptions simulation{"pusher_v5.xml", /*frame_skip=*/5};
  double near_weight = 0.5;
  double dist_weight = 1;
  double control_weight = 0.1;

  void Read(SettingsReader& settings) {
    simulation.Read(settings);
    settings.Read("reward_near_weight", &near_weight);
    settings.Read("reward_dist_weight", &dist_weight);
    settings.Read("reward_control_weight", &control_weight);
  }
};

struct PusherBodies {
  int tip = 0;
  int object = 0;
  int goal = 0;
};

absl::StatusOr<PusherBodies> FindBodies(const mjModel& model) {
  PusherBodies bodies;
  SF_ASSIGN_OR_RETURN(bodies.tip, FindBody(model, "tips_arm"));
  SF_ASSIGN_OR_RETURN(bodies.object, FindBody(model, "object"));
  SF_ASSIGN_OR_RETURN(bodies.goal, FindBody(model, "goal"));
  return bodies;
}

class Pusher : public MujocoEnvironment {
 public:
  Pusher(EnvironmentSpec spec, Simulator simulator, PusherBodies bodies,
         const PusherOptions& options)
      : MujocoEnvironment(std::move(spec), std::move(simulator)),
        bodies_(bodies),
        options_(options) {}

 private:
  // The goal lies where its coordinates are zero.
  void DrawStart(Philox& random, std::span<double> qpos,
                 std::span<double> qvel) const override {
    constexpr double kLeastDistance = 0.17;
    const std::span<double> object = qpos.last(4).first(2);
    do {
      object[0] = -0.3 * random.NextUniform();
      object[1] = 0.2 * (2 * random.NextUniform() - 1);
    } while (std::hypot(object[0], object[1]) <= kLeastDistance);
    std::ranges::fill(qpos.last(2), 0.0);
    AddUniform(random, 0.005, qvel.first(qvel.size() - 4));
  }

  double* WriteObservation(double* to) const override {
    to = Append(qpos().first(kArmCoordinates), to);
    to = Append(qvel().first(kArmCoordinates), to);
    to = Append(Body(bodies_.tip), to);
    to = Append(Body(bodies_.object), to);
    return Append(Body(bodies_.goal), to);
  }

  StepResult Judge(std::span<const float> action,
                   double /*velocity*/) override {
    const auto object = Body(bodies_.object);
    const double near =
        -Distance(object, Body(bodies_.tip)) * options_.near_weight;
    const double dist =
        -Distance(object, Body(bodies_.goal)) * options_.dist_weight;
    const double control = -FloatControlCost(options_.control_weight, action);
    SetComponents({dist, control, near});
    StepResult result;
    result.reward = dist + control + near;
    return result;
  }

  const PusherBodies bodies_;
  const PusherOptions options_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<EpisodicEnvironment>> MakePusher(
    SettingsReader& settings) {
  PusherOptions options;
  options.Read(settings);
  SF_ASSIGN_OR_RETURN(
      Simulator simulator,
      LoadSimulator(options.simulation, kCoordinates, kCoordinates));
  SF_ASSIGN_OR_RETURN(const PusherBodies bodies, FindBodies(*simulator.model));
  constexpr int64_t kColumns = 2 * kArmCoordinates + 3 * 3;
  EnvironmentSpec spec =
      MakeMujocoSpec("Pusher-v5", simulator, kColumns, {"dist", "ctrl", "near"},
                     /*max_episode_steps=*/100);
  return std::make_unique<Pusher>(std::move(spec), std::move(simulator), bodies,
                                  options);
}

}  // namespace softfleet
