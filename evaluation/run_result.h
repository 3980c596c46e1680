// SPDX-License-Identifier: Apache-2.0
// What a program that trains says at its end, on stdout. Thread-safe: free
// functions.
#ifndef SOFTFLEET_EVALUATION_RUN_RESULT_H_
#define SOFTFLEET_EVALUATION_RUN_RESULT_H_

#include <string>

#include "absl/status/status.h"
#include "core/file_system.h"

namespace softfleet {

// The last evaluation and where things are. DataLoss without one.
absl::Status PrintResult(FileSystem& files, const std::string& run_dir);

// Writes report.html and says so. The run is what counts: what cannot be
// written about it is only a warning.
void WriteReportOrWarn(FileSystem& files, const std::string& run_dir);

// That there is nothing to do, the result, and the report if there is one.
absl::Status PrintFinishedRun(FileSystem& files, const std::string& run_dir);

}  // namespace softfleet

#endif  // SOFTFLEET_EVALUATION_RUN_RESULT_H_
