// SPDX-License-Identifier: Apache-2.0
// The directory of one run: its lock, identity and incarnation, and the paths
// inside it (config.textproto, metrics.csv, audit.json, checkpoints/, ...).
// One writer at a time. Owned by the learner, in one process by the program.
#ifndef SOFTFLEET_RUN_RUN_DIRECTORY_H_
#define SOFTFLEET_RUN_RUN_DIRECTORY_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/file_system.h"
#include "softfleet/v1/run.pb.h"

namespace softfleet {

// Files of its own, in the order in which a new run gets them:
//   lock              flock'ed by the writer; holds its process number
//   run.json          {format_version, run_id, created, incarnation, config}:
//                     the one truth, replaced atomically and durable
//   config.textproto  EffectiveConfig, for people: a copy of what run.json says
// A directory with nothing but `lock` and a temporary run.json is a creation
// that was interrupted, and is taken over. A folder `cluster` belongs to
// whoever starts the processes of a local cluster (logs, the shards' data).
class RunDirectory {
 public:
  // Creates the directory (with its parents) or opens an existing run, takes
  // the lock, and makes a new, higher incarnation durable before it returns.
  // After an error an existing run is as it was, except that the incarnation
  // may have grown and fields that may change may have been taken over.
  //
  // Unavailable: another process holds the lock (its pid is named).
  // FailedPrecondition: the directory holds a run of another configuration;
  // lists the differing fields that must not change. Fields that may change
  // take the wanted value. InvalidArgument: not a run directory and not empty,
  // or not a directory. DataLoss: run.json is damaged. All else: the file
  // system's error with the path.
  static absl::StatusOr<std::unique_ptr<RunDirectory>> Open(
      FileSystem& files, const std::string& path, const v1::RunConfig& config);

  // The error that Open would have now, for whoever is about to start another
  // process that will open it. Changes nothing of the run.
  static absl::Status Check(FileSystem& files, const std::string& path,
                            const v1::RunConfig& config);

  const std::string& path() const { return path_; }
  const std::string& run_id() const { return run_id_; }  // 16 hex digits
  uint64_t incarnation() const { return incarnation_; }  // from 1
  bool created() const { return created_; }  // no run was here before
  // path() + "/" + name.
  std::string File(absl::string_view name) const;

 private:
  RunDirectory() = default;

  std::string path_;
  std::string run_id_;
  uint64_t incarnation_ = 0;
  bool created_ = false;
  std::unique_ptr<FileLock> lock_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_RUN_RUN_DIRECTORY_H_
