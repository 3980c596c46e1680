// SPDX-License-Identifier: Apache-2.0
// Checkpoints on disk: checkpoints/step-<12 digits>/{manifest.json,
// *.safetensors}. A checkpoint is written under a temporary name, synced, and
// renamed, so it is there whole or not at all; its manifest holds the size and
// CRC-32C of every file, and ends with the CRC-32C of itself. Not thread-safe;
// one owner writes, others may read at the same time.
#ifndef SOFTFLEET_RUN_CHECKPOINT_STORE_H_
#define SOFTFLEET_RUN_CHECKPOINT_STORE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/file_system.h"
#include "core/safetensors.h"

namespace softfleet {

struct CheckpointManifest {
  uint64_t step = 0;  // environment steps received
  uint64_t updates = 0;
  std::string run_id;
  std::string config_hash;
  std::string config;  // effective configuration, text format
  // Anything small that resumes with the run, by name (counters, positions),
  // as JSON text of an object. Comes back equal as JSON, not as text.
  std::string state_json = "{}";
  std::map<std::string, FileDigest> files;  // by name, manifest.json not among
};

class CheckpointStore {
 public:
  // `directory` is <run>/checkpoints; it need not exist before the first
  // Write. Only looks, so that any process may open the store of a live run.
  static absl::StatusOr<CheckpointStore> Open(FileSystem& files,
                                              const std::string& directory);

  // Writes a checkpoint. First removes what an interrupted Write or Retain has
  // left. `write_files` writes the files into the temporary directory it is
  // given, syncs them (as WriteSafetensors does) and enters each into
  // manifest->files.
  //
  // A checkpoint of the same step is replaced. Those of later steps are
  // removed: they belong to a future that the run left when it went back to an
  // older one. On any error nothing is left behind, and the other checkpoints,
  // one of the same step included, are as they were; only if the very last
  // operation fails, the sync of the directory, the new one is there but may
  // not survive power loss.
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
  // their digests (each is read whole); nullopt if there is none at all;
  // DataLoss naming every broken one if there are some but none is valid.
  absl::StatusOr<std::optional<Found>> NewestValid() const;

  // The manifest of the newest checkpoint, valid or not: none of its files is
  // looked at. nullopt if there is none at all; DataLoss when the manifest is
  // damaged.
  absl::StatusOr<std::optional<CheckpointManifest>> NewestManifest() const;

  // Steps of the checkpoints there are, ascending.
  absl::StatusOr<std::vector<uint64_t>> Steps() const;

  // Bytes that the files of all checkpoints take.
  absl::StatusOr<uint64_t> Bytes() const;

  // Removes all but the newest `keep` (>= 1) and the one at step `best`.
  absl::Status Retain(int keep, std::optional<uint64_t> best);

 private:
  CheckpointStore(FileSystem& files, std::string directory)
      : files_(&files), directory_(std::move(directory)) {}

  // The checkpoints' directories (names) by step.
  absl::StatusOr<std::map<uint64_t, std::string>> Directories() const;
  // Removes temporary directories, finishes interrupted replacements.
  absl::Status CleanUp();
  // Fills the temporary directory and makes it durable.
  absl::Status Fill(
      const std::string& temporary, CheckpointManifest manifest,
      const std::function<absl::Status(const std::string& directory,
                                       CheckpointManifest* manifest)>&
          write_files);
  // Gives the temporary directory its name, replacing what has it.
  absl::Status Publish(const std::string& temporary, const std::string& name);
  // Each is there whole or not at all, whatever happens.
  absl::Status Remove(const std::vector<std::string>& names);
  std::string Path(absl::string_view name) const {
    return JoinPath(directory_, name);
  }

  FileSystem* files_;
  std::string directory_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_RUN_CHECKPOINT_STORE_H_
