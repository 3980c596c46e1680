// SPDX-License-Identifier: Apache-2.0
// What a table held at one instant, to be written by another thread while rows
// are appended. Made by Table::Freeze.
#ifndef SOFTFLEET_REPLAY_TABLE_INSTANT_H_
#define SOFTFLEET_REPLAY_TABLE_INSTANT_H_

#include <string>

#include "absl/status/statusor.h"
#include "core/file_system.h"
#include "core/safetensors.h"

namespace softfleet {

class TableInstant {
 public:
  // What is not written by then never will be.
  virtual ~TableInstant() = default;
  // Writes the file (replay/table_file.h), once, on any one thread.
  virtual absl::StatusOr<FileDigest> Write(FileSystem& files,
                                           const std::string& path) = 0;
};

}  // namespace softfleet

#endif  // SOFTFLEET_REPLAY_TABLE_INSTANT_H_
