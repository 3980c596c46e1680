// SPDX-License-Identifier: Apache-2.0
// Append-only record files of a run, cut back to a checkpoint's step when the
// run resumes: metrics.csv and whatever else is one row per step.
// Not thread-safe; one owner.
#ifndef SOFTFLEET_RUN_RECORDS_H_
#define SOFTFLEET_RUN_RECORDS_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/file_system.h"

namespace softfleet {

// A CSV file whose first column is `step`, ascending.
class CsvRecord {
 public:
  // Opens or creates `path` with that header. Rows with step > `keep_step`,
  // and a torn last line, are cut off. Another header is FailedPrecondition
  // naming both.
  static absl::StatusOr<std::unique_ptr<CsvRecord>> Open(
      FileSystem& files, const std::string& path,
      const std::vector<std::string>& columns, uint64_t keep_step);

  // Values in the columns' order. NaN is written as an empty field; numbers
  // with the fewest digits that read back equal.
  absl::Status Append(const std::vector<double>& values);

 private:
  CsvRecord() = default;
  size_t columns_ = 0;
  std::unique_ptr<WritableFile> file_;
};

// The fewest digits that read back to the same double: "0.1", "256", "-1e-07".
// NaN and infinities: "nan", "inf", "-inf".
std::string ShortestNumber(double value);

}  // namespace softfleet

#endif  // SOFTFLEET_RUN_RECORDS_H_
