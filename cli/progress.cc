// SPDX-License-Identifier: Apache-2.0
#include "cli/progress.h"

#include <unistd.h>

#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace softfleet {
namespace {

constexpr absl::Duration kRedrawInterval = absl::Milliseconds(200);

}  // namespace

std::string FormatProgress(const MetricsRow& row, int64_t total_steps,
                           int64_t first_step, double seconds) {
  std::string line = absl::StrFormat("step %d/%d", row.step, total_steps);
  if (row.steps_per_second > 0) {
    absl::StrAppendFormat(&line, " | %.0f steps/s | %.0f updates/s",
                          row.steps_per_second, row.updates_per_second);
  }
  if (std::isfinite(row.return_mean)) {
    absl::StrAppendFormat(&line, " | return %.1f", row.return_mean);
  }
  if (std::isfinite(row.statistics.entropy)) {
    absl::StrAppendFormat(&line, " | entropy %.2f (target %.2f) | alpha %.4f",
                          row.statistics.entropy, row.target_entropy,
                          row.statistics.alpha);
  }
  const int64_t done = row.step - first_step;
  if (done > 0 && row.step < total_steps) {
    const auto left = static_cast<double>(total_steps - row.step);
    absl::StrAppend(&line, " | ETA ",
                    FormatDuration(left * seconds / static_cast<double>(done)));
  }
  return line;
}

Progress::Progress(std::FILE* out, Clock& clock, int64_t total_steps)
    : out_(out),
      clock_(&clock),
      total_steps_(total_steps),
      terminal_(isatty(fileno(out)) == 1),
      last_return_(std::numeric_limits<double>::quiet_NaN()) {}

std::string Progress::Line(const MetricsRow& row, const std::string& more) {
  if (std::isfinite(row.return_mean)) last_return_ = row.return_mean;
  MetricsRow shown = row;
  shown.return_mean = last_return_;
  const std::string line =
      FormatProgress(shown, total_steps_, first_step_.value_or(row.step),
                     absl::ToDoubleSeconds(clock_->Monotonic() - started_));
  return more.empty() ? line : absl::StrCat(line, " | ", more);
}

void Progress::OnRound(const MetricsRow& so_far, const std::string& more) {
  if (!first_step_.has_value()) {
    first_step_ = so_far.step;
    started_ = clock_->Monotonic();
  }
  if (!terminal_) return;
  const absl::Duration now = clock_->Monotonic();
  if (now - drawn_ < kRedrawInterval) return;
  drawn_ = now;
  line_open_ = true;
  std::fprintf(out_, "\r\033[K%s", Line(so_far, more).c_str());
  std::fflush(out_);
}

void Progress::OnMetrics(const MetricsRow& row, const std::string& more) {
  if (!terminal_) Print(Line(row, more));
}

void Progress::Print(const std::string& line) {
  std::fprintf(out_, "%s%s\n", line_open_ ? "\r\033[K" : "", line.c_str());
  std::fflush(out_);
  line_open_ = false;
}

void Progress::Finish() {
  if (line_open_) std::fprintf(out_, "\n");
  line_open_ = false;
}

}  // namespace softfleet
