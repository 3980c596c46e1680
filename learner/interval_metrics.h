// SPDX-License-Identifier: Apache-2.0
// The rows of metrics.csv: what happened since the last row. Not thread-safe.
#ifndef SOFTFLEET_LEARNER_INTERVAL_METRICS_H_
#define SOFTFLEET_LEARNER_INTERVAL_METRICS_H_

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "experience/episode.h"
#include "sac/update.h"

namespace softfleet {

// One row, and what the progress line shows.
struct MetricsRow {
  int64_t step = 0;
  int64_t updates = 0;
  double wall_seconds = 0;  // of the run, over all its incarnations
  double steps_per_second = 0;
  double updates_per_second = 0;
  int64_t episodes = 0;  // finished since the run began
  // Of the training episodes since the last row; NaN where none ended.
  double return_mean = std::numeric_limits<double>::quiet_NaN();
  double length_mean = std::numeric_limits<double>::quiet_NaN();
  SacStatistics statistics;  // means; NaN where no update was measured
  double target_entropy = 0;

  // The header of metrics.csv, and this row in its order.
  static std::vector<std::string> Columns();
  std::vector<double> Values() const;
};

// Collects training episodes and time between two rows.
class IntervalMetrics {
 public:
  void AddEpisodes(std::span<const FinishedEpisode> episodes);

  // A row about everything since the last Start; `wall_seconds` as in
  // MetricsRow. The learner's numbers are the caller's.
  MetricsRow Row(int64_t step, int64_t updates, double wall_seconds) const;
  // Begins the next interval there. Episodes count on.
  void Start(int64_t step, int64_t updates, double wall_seconds);
  // Only the rates begin anew there, as after a restart in mid-interval.
  void StartRates(int64_t step, int64_t updates, double wall_seconds);

  // As JSON text, for checkpoints in mid-interval; bit-exact, without the
  // rates.
  std::string Save() const;
  absl::Status Restore(const std::string& saved);

 private:
  int64_t episodes_ = 0;           // of the run
  int64_t interval_episodes_ = 0;  // of the interval, with their sums
  double return_sum_ = 0;
  double length_sum_ = 0;
  int64_t step_ = 0, updates_ = 0;  // where the interval began
  double wall_seconds_ = 0;
};

}  // namespace softfleet

#endif  // SOFTFLEET_LEARNER_INTERVAL_METRICS_H_
