// SPDX-License-Identifier: Apache-2.0
// What the rows say that a learner receives: episodes that ended, and how old
// the policies were that chose the actions. Not thread-safe.
#ifndef SOFTFLEET_LEARNER_ARRIVALS_H_
#define SOFTFLEET_LEARNER_ARRIVALS_H_

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "experience/episode.h"
#include "experience/step_block.h"

namespace softfleet {

class Arrivals {
 public:
  // Newest versions whose number of updates is remembered: minutes of
  // publishing. Versions are consecutive.
  static constexpr size_t kVersions = 16384;
  // Training episodes in the mean.
  static constexpr size_t kEpisodes = 100;

  // Policy `version` is as it was after so many updates.
  void Published(uint64_t version, int64_t updates);
  // A block was received when the learner had done `updates`.
  void Add(const StepBlock& block, int64_t updates);

  // How many updates old the policies were, mean over the rows since the last
  // call; nullopt where no row's policy is known (uniform actions, policies of
  // an earlier start).
  std::optional<double> TakePolicyLag();
  // Episodes that ended since the last call.
  std::vector<FinishedEpisode> TakeEpisodes();
  // Means of the newest episodes; NaN before the first.
  double mean_return() const;
  double mean_length() const;

 private:
  struct Publication {
    uint64_t version = 0;
    int64_t updates = 0;
  };

  // The place of a version is the remainder of kVersions. Allocated at once:
  // a small piece of memory for each version, taken between the large ones of
  // an update, would keep the holes that those leave from being used again.
  std::vector<Publication> publications_ = std::vector<Publication>(kVersions);
  double lag_sum_ = 0;
  int64_t lag_rows_ = 0;
  std::vector<FinishedEpisode> ended_;
  std::deque<FinishedEpisode> newest_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_LEARNER_ARRIVALS_H_
