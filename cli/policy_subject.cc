// SPDX-License-Identifier: Apache-2.0
#include "cli/policy_subject.h"

#include "core/status.h"
#include "run/config.h"

namespace softfleet {

absl::StatusOr<PolicySubject> LoadPolicySubject(FileSystem& files,
                                                const std::string& run_dir,
                                                const std::string& policy) {
  PolicySubject subject;
  if (!run_dir.empty()) {
    SF_ASSIGN_OR_RETURN(
        subject.config,
        LoadConfig(files, JoinPath(run_dir, "config.textproto"), {}));
    SF_ASSIGN_OR_RETURN(subject.bundle,
                        ReadPolicyBundle(files, JoinPath(run_dir, "policy")));
    return subject;
  }
  SF_ASSIGN_OR_RETURN(subject.bundle, ReadPolicyBundle(files, policy));
  const Snapshot& snapshot = subject.bundle.snapshot;
  v1::EnvironmentConfig* environment = subject.config.mutable_environment();
  environment->set_name(snapshot.environment);
  for (double x : snapshot.bounds.low) environment->add_action_low(x);
  for (double x : snapshot.bounds.high) environment->add_action_high(x);
  return subject;
}

}  // namespace softfleet
