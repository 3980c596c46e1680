// SPDX-License-Identifier: Apache-2.0
// Gathers what a run directory says into the report's data. Only reads, and
// takes no lock: every file it reads is replaced whole or only appended to.
#ifndef SOFTFLEET_EVALUATION_REPORT_DATA_H_
#define SOFTFLEET_EVALUATION_REPORT_DATA_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/file_system.h"
#include "evaluation/report.h"

namespace softfleet {

// Files that are not there leave their part empty; what cannot be read is
// named in ReportData::problems. NotFound when `run_dir` is no run at all:
// neither a configuration nor a record in it.
absl::StatusOr<ReportData> GatherReport(FileSystem& files,
                                        const std::string& run_dir);

// Gathers, renders and writes `path` atomically.
absl::Status WriteReport(FileSystem& files, const std::string& run_dir,
                         const std::string& path);

}  // namespace softfleet

#endif  // SOFTFLEET_EVALUATION_REPORT_DATA_H_
