// SPDX-License-Identifier: Apache-2.0
// What a person sees of a training run: one line that rewrites itself on a
// terminal, plain lines elsewhere. Not thread-safe.
#ifndef SOFTFLEET_CLI_PROGRESS_H_
#define SOFTFLEET_CLI_PROGRESS_H_

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "core/clock.h"
#include "evaluation/summary.h"
#include "learner/interval_metrics.h"

namespace softfleet {

// " step 5000/20000 | 412 steps/s | 412 updates/s | return -312.4 | ..." ;
// numbers that are not known yet are left out. ETA from the mean rate since
// `first_step`, `seconds` ago.
std::string FormatProgress(const MetricsRow& row, int64_t total_steps,
                           int64_t first_step, double seconds);

class Progress {
 public:
  // Writes to `out`, rewriting a line if that is a terminal.
  Progress(std::FILE* out, Clock& clock, int64_t total_steps);

  // The first call fixes where rates count from. On a terminal at most five
  // lines per second are drawn; elsewhere nothing. `more` ends the line.
  void OnRound(const MetricsRow& so_far, const std::string& more = "");
  // Elsewhere: a line per row.
  void OnMetrics(const MetricsRow& row, const std::string& more = "");
  // A line of its own that stays.
  void Print(const std::string& line);
  // Leaves the rewritten line behind.
  void Finish();

 private:
  std::string Line(const MetricsRow& row, const std::string& more);

  std::FILE* out_;
  Clock* clock_;
  int64_t total_steps_;
  bool terminal_;
  bool line_open_ = false;
  std::optional<int64_t> first_step_;
  absl::Duration started_;
  absl::Duration drawn_ = -absl::InfiniteDuration();
  double last_return_;  // of the last interval with an episode; NaN before
};

}  // namespace softfleet

#endif  // SOFTFLEET_CLI_PROGRESS_H_
