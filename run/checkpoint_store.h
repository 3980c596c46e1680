// SPDX-License-Identifier: Apache-2.0
// Checkpoints on disk: checkpoints/step-<12 digits>/{manifest.json,
// *.safetensors}. A checkpoint is written under a temporary name, synced, and
// renamed, so it is there whole or not at all; its manifest holds the size and
// CRC-32C of every file. Not thread-safe; one owner.
#ifndef SOFTFLEET_RUN_CHECKPOINT_STORE_H_
#define SOFTFLEET_RUN_CHECKPOINT_STORE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/file_system.h"
#include "core/safetensors.h"

namespace softfleet {

struct CheckpointManifest {
  uint64_t step = 0;     // environment steps received
  uint64_t updates = 0;
  std::string run_id;
  std::string config_hash;
  std::string config;    // effective configuration, text format
  // Anything small that resumes with the run, by name (counters, positions),
  // as JSON text of an object.
  std::string state_json = "{}";
  std::map<std::string, FileDigest> files;
};

class CheckpointStore {
 public:
  // `directory` is <run>/checkpoints. Removes left-over temporary
  // directories.
  static absl::StatusOr<CheckpointStore> Open(FileSystem& files,
                                              const std::string& directory);

  // `write_files` writes the files into the temporary directory it is given
  // and enters each into manifest->files. On any error nothing is left
  // behind and older checkpoints are untouched.
  absl::Status Write(
      CheckpointManifest manifest,
      const std::function<absl::Status(const std::string& directory,
                                       CheckpointManifest* manifest)>&
          write_files);

  // A checkpoint found on disk.
  struct Found {
    std::string directory;
    CheckpointManifest manifest;
    // One line per newer checkpoint that was broken and skipped: which file,
    // what is wrong.
    std::vector<std::string> skipped;
  };
  // The newest checkpoint whose manifest parses and whose files all match
  // their digests; nullopt if there is none at all; DataLoss naming every
  // broken one if there are some but none is valid.
  absl::StatusOr<std::optional<Found>> NewestValid() const;

  // Steps of the checkpoints there are, ascending.
  absl::StatusOr<std::vector<uint64_t>> Steps() const;

  // Removes all but the newest `keep` and the one at step `best`.
  absl::Status Retain(int keep, std::optional<uint64_t> best);

 private:
  CheckpointStore(FileSystem& files, std::string directory)
      : files_(&files), directory_(std::move(directory)) {}

  FileSystem* files_;
  std::string directory_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_RUN_CHECKPOINT_STORE_H_
