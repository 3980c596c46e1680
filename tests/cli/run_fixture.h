// SPDX-License-Identifier: Apache-2.0
// Short training runs and what they leave behind, without what is exempt from
// bit-equality: run identities, versions, times and rates.
#ifndef SOFTFLEET_TESTS_CLI_RUN_FIXTURE_H_
#define SOFTFLEET_TESTS_CLI_RUN_FIXTURE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/training_run.h"
#include "core/file_system.h"
#include "softfleet/v1/run.pb.h"

namespace softfleet {

// 600 steps of tiny networks with every option that a checkpoint must carry:
// two environments, half an update per step, n-step returns, delayed actor,
// normalised observations.
v1::RunConfig ShortRun(const std::string& environment);

// `config` with "--set" assignments.
v1::RunConfig With(v1::RunConfig config, const std::vector<std::string>& set);

struct Outcome {
  bool finished = false;
  int64_t step = 0;
  std::vector<std::string> notes;
};

// Opens the run and drives it until `rounds` more rounds are done.
absl::StatusOr<Outcome> Drive(FileSystem& files, const v1::RunConfig& config,
                              const std::string& run_dir,
                              int64_t rounds = int64_t{1} << 40);

// What a run leaves behind.
struct Traces {
  std::map<std::string, std::string> checkpoint;  // the newest one's tensors
  std::string policy;                             // tensors
  std::string policy_manifest;
  std::vector<AuditRecord> audit;
  std::vector<std::vector<std::string>> metrics;  // lines of fields
};
Traces Collect(const std::string& run_dir,
               FileSystem& files = RealFileSystem());
void ExpectEqual(const Traces& got, const Traces& wanted);

// Lines of a CSV file as fields.
std::vector<std::vector<std::string>> CsvFields(
    const std::string& path, FileSystem& files = RealFileSystem());

// Directories of the checkpoints there are, oldest first.
std::vector<std::string> Checkpoints(const std::string& run_dir,
                                     FileSystem& files = RealFileSystem());

}  // namespace softfleet

#endif  // SOFTFLEET_TESTS_CLI_RUN_FIXTURE_H_
