// SPDX-License-Identifier: Apache-2.0
// What the navigation environments share: the map (two_ways_map.h), the goal,
// the reward and the blocking of ways. A new one writes how it moves. Not
// thread-safe, as every Environment.
//
// A step succeeds that ends where the shortest path to the goal is at most 0.5
// m long, and ends the episode; in a continuing task it goes on, and the
// question is how soon the goal is reached and whether it is kept. The goal is
// fixed, or (goal_conditioned) drawn uniformly from both banks, beyond 0.5 m of
// the start, and an observation group "goal" [x, y] of its own.
//
// The reward is a sum of components by name:
//   time      -step_cost for a step that does not succeed
//   goal      10 for the one that ends the episode; not in a continuing task
//   tunnel    -tunnel_toll for each way through the middle of the tunnel, in
//             either direction
//   bridge    -bridge_toll, likewise
//   progress  (dense only) m by which the shortest path to the goal became
//             shorter. A difference of potentials: it leaves the best policy as
//             it is. Like the goal it does not know what is blocked.
// The tolls are small, and equal where not set otherwise. They are what shows
// which way was taken, in an audit as in a report: the mean of the component
// over its toll is how often an episode took that way. What a policy could
// still do shows where the other way is blocked.
//
// For questions about entropy a continuing task is the better one: where the
// goal ends the episode, a policy that is paid for its entropy rather wanders.
#ifndef SOFTFLEET_ENVIRONMENTS_NAVIGATION_NAVIGATION_H_
#define SOFTFLEET_ENVIRONMENTS_NAVIGATION_NAVIGATION_H_

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/philox.h"
#include "environments/episodic_environment.h"
#include "environments/navigation/two_ways_map.h"
#include "environments/settings.h"

namespace softfleet {

struct NavigationOptions {
  bool goal_conditioned = false;
  bool continuing = false;
  bool dense = true;
  double step_cost = 0.1;
  std::array<double, kWays> toll = {0.1, 0.1};
  std::array<bool, kWays> blocked = {};
};

// Reads goal_conditioned and continuing (flags), reward ("dense" or "sparse"),
// blocked ("tunnel" or "bridge"), step_cost, tunnel_toll and bridge_toll.
// InvalidArgument names what cannot be.
absl::StatusOr<NavigationOptions> ReadNavigationOptions(
    SettingsReader& settings);

class Navigation : public EpisodicEnvironment {
 public:
  // The body's, then the goal's [x, y] if it is drawn.
  std::vector<double> state() const final { return state_; }
  void Observe(ObservationPlaces groups) const final;

  // blocked: "tunnel", "bridge".
  absl::Status SetPhysics(const Physics& physics) override;

  // For a drawing: what is blocked now, where the body is and where it is to
  // go.
  const TwoWaysMap& map() const { return map_; }
  Point position() const { return {state_[0], state_[1]}; }
  Point goal() const;

 protected:
  // The first group, "state", is the body's state as float32, of which the
  // first two numbers are its position.
  Navigation(EnvironmentSpec spec, size_t body_size,
             const NavigationOptions& options);

  // A position in a cell.
  virtual Point DrawPosition(Philox& random, Cell cell) const = 0;
  // InvalidArgument where the body, whose position is free, cannot be so.
  virtual absl::Status CheckBody(std::span<const double> body) const = 0;
  // One step of the body, the action checked. Returns the way that was taken.
  virtual std::optional<Way> MoveBody(std::span<const float> action,
                                      int32_t index,
                                      std::span<double> body) const = 0;

  // SetPhysics's part for this; nothing has changed after an error.
  absl::Status SetBlocked(const std::vector<std::string>& names);

 private:
  absl::Status Start(uint64_t seed) final;
  absl::Status StartAt(std::span<const double> state) final;
  absl::StatusOr<StepResult> Advance(std::span<const float> action,
                                     int32_t index) final;
  absl::Status SaveState(std::string* bytes) const final;
  absl::Status RestoreState(absl::string_view bytes) final;
  Point DrawGoal(Philox& random, Point start) const;
  void Begin();

  NavigationOptions options_;
  size_t body_size_;
  TwoWaysMap map_;
  std::vector<double> state_;
  ShortestPaths paths_;
  double path_length_ = 0;  // to the goal, m
  std::array<double, 5> components_ = {};
};

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_NAVIGATION_NAVIGATION_H_
