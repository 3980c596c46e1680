// SPDX-License-Identifier: Apache-2.0
// What `softfleet cluster` runs: the programs of a cluster with addresses on
// this machine. Free functions over values; thread-safe.
#ifndef SOFTFLEET_CLI_LOCAL_CLUSTER_H_
#define SOFTFLEET_CLI_LOCAL_CLUSTER_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/supervisor.h"

namespace softfleet {

struct LocalClusterOptions {
  std::string programs;  // directory of the programs
  std::string config;    // path
  std::vector<std::string> set;
  std::string run_dir;
  int shards = 1;
  int actors = 1;
};

// One process per role. Ports are chosen once, so that a process that is
// started again is found where it was.
struct LocalCluster {
  std::string learner_address;
  std::vector<ProcessSpec> shards;
  ProcessSpec learner;
  std::vector<ProcessSpec> actors;
  ProcessSpec evaluator;
  // Where each of them serves /metrics, in the format of Prometheus' file_sd.
  std::string prometheus_targets;
};

// Where a local cluster keeps what is its own: logs/, a folder per shard,
// prometheus_targets.json.
std::string ClusterFolder(const std::string& run_dir);

// Unavailable when the system has no free ports.
absl::StatusOr<LocalCluster> PlanLocalCluster(
    const LocalClusterOptions& options);

// The directory of the running program, where the others are too.
absl::StatusOr<std::string> ProgramDirectory();

}  // namespace softfleet

#endif  // SOFTFLEET_CLI_LOCAL_CLUSTER_H_
