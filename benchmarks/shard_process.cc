// SPDX-License-Identifier: Apache-2.0
#include "benchmarks/shard_process.h"

#include <stdlib.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "benchmarks/or_die.h"
#include "cli/local_cluster.h"
#include "transport/codec.h"

namespace softfleet {

ShardProcess StartShard(const std::string& folder) {
  LocalClusterOptions cluster;
  cluster.programs = std::filesystem::path(OrDie(ProgramDirectory()))
                         .parent_path()
                         .append("bin")
                         .string();
  cluster.run_dir = folder;
  const ProcessSpec spec = OrDie(PlanLocalCluster(cluster)).shards[0];
  std::filesystem::create_directories(ClusterFolder(folder) + "/logs");
  return {spec.arguments[2],
          OrDie(Subprocess::Start(spec.arguments, spec.log))};
}

std::string MakeBenchmarkFolder(const std::string& name) {
  std::string folder =
      (std::filesystem::temp_directory_path() / (name + "-XXXXXX")).string();
  if (::mkdtemp(folder.data()) == nullptr) {
    std::perror(folder.c_str());
    std::exit(1);
  }
  return folder;
}

v1::AttachRequest MakeAttach(const Schema& schema, int64_t capacity_rows) {
  v1::AttachRequest attach;
  attach.set_protocol(v1::PROTOCOL_CURRENT);
  attach.set_run_id(kBenchmarkRun);
  attach.set_learner_incarnation(1);
  EncodeSchema(schema, attach.mutable_schema());
  attach.set_capacity_rows(capacity_rows);
  return attach;
}

v1::ProgressUpdate EverythingAllowed(int64_t received, int64_t capacity_rows) {
  v1::ProgressUpdate update;
  update.set_run_id(kBenchmarkRun);
  update.set_learner_incarnation(1);
  update.set_received(static_cast<uint64_t>(received));
  update.set_allowed(uint64_t{1} << 60);
  update.set_slack(static_cast<uint64_t>(capacity_rows) / 2);
  update.set_phase(v1::RUN_PHASE_RUNNING);
  return update;
}

double CpuSeconds(pid_t pid) {
  std::ifstream file(absl::StrCat("/proc/", pid, "/stat"));
  std::string text((std::istreambuf_iterator<char>(file)), {});
  unsigned long user = 0, system = 0;
  std::sscanf(text.c_str() + text.rfind(')') + 2,
              "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
              &system);
  return static_cast<double>(user + system) /
         static_cast<double>(::sysconf(_SC_CLK_TCK));
}

}  // namespace softfleet
