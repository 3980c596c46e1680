// SPDX-License-Identifier: Apache-2.0
// The policy a command is about, and the environment it acts in. Thread-safe: a
// free function.
#ifndef SOFTFLEET_CLI_POLICY_SUBJECT_H_
#define SOFTFLEET_CLI_POLICY_SUBJECT_H_

#include <string>

#include "absl/status/statusor.h"
#include "core/file_system.h"
#include "policy/bundle.h"
#include "softfleet/v1/run.pb.h"

namespace softfleet {

struct PolicySubject {
  PolicyBundle bundle;
  v1::RunConfig config;  // its environment, evaluation and seed are used
};

// Of a run, with the run's configuration, or of a policy bundle's directory,
// with the environment it was trained in by name. One of the two is empty.
absl::StatusOr<PolicySubject> LoadPolicySubject(FileSystem& files,
                                                const std::string& run_dir,
                                                const std::string& policy);

}  // namespace softfleet

#endif  // SOFTFLEET_CLI_POLICY_SUBJECT_H_
