// SPDX-License-Identifier: Apache-2.0
// A disk in memory that a test can take the power from: what had not been
// synced by then may be gone, whole or in part, and out of order. Killing a
// process cannot show that, because the system's cache survives it.
//
//  1. A file's bytes survive from WritableFile::Sync on, in pages: each page
//     changed since then may hold its old content, its new content, or new up
//     to some byte. So may the size be the old or the new one.
//  2. An entry of a directory (created, renamed, removed) survives from
//     SyncDirectory of that directory on. Before, each change may be there or
//     not, whatever became of the others. Renaming within a directory is one
//     change, between two it is one of each.
//  3. Who had a file open or a lock when the power went has them no more.
//
// Stricter than most file systems, as POSIX allows. Errors are those of
// core/file_system.h. Thread-safe like those.
#ifndef SOFTFLEET_TESTS_TESTING_SIMULATED_DISK_H_
#define SOFTFLEET_TESTS_TESTING_SIMULATED_DISK_H_

#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "core/file_system.h"
#include "core/mutex.h"

namespace softfleet::testing {

class SimulatedDisk : public FileSystem {
 public:
  static constexpr size_t kPage = 4096;

  SimulatedDisk();
  ~SimulatedDisk() override;

  // Each change that was not synced is kept with probability `kept`: 0 loses
  // all of them, 1 none.
  void LosePower(uint64_t seed, double kept) SF_EXCLUDES(mutex_);

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
  class HeldLock;
  struct Node;
  using NodePtr = std::shared_ptr<Node>;
  // The new value of some entries of one directory; null: not there.
  using Change = std::map<std::string, NodePtr>;
  using Random = std::mt19937_64;

  // A file or a directory.
  struct Node {
    bool is_directory = false;
    bool locked = false;
    std::string bytes, synced_bytes;
    std::map<std::string, NodePtr> entries, synced_entries;
    std::vector<Change> changes;  // from synced_entries to entries
  };
  // Where `path` is or would be.
  struct Place {
    NodePtr directory;
    std::string name;
    NodePtr node;  // null: not there
  };

  // NotFound where a directory on the way is missing.
  absl::StatusOr<Place> Find(absl::string_view operation,
                             const std::string& path) SF_REQUIRES(mutex_);
  // ... or the node itself, or is of the other kind.
  absl::StatusOr<NodePtr> FindFile(absl::string_view operation,
                                   const std::string& path) SF_REQUIRES(mutex_);
  absl::StatusOr<NodePtr> FindDirectory(absl::string_view operation,
                                        const std::string& path)
      SF_REQUIRES(mutex_);
  // The file that is there, or a new one.
  absl::StatusOr<NodePtr> FindOrCreate(absl::string_view operation,
                                       const std::string& path)
      SF_REQUIRES(mutex_);
  static void Apply(Node& directory, Change change);
  static void LosePower(Node& node, Random& random, double kept);
  static void LoseBytes(Node& file, Random& random, double kept);
  static void LoseChanges(Node& directory, Random& random, double kept);

  Mutex mutex_;
  NodePtr root_ SF_GUARDED_BY(mutex_);
  int64_t power_losses_ SF_GUARDED_BY(mutex_) = 0;
};

}  // namespace softfleet::testing

#endif  // SOFTFLEET_TESTS_TESTING_SIMULATED_DISK_H_
