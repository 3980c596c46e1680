// SPDX-License-Identifier: Apache-2.0
// One episode as its physical states: enough to look at it again, without the
// policy. Values; thread-safe: free functions.
//
// The file is safetensors: states F64 [steps + 1, n] as Environment::state()
// gives them, rewards F64 [steps], and as metadata `format` (below) and
// `environment`, an EnvironmentConfig in text format.
#ifndef SOFTFLEET_EVALUATION_TRACE_H_
#define SOFTFLEET_EVALUATION_TRACE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/file_system.h"
#include "environments/environment.h"
#include "evaluation/panel.h"
#include "policy/policy.h"
#include "softfleet/v1/run.pb.h"

namespace softfleet {

inline constexpr char kTraceFormat[] = "softfleet trace 1";

struct Trace {
  v1::EnvironmentConfig environment;
  std::vector<std::vector<double>> states;  // one more than steps
  std::vector<double> rewards;              // of each step
};

// Plays one episode of the policy in a new environment of `config`, from
// `start`, for at most `most_steps` steps. Errors are those of the environment
// and of EpisodeBatch.
absl::StatusOr<Trace> RecordTrace(Policy& policy, ActionMode mode,
                                  const v1::EnvironmentConfig& config,
                                  const PanelStart& start, int64_t most_steps);

absl::Status WriteTrace(FileSystem& files, const std::string& path,
                        const Trace& trace);
// InvalidArgument names what is missing or does not fit.
absl::StatusOr<Trace> ReadTrace(FileSystem& files, const std::string& path);

}  // namespace softfleet

#endif  // SOFTFLEET_EVALUATION_TRACE_H_
