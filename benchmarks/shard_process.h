// SPDX-License-Identifier: Apache-2.0
// A replay shard of a run that nothing holds back, for benchmarks that send
// rows to one. Not thread-safe.
#ifndef SOFTFLEET_BENCHMARKS_SHARD_PROCESS_H_
#define SOFTFLEET_BENCHMARKS_SHARD_PROCESS_H_

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>

#include "cli/subprocess.h"
#include "experience/schema.h"
#include "softfleet/v1/replay.pb.h"

namespace softfleet {

// What the run is called.
inline constexpr char kBenchmarkRun[] = "benchmark";

struct ShardProcess {
  std::string address;
  std::unique_ptr<Subprocess> process;
};

// Starts softfleet-replay-server, built beside this program, with its files and
// log below `folder`. Ends this program where it cannot.
ShardProcess StartShard(const std::string& folder);

// A new folder for it, to be removed by the caller.
std::string MakeBenchmarkFolder(const std::string& name);

// How the run's learner attaches to the shard, and the progress of one that has
// received so many rows and lets the shard take any number.
v1::AttachRequest MakeAttach(const Schema& schema, int64_t capacity_rows);
v1::ProgressUpdate EverythingAllowed(int64_t received, int64_t capacity_rows);

// Seconds of CPU that a process has used.
double CpuSeconds(pid_t pid);

}  // namespace softfleet

#endif  // SOFTFLEET_BENCHMARKS_SHARD_PROCESS_H_
