// SPDX-License-Identifier: Apache-2.0
#include "tests/end_to_end/program.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "core/file_system.h"
#include "run/audit_log.h"

namespace softfleet {
namespace {

constexpr char kProgram[] = SOFTFLEET_BINARY_DIR "/bin/softfleet";

constexpr char kShortConfig[] = R"(# A short run.
seed: 3
total_steps: 1500
environment { name: "Pendulum-v1" max_episode_steps: 100 }
replay { capacity: 1000 }
sac { actor_hidden: 16 critic_hidden: 16 batch_size: 16 }
learner { warmup_steps: 50 }
evaluation { interval: 500 episodes: 2 }
checkpoint_interval: 200
metrics_interval: 50
)";

std::string ReadOrFail(const std::string& path) {
  const auto text = RealFileSystem().Read(path);
  EXPECT_TRUE(text.ok()) << text.status();
  return text.value_or("");
}

}  // namespace

std::unique_ptr<ChildProcess> Start(const std::vector<std::string>& arguments,
                                    const std::string& directory) {
  std::vector<std::string> command = {kProgram};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return std::make_unique<ChildProcess>(
      command, directory.empty() ? SOFTFLEET_SOURCE_DIR : directory);
}

Finished Softfleet(const std::vector<std::string>& arguments,
                   const std::string& directory) {
  const auto process = Start(arguments, directory);
  const int exit_code = process->Wait();
  return {exit_code, process->out(), process->err()};
}

std::string WriteShortConfig(const std::string& directory) {
  const std::string path = JoinPath(directory, "short.textproto");
  const absl::Status status =
      WriteFileAtomically(RealFileSystem(), path, kShortConfig);
  EXPECT_TRUE(status.ok()) << status;
  return path;
}

std::vector<std::string> Train(const std::string& config,
                               const std::string& run_dir,
                               const std::vector<std::string>& set) {
  std::vector<std::string> arguments = {"train", "--config", config,
                                        "--run_dir", run_dir};
  for (const std::string& assignment : set) {
    arguments.insert(arguments.end(), {"--set", assignment});
  }
  return arguments;
}

std::map<std::string, std::string> FilesAndTimes(const std::string& directory) {
  std::map<std::string, std::string> files;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(directory)) {
    const std::string path = entry.path().string();
    const auto time = entry.last_write_time().time_since_epoch().count();
    files[path] = absl::StrCat(time, " ",
                               entry.is_regular_file() ? ReadOrFail(path) : "");
  }
  return files;
}

std::map<std::string, std::string> FinalTensors(const std::string& run_dir) {
  std::map<std::string, std::string> tensors;
  const std::string checkpoints = JoinPath(run_dir, "checkpoints");
  const auto names = RealFileSystem().List(checkpoints);
  if (!names.ok() || names->empty()) {
    ADD_FAILURE() << run_dir << " has no checkpoint";
    return tensors;
  }
  for (const char* name :
       {"learner.safetensors", "actor.safetensors", "replay.safetensors"}) {
    tensors[name] =
        ReadOrFail(JoinPath(JoinPath(checkpoints, names->back()), name));
  }
  tensors["policy.safetensors"] =
      ReadOrFail(JoinPath(run_dir, "policy/policy.safetensors"));
  return tensors;
}

void ExpectSameResult(const std::string& run_dir, const std::string& other) {
  const auto wanted = FinalTensors(other);
  const auto got = FinalTensors(run_dir);
  for (const auto& [name, bytes] : wanted) {
    EXPECT_GT(bytes.size(), 100) << name;
    EXPECT_TRUE(got.at(name) == bytes) << name << " differs";
  }
  std::vector<AuditRecord> rows = AuditOf(run_dir);
  const std::vector<AuditRecord> wanted_rows = AuditOf(other);
  ASSERT_EQ(rows.size(), wanted_rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    rows[i].run_id = wanted_rows[i].run_id;
    rows[i].version = wanted_rows[i].version;
    EXPECT_TRUE(rows[i] == wanted_rows[i]) << "audit row " << i;
  }
}

std::vector<AuditRecord> AuditOf(const std::string& run_dir) {
  const auto records =
      ReadAudit(RealFileSystem(), JoinPath(run_dir, "audit.json"));
  EXPECT_TRUE(records.ok()) << records.status();
  return records.value_or(std::vector<AuditRecord>{});
}

}  // namespace softfleet
