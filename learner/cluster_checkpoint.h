// SPDX-License-Identifier: Apache-2.0
// A cluster learner's part of a checkpoint: learner.safetensors,
// received_steps.safetensors, and the shards' positions in the manifest's
// state. Thread-safe: free functions.
#ifndef SOFTFLEET_LEARNER_CLUSTER_CHECKPOINT_H_
#define SOFTFLEET_LEARNER_CLUSTER_CHECKPOINT_H_

#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/file_system.h"
#include "core/tensor.h"
#include "experience/shard_stream.h"
#include "learner/learner_loop.h"
#include "learner/received_steps.h"
#include "run/checkpoint_store.h"

namespace softfleet {

// What the files hold, as it is now. As CaptureLearner for what is not finite.
struct ClusterInstant {
  TensorMap learner;
  Tensor received_steps;
};
absl::StatusOr<ClusterInstant> CaptureCluster(const LearnerLoop& loop,
                                              const ReceivedSteps& steps);
// Writes them into `directory` and enters them into manifest->files.
absl::Status WriteCluster(FileSystem& files, const ClusterInstant& instant,
                          const std::string& directory,
                          CheckpointManifest* manifest);
// Errors name the file and what does not fit; both are then unusable.
absl::Status RestoreLearner(FileSystem& files, const std::string& directory,
                            LearnerLoop& loop, ReceivedSteps& steps);

// {"positions": {"<address>": {"incarnation": 3, "next_id": 17}, ...}}
std::string FormatPositions(const std::map<std::string, Position>& positions);
// The reverse; other fields are ignored. A state without positions, as of a
// run in one process, has none. DataLoss says what is malformed.
absl::StatusOr<std::map<std::string, Position>> ParsePositions(
    absl::string_view state_json);

}  // namespace softfleet

#endif  // SOFTFLEET_LEARNER_CLUSTER_CHECKPOINT_H_
