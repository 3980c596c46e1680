// SPDX-License-Identifier: Apache-2.0
// Everything that an environment shows in an episode of random actions, to be
// compared bit by bit. Thread-safe: values and free functions.
#ifndef SOFTFLEET_ENVIRONMENTS_CONFORMANCE_EPISODE_RECORD_H_
#define SOFTFLEET_ENVIRONMENTS_CONFORMANCE_EPISODE_RECORD_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/philox.h"
#include "environments/environment.h"

namespace softfleet {

// One of both, as the spec says.
struct RandomAction {
  std::vector<float> vector;
  int32_t index = 0;
};

// Fills `action`: uniform over the indices, or over `width` times the bounds
// around their middle.
void DrawAction(const EnvironmentSpec& spec, double width, Philox& random,
                RandomAction* action);
absl::StatusOr<StepResult> StepWith(Environment& environment,
                                    const RandomAction& action);

// An observation in places with a margin on either side, so that an environment
// that writes beyond them is found and does no harm.
class GuardedObservation {
 public:
  explicit GuardedObservation(const EnvironmentSpec& spec);

  // Fills everything with `filling` first.
  void Read(const Environment& environment, std::byte filling);
  // Whether nothing was written beyond the places.
  bool within() const;
  // Each group's bytes, in the spec's order.
  ObservationPlaces places() const { return places_; }

 private:
  static constexpr std::ptrdiff_t kMargin = 64;

  std::vector<std::vector<std::byte>> columns_;
  std::vector<std::span<std::byte>> places_;
  std::byte filling_{};
};

// What there is to see after a step, or after the reset, where the step's part
// is as StepResult begins.
struct Seen {
  double reward = 0;
  bool terminated = false;
  bool truncated = false;
  bool success = false;
  bool taken_over = false;
  std::vector<float> executed_action;
  std::vector<double> reward_components;
  std::vector<double> state;
  std::vector<std::vector<std::byte>> observation;

  bool operator==(const Seen&) const = default;

  bool ended() const { return terminated || truncated; }
};

Seen See(const Environment& environment, const StepResult& result = {});

// "" where both are the same to the last bit, else the first thing that is not:
// "reward is 1 and 2".
std::string Difference(const Seen& a, const Seen& b);
// As above of episodes, "step 17: ...", or their lengths.
std::string Difference(const std::vector<Seen>& a, const std::vector<Seen>& b);

// At most `steps` steps with actions within the bounds, to the episode's end.
absl::StatusOr<std::vector<Seen>> Roll(Environment& environment, Philox& random,
                                       int64_t steps);
// From a reset, which is the first thing seen.
absl::StatusOr<std::vector<Seen>> RecordEpisode(Environment& environment,
                                                uint64_t seed, int64_t steps);
// The actions of RecordEpisode.
Philox EpisodeActions(uint64_t seed);

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_CONFORMANCE_EPISODE_RECORD_H_
