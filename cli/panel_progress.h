// SPDX-License-Identifier: Apache-2.0
// What a person sees of several runs that go on side by side: the line of one
// run (cli/progress.h) with their means, and each run's own lines under its
// seed. Thread-safe.
#ifndef SOFTFLEET_CLI_PANEL_PROGRESS_H_
#define SOFTFLEET_CLI_PANEL_PROGRESS_H_

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "cli/progress.h"
#include "core/clock.h"
#include "core/mutex.h"
#include "learner/interval_metrics.h"

namespace softfleet {

// Steps, updates, returns and the learner's numbers as means over the rows
// that have them, without rates.
MetricsRow TogetherOf(const std::vector<MetricsRow>& rows);

class PanelProgress {
 public:
  PanelProgress(std::FILE* out, Clock& clock, int64_t total_steps,
                int64_t metrics_interval, const std::vector<uint64_t>& seeds);

  // Of the run of seeds[i]. A line where the terminal wants one, or all runs
  // have crossed a multiple of the interval.
  void OnRound(size_t i, const MetricsRow& so_far);
  // A line of its own that stays: "seed 3: <line>".
  void Print(size_t i, const std::string& line);
  // The run has ended, or failed.
  void OnEnd(size_t i);
  // Leaves the rewritten line behind.
  void Finish();

 private:
  struct Run {
    MetricsRow row;
    bool ended = false;
  };
  void Draw() SF_REQUIRES(mutex_);
  void MeasureRates() SF_REQUIRES(mutex_);
  // Of the run that is least far.
  int64_t LeastStep() const SF_REQUIRES(mutex_);

  const std::vector<uint64_t> seeds_;
  const int64_t interval_;
  Clock& clock_;
  Mutex mutex_;
  Progress progress_ SF_GUARDED_BY(mutex_);
  std::vector<Run> runs_ SF_GUARDED_BY(mutex_);
  int64_t shown_step_ SF_GUARDED_BY(mutex_) = 0;
  absl::Duration drawn_ SF_GUARDED_BY(mutex_);
  // Of all runs together, and since when they are counted.
  absl::Duration measured_ SF_GUARDED_BY(mutex_);
  int64_t steps_ SF_GUARDED_BY(mutex_) = 0;
  int64_t updates_ SF_GUARDED_BY(mutex_) = 0;
  double steps_per_second_ SF_GUARDED_BY(mutex_) = 0;
  double updates_per_second_ SF_GUARDED_BY(mutex_) = 0;
};

}  // namespace softfleet

#endif  // SOFTFLEET_CLI_PANEL_PROGRESS_H_
