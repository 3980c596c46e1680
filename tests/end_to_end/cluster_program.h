// SPDX-License-Identifier: Apache-2.0
// `softfleet cluster` as a user runs it, and the processes it starts.
#ifndef SOFTFLEET_TESTS_END_TO_END_CLUSTER_PROGRAM_H_
#define SOFTFLEET_TESTS_END_TO_END_CLUSTER_PROGRAM_H_

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/end_to_end/program.h"

namespace softfleet {

// "cluster --config <config> --run_dir <run_dir> --shards ... --set ..."
std::vector<std::string> ClusterArguments(
    const std::string& config, const std::string& run_dir, int shards,
    int actors, const std::vector<std::string>& set = {});

// Starts one of a cluster's programs ("softfleet-actor") by hand.
std::unique_ptr<ChildProcess> StartProgram(
    const std::string& program, const std::vector<std::string>& arguments);

// Process numbers of the children of `parent` that run `program`, ascending.
std::vector<pid_t> ChildrenRunning(pid_t parent, const std::string& program);

// The logs of a local cluster's processes, one after the other.
std::string ClusterLogs(const std::string& run_dir);

// The numbers that a finished run promises: all steps (`total_steps` and at
// most one block more), the updates that pacing allows for them, versions and
// steps of the audit that only grow, its last row after the last update. Each
// of `restarts` of everything has lost the shards' rows: up to warmup_steps of
// them are received anew and earn no updates.
void ExpectFinishedRun(const std::string& run_dir, const std::string& config,
                       int64_t total_steps, double updates_per_step,
                       int64_t warmup_steps, int restarts = 0);

}  // namespace softfleet

#endif  // SOFTFLEET_TESTS_END_TO_END_CLUSTER_PROGRAM_H_
