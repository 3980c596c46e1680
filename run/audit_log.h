// SPDX-License-Identifier: Apache-2.0
// audit.json and audit.csv of a run directory. audit.json is the record;
// audit.csv is made from it. Both are rewritten whole and atomically at every
// row, so a reader never sees a part. Not thread-safe; one owner.
#ifndef SOFTFLEET_RUN_AUDIT_LOG_H_
#define SOFTFLEET_RUN_AUDIT_LOG_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/file_system.h"
#include "run/audit_record.h"

namespace softfleet {

// Reads an audit.json. NotFound; DataLoss naming the file when it is not one.
absl::StatusOr<std::vector<AuditRecord>> ReadAudit(FileSystem& files,
                                                   const std::string& path);

class AuditLog {
 public:
  // Opens <directory>/audit.json, or starts an empty one. Rows with step >
  // `keep_step` are cut (a resumed run makes them again), and audit.csv is
  // brought in line; files that are so already are not written. DataLoss when
  // audit.json cannot be read; the file stays as it is.
  static absl::StatusOr<std::unique_ptr<AuditLog>> Open(
      FileSystem& files, const std::string& directory, uint64_t keep_step);

  // Adds a row and writes both files. A repetition of the last evaluation
  // (equal step, updates and panel hash, as after a crash between the row and
  // the next checkpoint) replaces it. InvalidArgument when the step is below
  // the last row's. On a file error the log is as before and Append may be
  // tried again.
  absl::Status Append(AuditRecord record);

  const std::vector<AuditRecord>& records() const { return records_; }

 private:
  AuditLog(FileSystem& files, const std::string& directory);
  absl::Status Write(const std::vector<AuditRecord>& records);

  FileSystem* files_;
  std::string json_path_;
  std::string csv_path_;
  std::vector<AuditRecord> records_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_RUN_AUDIT_LOG_H_
