// SPDX-License-Identifier: Apache-2.0
#include "learner/progress_rule.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace softfleet {

int64_t AllowedRows(const LearnerProgress& progress) {
  if (progress.updates_per_step == 0) return progress.total_steps;
  // In double: a quotient may be far above what an integer holds.
  const auto rows_of = [&](int64_t updates) {
    return static_cast<double>(updates) / progress.updates_per_step;
  };
  const auto start =
      static_cast<double>(progress.warmup_steps + progress.forgone);
  const double ahead = start + static_cast<double>(progress.slack) +
                       std::floor(rows_of(progress.updates));
  // floor(updates_per_step * rows) may need one row more than the quotient
  // says.
  const double next = start + std::ceil(rows_of(progress.updates + 1)) + 1;
  const auto missing =
      static_cast<double>(progress.received + progress.missing);
  const double allowed = std::max({ahead, next, missing});
  return allowed >= static_cast<double>(progress.total_steps)
             ? progress.total_steps
             : static_cast<int64_t>(allowed);
}

int64_t ReceivableRows(const LearnerProgress& progress) {
  constexpr int64_t kUnlimited = std::numeric_limits<int64_t>::max();
  if (progress.updates_per_step <= 0) return kUnlimited;
  const double owed =
      std::max(1.0, std::floor(progress.updates_per_step * kMostOwedRows));
  // One more, as above.
  const double most =
      static_cast<double>(progress.warmup_steps + progress.forgone) +
      std::ceil((static_cast<double>(progress.updates) + owed) /
                progress.updates_per_step) +
      1;
  const double rows = most - static_cast<double>(progress.received);
  if (rows <= 0) return 0;
  return rows < 9e18 ? static_cast<int64_t>(rows) : kUnlimited;
}

}  // namespace softfleet
