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

std::string FormatDuration(double seconds) {
  const auto total = static_cast<int64_t>(std::ceil(seconds));
  if (total < 3600) {
    return absl::StrFormat("%d:%02d", total / 60, total % 60);
  }
  return absl::StrFormat("%d:%02d:%02d", total / 3600, total / 60 % 60,
                         total % 60);
}

std::string FormatBytes(uint64_t bytes) {
  if (bytes < 1000) return absl::StrCat(bytes, " B");
  double value = static_cast<double>(bytes);
  const char* unit = "";
  for (const char* next : {"kB", "MB", "GB", "TB"}) {
    if (value < 1000) break;
    value /= 1000;
    unit = next;
  }
  return absl::StrFormat("%.1f %s", value, unit);
}

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

std::string FormatEvaluation(const AuditRecord& record) {
  const auto mode = [](const AuditReturns& returns) {
    std::string text =
        absl::StrFormat("%.1f ± %.1f", returns.return_mean, returns.return_std);
    if (returns.regret_mean.has_value()) {
      absl::StrAppendFormat(&text, ", regret %.1f", *returns.regret_mean);
    }
    if (returns.eval_success.has_value()) {
      absl::StrAppendFormat(&text, ", success %.0f%%",
                            100 * *returns.eval_success);
    }
    return text;
  };
  return absl::StrCat("evaluation at step ", record.step, " (",
                      record.panel_starts, " starts): deterministic ",
                      mode(record.deterministic), " | stochastic ",
                      mode(record.stochastic));
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
