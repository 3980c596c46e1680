// SPDX-License-Identifier: Apache-2.0
#include "tests/end_to_end/cluster_program.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/file_system.h"

namespace softfleet {
namespace {

// Parent of a process, or -1 where it has ended.
pid_t ParentOf(const std::string& pid) {
  const auto stat = RealFileSystem().Read(absl::StrCat("/proc/", pid, "/stat"));
  if (!stat.ok()) return -1;
  const std::vector<std::string> fields =
      absl::StrSplit(stat->substr(stat->rfind(')') + 2), ' ');
  int parent = -1;
  return fields.size() > 1 && absl::SimpleAtoi(fields[1], &parent) ? parent
                                                                   : -1;
}

}  // namespace

std::vector<std::string> ClusterArguments(const std::string& config,
                                          const std::string& run_dir,
                                          int shards, int actors,
                                          const std::vector<std::string>& set) {
  std::vector<std::string> arguments = Train(config, run_dir, set);
  arguments[0] = "cluster";
  arguments.insert(arguments.end(), {"--shards", absl::StrCat(shards),
                                     "--actors", absl::StrCat(actors)});
  return arguments;
}

std::unique_ptr<ChildProcess> StartProgram(
    const std::string& program, const std::vector<std::string>& arguments) {
  std::vector<std::string> command = {
      absl::StrCat(SOFTFLEET_BINARY_DIR, "/bin/", program)};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return std::make_unique<ChildProcess>(command, SOFTFLEET_SOURCE_DIR);
}

std::vector<pid_t> ChildrenRunning(pid_t parent, const std::string& program) {
  std::vector<pid_t> children;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename().string();
    int pid = 0;
    if (!absl::SimpleAtoi(name, &pid) || ParentOf(name) != parent) continue;
    const auto line =
        RealFileSystem().Read(absl::StrCat("/proc/", name, "/cmdline"));
    if (!line.ok()) continue;
    const std::string path = line->substr(0, line->find('\0'));
    if (absl::EndsWith(path, "/" + program)) children.push_back(pid);
  }
  std::sort(children.begin(), children.end());
  return children;
}

std::string ClusterLogs(const std::string& run_dir) {
  std::string all;
  const std::string folder = JoinPath(run_dir, "cluster/logs");
  const auto names = RealFileSystem().List(folder);
  if (!names.ok()) return all;
  for (const std::string& name : *names) {
    const auto text = RealFileSystem().Read(JoinPath(folder, name));
    absl::StrAppend(&all, "== ", name, "\n", text.value_or(""));
  }
  return all;
}

void ExpectFinishedRun(const std::string& run_dir, const std::string& config,
                       int64_t total_steps, double updates_per_step,
                       int64_t warmup_steps, int restarts) {
  constexpr int64_t kBlockRows = 32;
  const std::vector<AuditRecord> audit = AuditOf(run_dir);
  ASSERT_FALSE(audit.empty()) << config;
  const AuditRecord& last = audit.back();
  EXPECT_GE(last.step, static_cast<uint64_t>(total_steps));
  EXPECT_LT(last.step, static_cast<uint64_t>(total_steps + kBlockRows));
  const double allowed =
      std::floor(updates_per_step * (static_cast<double>(last.step) -
                                     static_cast<double>(warmup_steps)));
  EXPECT_LE(static_cast<double>(last.updates), allowed);
  EXPECT_GE(static_cast<double>(last.updates),
            allowed - updates_per_step *
                          static_cast<double>(restarts * warmup_steps));
  for (size_t i = 1; i < audit.size(); ++i) {
    EXPECT_GT(audit[i].version, audit[i - 1].version) << "row " << i;
    EXPECT_GE(audit[i].step, audit[i - 1].step) << "row " << i;
  }
  for (const char* name : {"policy/manifest.json", "report.html", "run.json",
                           "metrics.csv", "log.jsonl"}) {
    EXPECT_TRUE(RealFileSystem().Exists(JoinPath(run_dir, name))) << name;
  }
}

}  // namespace softfleet
