// SPDX-License-Identifier: Apache-2.0
// A FileSystem for tests that passes everything on to another one until the
// k-th operation, and there has a full disk, an I/O error or a crash. A test
// runs once without a fault, reads operations(), and then runs once for every
// k below it. Thread-safe, as its base is; files it opened must not outlive
// it.
//
// Counted are Open, Append, Sync, Close, Rename, Remove, RemoveAll, Truncate,
// SyncDirectory, CreateDirectories and Lock, and on request Read, Size and
// List. Exists always answers. The failing operation does nothing, but for
// Append: a prefix of its bytes reaches the file.
#ifndef SOFTFLEET_CORE_FAULT_FILE_SYSTEM_H_
#define SOFTFLEET_CORE_FAULT_FILE_SYSTEM_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/file_system.h"
#include "core/mutex.h"

namespace softfleet {

enum class Fault {
  kNone,
  kDiskFull,  // ENOSPC: ResourceExhausted
  kIoError,   // EIO: Internal
  // The process dies here: this operation and all later ones, reads too, are
  // Aborted with "crashed" in the message.
  kCrash,
};

struct FaultPlan {
  Fault fault = Fault::kNone;
  // The operation that fails, counted from 0.
  int64_t at = 0;
  // Whether it stays so until SetPlan. A full disk then fails what needs
  // space (Open, Append, Sync, Rename, CreateDirectories, Lock) and lets
  // Close, Remove, RemoveAll, Truncate, SyncDirectory and reads through; an
  // I/O error fails everything counted.
  bool sticky = false;
  // The part of a failing Append's bytes that is written, in [0, 1].
  double torn_fraction = 0.5;
  bool count_reads = false;
};

class FaultInjectingFileSystem : public FileSystem {
 public:
  explicit FaultInjectingFileSystem(FileSystem& base, FaultPlan plan = {});

  // Starts again: count 0, no fault yet, not crashed.
  void SetPlan(FaultPlan plan) SF_EXCLUDES(mutex_);
  // Counted operations since the plan was set, failed ones included.
  int64_t operations() const SF_EXCLUDES(mutex_);
  // Whether the fault has happened.
  bool fired() const SF_EXCLUDES(mutex_);

  absl::StatusOr<std::string> Read(const std::string& path) override;
  absl::StatusOr<std::unique_ptr<WritableFile>> Open(const std::string& path,
                                                     OpenMode mode) override;
  bool Exists(const std::string& path) override;
  absl::StatusOr<uint64_t> Size(const std::string& path) override;
  absl::StatusOr<std::vector<std::string>> List(
      const std::string& directory) override;
  absl::Status CreateDirectories(const std::string& path) override;
  absl::Status Rename(const std::string& from, const std::string& to) override;
  absl::Status Remove(const std::string& path) override;
  absl::Status RemoveAll(const std::string& path) override;
  absl::Status Truncate(const std::string& path, uint64_t size) override;
  absl::Status SyncDirectory(const std::string& directory) override;
  absl::StatusOr<std::unique_ptr<FileLock>> Lock(
      const std::string& path) override;

 private:
  class File;
  enum class Kind { kNeedsSpace, kNeedsNoSpace, kRead };

  // Counts one operation; its error if it is to fail. Where this failure is
  // the fault itself, and not its consequence, `torn` becomes torn_fraction.
  absl::Status Check(Kind kind, absl::string_view operation,
                     absl::string_view path, double* torn = nullptr)
      SF_EXCLUDES(mutex_);
  // Whether an earlier fault still stands in the way.
  bool StillFails(Kind kind) const SF_REQUIRES(mutex_);

  FileSystem& base_;
  mutable Mutex mutex_;
  FaultPlan plan_ SF_GUARDED_BY(mutex_);
  int64_t operations_ SF_GUARDED_BY(mutex_) = 0;
  bool fired_ SF_GUARDED_BY(mutex_) = false;
};

}  // namespace softfleet

#endif  // SOFTFLEET_CORE_FAULT_FILE_SYSTEM_H_
