// SPDX-License-Identifier: Apache-2.0
// report.html: one self-contained page that says what a run was, what came of
// it and how it got there. Reads no files and asks no clock: equal data give
// an equal page. Thread-safe: values and free functions.
#ifndef SOFTFLEET_EVALUATION_REPORT_H_
#define SOFTFLEET_EVALUATION_REPORT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "evaluation/metrics_table.h"
#include "run/audit_record.h"
#include "run/config.h"

namespace softfleet {

// Everything the page says. Texts are plain; what is empty or unset is not
// known, and the page says so or leaves it out.
struct ReportData {
  std::string run_id;
  std::string environment;  // "Pendulum-v1"
  std::string config_hash;
  std::string config_text;  // EffectiveConfig
  // From the defaults (`stored`) to this run (`wanted`).
  std::vector<ConfigDifference> differences;
  uint64_t seed = 0;
  uint64_t total_steps = 0;        // asked for; 0 = not known
  uint64_t checkpointed_step = 0;  // of the newest checkpoint
  std::string panel;               // its path; empty: random starts
  // Entropies are of actions in the environment's units, not in [-1, 1].
  bool entropy_in_environment_units = false;

  bool finished = false;    // the run's log says so
  std::string stopped_by;   // the rule that ended it early
  double wall_seconds = 0;  // at its end; 0 = not known
  // The evaluation whose policy the run has kept as its best.
  std::optional<uint64_t> best_step;

  std::string created;      // "2026-05-01 12:00:00 UTC"
  std::string last_record;  // when metrics or audit were last written
  uint64_t starts = 0;      // of the program on this run
  // In the order in which they are shown: {"softfleet", "0.1.0"}, {"CPU", ...}.
  std::vector<std::pair<std::string, std::string>> machine;

  MetricsTable metrics;
  std::vector<AuditRecord> audit;
  std::vector<std::string> problems;  // files that could not be read, and why
};

// What the headline says.
struct ReportHeadline {
  uint64_t steps = 0;    // environment steps recorded so far
  uint64_t updates = 0;  // of the learner
  bool finished = false;
  double wall_seconds = 0;  // of all the program's starts; NaN: not known
  std::optional<AuditRecord> evaluation;  // the last one
};
ReportHeadline Headline(const ReportData& data);

// The page as HTML.
std::string RenderReport(const ReportData& data);

}  // namespace softfleet

#endif  // SOFTFLEET_EVALUATION_REPORT_H_
