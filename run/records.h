// SPDX-License-Identifier: Apache-2.0
// Append-only record files of a run, cut back to a checkpoint's step when the
// run resumes: metrics.csv and whatever else is one row per step.
// Not thread-safe; one owner.
#ifndef SOFTFLEET_RUN_RECORDS_H_
#define SOFTFLEET_RUN_RECORDS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/file_system.h"

namespace softfleet {

// A CSV file whose first column is `step`, ascending.
class CsvRecord {
 public:
  // Opens or creates `path` with that header. Rows with step > `keep_step`,
  // and a torn last line, are cut off; so is, with a warning in the log, all
  // from the first line that is no row of numbers. Another header is
  // FailedPrecondition naming both.
  static absl::StatusOr<std::unique_ptr<CsvRecord>> Open(
      FileSystem& files, const std::string& path,
      const std::vector<std::string>& columns, uint64_t keep_step);

  // Values in the columns' order, the step first. NaN is written as an empty
  // field; numbers with the fewest digits that read back equal. A row whose
  // Append failed is not there: what reached the file of it is cut off before
  // the next one.
  absl::Status Append(const std::vector<double>& values);

  // Makes all rows so far survive power loss. Called before a checkpoint that
  // promises them.
  absl::Status Sync();

 private:
  CsvRecord(FileSystem& files, std::string path, size_t columns)
      : files_(&files), path_(std::move(path)), columns_(columns) {}

  FileSystem* files_;
  std::string path_;
  size_t columns_;
  uint64_t size_ = 0;  // bytes of the header and all whole rows
  bool torn_ = false;  // the file may be longer than size_
  std::unique_ptr<WritableFile> file_;
};

// The fewest digits that read back to the same double: "0.1", "256", "-1e-07".
// Whole numbers below 2^53 are written out: "1000000". NaN and infinities:
// "nan", "inf", "-inf".
std::string ShortestNumber(double value);

}  // namespace softfleet

#endif  // SOFTFLEET_RUN_RECORDS_H_
