// SPDX-License-Identifier: Apache-2.0
// An overhead crane: carry a load that hangs from a cable to a place over the
// floor, and leave it there without swinging. A policy sets the trolley's
// acceleration and how fast the cable is wound.
//
// It shows everything an environment may have. Only the constructor, Describe,
// Reset, Step and Observe are needed; delete the rest from yours, or keep it.
#include <cmath>
#include <cstdint>
#include <cstring>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "environments/plugin/softfleet_environment.h"

namespace {

namespace plugin = softfleet::plugin;

// SI units.
constexpr double kGravity = 9.81;
constexpr double kRail = 10;            // the trolley's way: [0, kRail]
constexpr double kShortest = 1;         // of the cable
constexpr double kLongest = 8;          // of the cable
constexpr double kMaxAcceleration = 1;  // of the trolley
constexpr double kMaxHoist = 1;         // of the cable, per second
constexpr double kMaxSpeed = 3;         // of the trolley
constexpr double kTimeStep = 0.01;      // of the simulation
constexpr int kSubsteps = 10;           // per step of the environment: 10 Hz
// The load has arrived where it has been this close and this slow for so long.
constexpr double kClose = 0.1;
constexpr double kSlow = 0.1;
constexpr int64_t kHold = 10;

// Everything that changes; plain numbers, so that saving it is copying it.
struct Scene {
  double trolley, trolley_speed;
  double cable;
  double sway, sway_speed;  // radians from the vertical, and per second
  double goal, goal_depth;  // where the load shall hang
  double held;              // steps for which it has been there
  double gust;              // what the wind does to the load, m/s^2
};
constexpr size_t kSceneSize = sizeof(Scene) / sizeof(double);

class Crane : public plugin::Environment {
 public:
  // setting { name: "wind" number: 0.5 }, and so on. The second argument is
  // what holds where the configuration says nothing.
  explicit Crane(plugin::Settings& settings)
      : wind_(settings.Number("wind", 0)),
        sway_weight_(settings.Number("sway_weight", 0.5)) {
    if (wind_ < 0) throw std::invalid_argument("wind is below 0 m/s^2");
  }

  plugin::Spec Describe() const override {
    plugin::Spec spec;
    spec.name = "Crane-v0";
    spec.version = "1";
    // Two groups: policies see all of them, perturbations can blind one.
    spec.observations = {{"crane", plugin::DType::kFloat32, {6}},
                         {"goal", plugin::DType::kFloat32, {2}}};
    spec.action_low = {-kMaxAcceleration, -kMaxHoist};
    spec.action_high = {kMaxAcceleration, kMaxHoist};
    spec.max_episode_steps = 300;
    // They add up to the reward; reports and the audit show each.
    spec.reward_components = {"distance", "sway", "arrived"};
    spec.control_frequency = 1 / (kTimeStep * kSubsteps);
    return spec;
  }

  // The seed alone decides: equal seeds, equal episodes.
  void Reset(uint64_t seed) override {
    std::mt19937_64 random(seed);
    scene_ = {};
    scene_.trolley = Between(0, kRail, random);
    scene_.cable = Between(kShortest, kLongest, random);
    scene_.goal = Between(0, kRail, random);
    scene_.goal_depth = Between(kShortest, kLongest, random);
    scene_.gust = Between(-wind_, wind_, random);
  }

  // Actions come in the units of the bounds, but need not be within them: a
  // motor cannot do more than it can.
  void Step(plugin::Action action, plugin::StepResult& result) override {
    const double acceleration =
        gain_ * Clip(action[0], -kMaxAcceleration, kMaxAcceleration);
    const double hoist = gain_ * Clip(action[1], -kMaxHoist, kMaxHoist);
    for (int i = 0; i < kSubsteps; ++i) Simulate(acceleration, hoist);

    const double distance = Distance();
    const bool there = distance < kClose && LoadSpeed() < kSlow;
    scene_.held = there ? scene_.held + 1 : 0;
    result.success = scene_.held >= kHold;
    result.reward_components[0] = -distance / kRail;
    result.reward_components[1] = -sway_weight_ * std::abs(scene_.sway);
    result.reward_components[2] = there ? 1 : 0;
    for (int i = 0; i < 3; ++i) result.reward += result.reward_components[i];
    // Nothing can be earned any more by a load that swings up to the rail.
    result.terminated = std::abs(scene_.sway) > 1.5;
  }

  // Best around 1 in size.
  void Observe(plugin::Observation& observation) const override {
    float* const crane = observation.floats(0);
    crane[0] = static_cast<float>(scene_.trolley / kRail);
    crane[1] = static_cast<float>(scene_.trolley_speed / kMaxSpeed);
    crane[2] = static_cast<float>(scene_.cable / kLongest);
    crane[3] = static_cast<float>(std::sin(scene_.sway));
    crane[4] = static_cast<float>(std::cos(scene_.sway));
    crane[5] = static_cast<float>(scene_.sway_speed);
    float* const goal = observation.floats(1);
    goal[0] = static_cast<float>((scene_.goal - LoadX()) / kRail);
    goal[1] = static_cast<float>((scene_.goal_depth - LoadDepth()) / kLongest);
  }

  // --- From here on nothing is needed for training. ------------------------

  // For panels with chosen starts, and for traces.
  std::vector<double> State() const override {
    std::vector<double> values(kSceneSize);
    std::memcpy(values.data(), &scene_, sizeof(scene_));
    return values;
  }
  void ResetTo(const std::vector<double>& values) override {
    if (values.size() != kSceneSize) {
      throw std::invalid_argument("a state has " + std::to_string(kSceneSize) +
                                  " values");
    }
    std::memcpy(&scene_, values.data(), sizeof(scene_));
  }

  // So that a run that is stopped goes on in mid-episode. The state is all
  // there is here; a generator in use would have to be saved too.
  std::string Save() const override {
    const std::vector<double> values = State();
    return {reinterpret_cast<const char*>(values.data()),
            values.size() * sizeof(double)};
  }
  void Restore(const std::string& saved) override {
    std::vector<double> values(saved.size() / sizeof(double));
    std::memcpy(values.data(), saved.data(), values.size() * sizeof(double));
    if (saved.size() % sizeof(double) != 0) values.clear();
    ResetTo(values);
  }

  // perturbation { gain: 0.5 } weakens both motors, perturbation { force: .. }
  // blows. A crane has no floor contact, so it says no to the rest.
  void SetPhysics(const plugin::Physics& physics) override {
    if (physics.friction != 1 || physics.mass != 1 ||
        physics.contact_time != 1 || physics.contact_damping != 1 ||
        physics.gravity_tilt != 0 || !physics.blocked.empty()) {
      throw plugin::Unsupported("only gain and force can be changed");
    }
    gain_ = physics.gain;
    push_ = physics.force[0] / kLoadMass;
  }

 private:
  static constexpr double kLoadMass = 1000;

  static double Clip(double value, double low, double high) {
    return std::fmin(std::fmax(value, low), high);
  }
  // By hand: std::uniform_real_distribution differs between standard libraries.
  static double Between(double low, double high, std::mt19937_64& random) {
    return low + (high - low) * static_cast<double>(random() >> 11) * 0x1p-53;
  }

  double LoadX() const {
    return scene_.trolley + scene_.cable * std::sin(scene_.sway);
  }
  double LoadDepth() const { return scene_.cable * std::cos(scene_.sway); }
  double Distance() const {
    return std::hypot(scene_.goal - LoadX(), scene_.goal_depth - LoadDepth());
  }
  double LoadSpeed() const {
    return std::abs(scene_.trolley_speed) +
           std::abs(scene_.cable * scene_.sway_speed);
  }

  // A pendulum whose length changes, hanging from an accelerated point:
  //   l sway'' = -(trolley'' - wind) cos(sway) - g sin(sway) - 2 l' sway'
  // one step of the semi-implicit Euler method.
  void Simulate(double acceleration, double hoist) {
    const double before = scene_.trolley_speed;
    scene_.trolley_speed =
        Clip(before + acceleration * kTimeStep, -kMaxSpeed, kMaxSpeed);
    scene_.trolley += scene_.trolley_speed * kTimeStep;
    if (scene_.trolley < 0 || scene_.trolley > kRail) {  // the buffers
      scene_.trolley = Clip(scene_.trolley, 0, kRail);
      scene_.trolley_speed = 0;
    }
    const double pull = (scene_.trolley_speed - before) / kTimeStep;

    const double cable =
        Clip(scene_.cable + hoist * kTimeStep, kShortest, kLongest);
    const double winding = (cable - scene_.cable) / kTimeStep;
    scene_.cable = cable;
    scene_.sway_speed +=
        kTimeStep / cable *
        (-(pull - scene_.gust - push_) * std::cos(scene_.sway) -
         kGravity * std::sin(scene_.sway) - 2 * winding * scene_.sway_speed);
    scene_.sway += scene_.sway_speed * kTimeStep;
  }

  double wind_;
  double sway_weight_;
  Scene scene_ = {};
  double gain_ = 1, push_ = 0;  // what perturbations set
};

}  // namespace

SOFTFLEET_ENVIRONMENT(Crane)
