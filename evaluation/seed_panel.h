// SPDX-License-Identifier: Apache-2.0
// What the runs of a seed panel say together: by step the interquartile means
// of their returns with confidence intervals, at the end those of their last
// evaluations; as JSON and CSV beside the report. Values and free functions.
#ifndef SOFTFLEET_EVALUATION_SEED_PANEL_H_
#define SOFTFLEET_EVALUATION_SEED_PANEL_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/file_system.h"
#include "evaluation/interquartile_mean.h"
#include "evaluation/report.h"

namespace softfleet {

// The runs, by ascending seed.
struct SeedPanelData {
  std::vector<ReportData> runs;
};

// Reads every run in the directory (run/seed_directories.h), as GatherReport
// does. NotFound where there is none.
absl::StatusOr<SeedPanelData> GatherSeedPanel(FileSystem& files,
                                              const std::string& panel_dir);

// Of the evaluations at one step.
struct SeedPanelPoint {
  uint64_t step = 0;  // 0 for that of the last evaluations, whatever their step
  uint64_t seeds = 0;
  Estimate deterministic;  // of return_mean
  Estimate stochastic;
};

// One point for each step at which every run has been evaluated, on one panel
// of starts or, without a panel, each on random ones of its own. A run that has
// ended early by one of its stop rules keeps its last evaluation from there on;
// where a run has failed or is not that far yet, the curve ends.
std::vector<SeedPanelPoint> SeedPanelCurve(const SeedPanelData& data);
// Over each run's last evaluation. seeds = 0 where one has none.
SeedPanelPoint SeedPanelResult(const SeedPanelData& data);

// Columns: step, seeds, then <mode>_return_iqm, _low and _high.
std::string FormatSeedPanelCsv(const SeedPanelData& data);
// {"environment", "seeds", "bootstrap", "final", "curve", "runs"}; a run has
// its last evaluation as audit.json has it. An unknown number is null.
std::string FormatSeedPanelJson(const SeedPanelData& data);

// report.html, seeds.json and seeds.csv in the directory; `report` replaces the
// page's path.
absl::Status WriteSeedPanelReport(FileSystem& files,
                                  const std::string& panel_dir,
                                  const std::string& report);

}  // namespace softfleet

#endif  // SOFTFLEET_EVALUATION_SEED_PANEL_H_
