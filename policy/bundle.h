// SPDX-License-Identifier: Apache-2.0
// The policy bundle: a directory with policy.safetensors and manifest.json
// that holds all one needs to deploy a policy. Thread-safe: free functions.
//
// manifest.json, all keys required:
//   format_version                1; another one is refused
//   software                      what wrote it (not read)
//   run_id, version, step, updates, environment
//   deployment_mode               "deterministic" | "stochastic"
//   action_low, action_high       bounds of each dimension in the environment's
//                                 units ([] for discrete actions); [-1, 1]
//                                 maps linearly onto them
//   reward_scale, alpha, target_entropy
//   schema                        observations [{name, dtype, shape}], action
//                                 {kind, dimension | num_actions}, frame_stack
//   layers                        [{kind, tensors}]
//   head                          kind, log_std_mode, log_std_min, log_std_max
//   normaliser                    null, or count, mean and variance
//   parameters                    size and crc32c of policy.safetensors
// Unknown keys are ignored. Snapshot::state and act_uniformly are facts about a
// run and not stored.
#ifndef SOFTFLEET_POLICY_BUNDLE_H_
#define SOFTFLEET_POLICY_BUNDLE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/file_system.h"
#include "experience/snapshot.h"
#include "policy/policy.h"

namespace softfleet {

struct PolicyBundle {
  Snapshot snapshot;
  ActionMode deployment_mode = ActionMode::kDeterministic;
};

// Writes both files into `directory` (created if missing), manifest last, each
// by rename: a reader sees the old bundle, the new one, or a digest error.
// InvalidArgument, and nothing written, for a snapshot that one could not act
// with (Policy::Create), whose bounds do not fit its actions, or that has a
// number that is not finite.
absl::Status WritePolicyBundle(FileSystem& files, const std::string& directory,
                               const PolicyBundle& bundle);

// NotFound names a file that is not there; DataLoss the file whose size or
// checksum do not match the manifest; InvalidArgument the missing or wrong key,
// the file and the tensor that has a number that is not finite, or what
// Policy::Create does not accept.
absl::StatusOr<PolicyBundle> ReadPolicyBundle(FileSystem& files,
                                              const std::string& directory);

}  // namespace softfleet

#endif  // SOFTFLEET_POLICY_BUNDLE_H_
