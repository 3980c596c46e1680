// SPDX-License-Identifier: Apache-2.0
// The softfleet program as a user runs it, and what it leaves on disk.
#ifndef SOFTFLEET_TESTS_END_TO_END_PROGRAM_H_
#define SOFTFLEET_TESTS_END_TO_END_PROGRAM_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "run/audit_record.h"
#include "tests/end_to_end/child_process.h"

namespace softfleet {

// Starts `softfleet <arguments>` in `directory`; unset = the source directory.
std::unique_ptr<ChildProcess> Start(const std::vector<std::string>& arguments,
                                    const std::string& directory = "");

struct Finished {
  int exit_code = -1;
  std::string out, err;
};
// Runs it to its end.
Finished Softfleet(const std::vector<std::string>& arguments,
                   const std::string& directory = "");

// Writes a configuration of a short Pendulum run (a second or so; a line of
// progress every 50 steps) into `directory`; returns its path.
std::string WriteShortConfig(const std::string& directory);

// "train --config <config> --run_dir <run_dir> --set ..."
std::vector<std::string> Train(const std::string& config,
                               const std::string& run_dir,
                               const std::vector<std::string>& set = {});

// Every file below `directory`: contents and time of the last change.
std::map<std::string, std::string> FilesAndTimes(const std::string& directory);

// The tensors a finished run ends with: policy, learner, environments, table.
std::map<std::string, std::string> FinalTensors(const std::string& run_dir);
// Both runs end with the same bytes.
void ExpectSameResult(const std::string& run_dir, const std::string& other);

std::vector<AuditRecord> AuditOf(const std::string& run_dir);

}  // namespace softfleet

#endif  // SOFTFLEET_TESTS_END_TO_END_PROGRAM_H_
