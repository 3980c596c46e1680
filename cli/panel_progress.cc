// SPDX-License-Identifier: Apache-2.0
#include "cli/panel_progress.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/plural.h"
#include "learner/run_recorder.h"

namespace softfleet {
namespace {

// The terminal's own rate is below this.
constexpr absl::Duration kLookInterval = absl::Milliseconds(100);
// Runs take turns: a rate is of all of them over several turns.
constexpr double kMeasuredSeconds = 1;

// The mean over the rows where it is a number; NaN where it is none.
template <typename Value>
double Mean(const std::vector<MetricsRow>& rows, Value value) {
  double sum = 0;
  int64_t count = 0;
  for (const MetricsRow& row : rows) {
    const auto x = static_cast<double>(value(row));
    if (!std::isfinite(x)) continue;
    sum += x;
    ++count;
  }
  return count > 0 ? sum / static_cast<double>(count)
                   : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

MetricsRow TogetherOf(const std::vector<MetricsRow>& rows) {
  MetricsRow together;
  if (rows.empty()) return together;
  together.step = std::llround(Mean(rows, [](auto& r) { return r.step; }));
  together.updates =
      std::llround(Mean(rows, [](auto& r) { return r.updates; }));
  together.return_mean = Mean(rows, [](auto& r) { return r.return_mean; });
  together.target_entropy =
      Mean(rows, [](auto& r) { return r.target_entropy; });
  together.statistics.entropy =
      Mean(rows, [](auto& r) { return r.statistics.entropy; });
  together.statistics.alpha =
      Mean(rows, [](auto& r) { return r.statistics.alpha; });
  return together;
}

PanelProgress::PanelProgress(std::FILE* out, Clock& clock, int64_t total_steps,
                             int64_t metrics_interval,
                             const std::vector<uint64_t>& seeds)
    : seeds_(seeds),
      interval_(metrics_interval),
      clock_(clock),
      progress_(out, clock, total_steps),
      runs_(seeds.size()),
      drawn_(clock.Monotonic()),
      measured_(clock.Monotonic()) {}

int64_t PanelProgress::LeastStep() const {
  int64_t least = std::numeric_limits<int64_t>::max();
  for (const Run& run : runs_) {
    if (!run.ended) least = std::min(least, run.row.step);
  }
  return least;
}

void PanelProgress::OnRound(size_t i, const MetricsRow& so_far) {
  MutexLock lock(mutex_);
  MetricsRow& row = runs_[i].row;
  if (row.step > 0) {  // not what was there before this start
    steps_ += so_far.step - row.step;
    updates_ += so_far.updates - row.updates;
  }
  row = so_far;
  const absl::Duration now = clock_.Monotonic();
  const bool crossed = Crossed(interval_, shown_step_, LeastStep());
  if (!crossed && now - drawn_ < kLookInterval) return;
  drawn_ = now;
  Draw();
}

void PanelProgress::MeasureRates() {
  const absl::Duration now = clock_.Monotonic();
  const double seconds = absl::ToDoubleSeconds(now - measured_);
  if (seconds < kMeasuredSeconds) return;
  steps_per_second_ = static_cast<double>(std::exchange(steps_, 0)) / seconds;
  updates_per_second_ =
      static_cast<double>(std::exchange(updates_, 0)) / seconds;
  measured_ = now;
}

void PanelProgress::Draw() {
  std::vector<MetricsRow> rows;
  uint64_t ended = 0;
  for (const Run& run : runs_) {
    if (run.row.step > 0) rows.push_back(run.row);
    ended += run.ended ? 1 : 0;
  }
  std::string more = Counted(seeds_.size(), "seed");
  if (ended > 0) absl::StrAppend(&more, ", ", ended, " at the end");
  MeasureRates();
  MetricsRow together = TogetherOf(rows);
  together.steps_per_second = steps_per_second_;
  together.updates_per_second = updates_per_second_;
  progress_.OnRound(together, more);
  const int64_t least = LeastStep();
  if (!Crossed(interval_, shown_step_, least)) return;
  shown_step_ = least;
  progress_.OnMetrics(together, more);
}

void PanelProgress::Print(size_t i, const std::string& line) {
  MutexLock lock(mutex_);
  progress_.Print(absl::StrCat("seed ", seeds_[i], ": ", line));
}

void PanelProgress::OnEnd(size_t i) {
  MutexLock lock(mutex_);
  runs_[i].ended = true;
}

void PanelProgress::Finish() {
  MutexLock lock(mutex_);
  progress_.Finish();
}

}  // namespace softfleet
