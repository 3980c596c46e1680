// SPDX-License-Identifier: Apache-2.0
#include "evaluation/summary.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/plural.h"

namespace softfleet {

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
                      Counted(record.panel_starts, "start"),
                      "): deterministic ", mode(record.deterministic),
                      " | stochastic ", mode(record.stochastic));
}

}  // namespace softfleet
