// SPDX-License-Identifier: Apache-2.0
// The few file operations the program needs, behind an interface so that
// tests can inject a full disk, an I/O error or a crash at any of them
// (core/fault_file_system.h).
//
// Errors carry the operation, the path and the system's reason: "write
// runs/a/metrics.csv: No space left on device". ENOSPC and EDQUOT map to
// ResourceExhausted, ENOENT to NotFound, EACCES/EROFS to PermissionDenied,
// everything else to Internal. Thread-safe, except that one WritableFile
// belongs to one thread at a time.
#ifndef SOFTFLEET_CORE_FILE_SYSTEM_H_
#define SOFTFLEET_CORE_FILE_SYSTEM_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace softfleet {

// A file being written. The destructor closes without syncing.
class WritableFile {
 public:
  virtual ~WritableFile() = default;
  // Appends all of `bytes` or fails; after a failure a prefix may be there.
  virtual absl::Status Append(absl::string_view bytes) = 0;
  // Makes everything appended so far survive power loss (fdatasync).
  virtual absl::Status Sync() = 0;
  virtual absl::Status Close() = 0;
};

// An exclusive advisory lock, released by the destructor or the process's end.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

class FileSystem {
 public:
  enum class OpenMode { kReplace, kAppend };

  virtual ~FileSystem() = default;

  virtual absl::StatusOr<std::string> Read(const std::string& path) = 0;
  virtual absl::StatusOr<std::unique_ptr<WritableFile>> Open(
      const std::string& path, OpenMode mode) = 0;
  virtual bool Exists(const std::string& path) = 0;
  virtual absl::StatusOr<uint64_t> Size(const std::string& path) = 0;
  // Names (not paths) of a directory's entries, sorted.
  virtual absl::StatusOr<std::vector<std::string>> List(
      const std::string& directory) = 0;
  virtual absl::Status CreateDirectories(const std::string& path) = 0;
  // Replaces `to` if it is a file. Atomic.
  virtual absl::Status Rename(const std::string& from,
                              const std::string& to) = 0;
  // A file or an empty directory.
  virtual absl::Status Remove(const std::string& path) = 0;
  // A file or a directory with everything in it; OK if it is not there.
  virtual absl::Status RemoveAll(const std::string& path) = 0;
  virtual absl::Status Truncate(const std::string& path, uint64_t size) = 0;
  // Makes renames and creations inside `directory` survive power loss.
  virtual absl::Status SyncDirectory(const std::string& directory) = 0;
  // Takes the lock on `path` (created if missing) without waiting;
  // Unavailable when somebody else holds it.
  virtual absl::StatusOr<std::unique_ptr<FileLock>> Lock(
      const std::string& path) = 0;
};

// The operating system's files. Lives for ever.
FileSystem& RealFileSystem();

// Writes `contents` to `path` so that a reader or a crash sees the old file or
// the new one, never a part: temporary name beside it, fsync, rename, fsync of
// the directory. The temporary file is removed on failure; one that a crash
// left (`path`.tmp) is overwritten next time. One writer per path at a time.
absl::Status WriteFileAtomically(FileSystem& files, const std::string& path,
                                 absl::string_view contents);

// Creates the directory and those above it, each durable in its parent.
absl::Status CreateDirectoriesDurably(FileSystem& files,
                                      const std::string& path);

// "a/b" + "c" -> "a/b/c"; the parent of "a/b/c" -> "a/b", of "c" -> ".".
std::string JoinPath(absl::string_view directory, absl::string_view name);
std::string ParentPath(absl::string_view path);

}  // namespace softfleet

#endif  // SOFTFLEET_CORE_FILE_SYSTEM_H_
