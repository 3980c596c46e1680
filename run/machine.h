// SPDX-License-Identifier: Apache-2.0
// What a run ran on: machine.json in its directory, written at each start
// and read by the report, which may be made elsewhere. Names nothing by
// which the machine could be found. Thread-safe: free functions.
#ifndef SOFTFLEET_RUN_MACHINE_H_
#define SOFTFLEET_RUN_MACHINE_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/file_system.h"

namespace softfleet {

// Names and values for people, in the order in which they are shown: versions,
// then CPU, cores, memory, operating system. What cannot be found out is left
// out.
using MachineFacts = std::vector<std::pair<std::string, std::string>>;

// Of this program and this machine.
MachineFacts ThisMachine(FileSystem& files);

// A JSON object of texts. DataLoss when `path` holds something else.
absl::Status WriteMachine(FileSystem& files, const std::string& path,
                          const MachineFacts& facts);
// This machine's, as machine.json of a run; what cannot be written is a
// warning.
void RecordMachineOrWarn(FileSystem& files, const std::string& run_dir);
absl::StatusOr<MachineFacts> ReadMachine(FileSystem& files,
                                         const std::string& path);

}  // namespace softfleet

#endif  // SOFTFLEET_RUN_MACHINE_H_
