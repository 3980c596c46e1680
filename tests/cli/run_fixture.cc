// SPDX-License-Identifier: Apache-2.0
#include "tests/cli/run_fixture.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "core/clock.h"
#include "core/status.h"
#include "run/config.h"

namespace softfleet {
namespace {

constexpr char kShortRun[] = R"(
  total_steps: 600
  environment { max_episode_steps: 60 }
  actor { num_environments: 2 }
  replay { capacity: 400 }
  sac {
    actor_hidden: [16, 16]
    critic_hidden: [16]
    batch_size: 32
    n_step: 3
    policy_delay: 2
    normalize_observations: true
  }
  learner { warmup_steps: 50 updates_per_step: 0.5 }
  evaluation { interval: 200 episodes: 3 }
  checkpoint_interval: 150
  metrics_interval: 70
)";

std::string ReadOrFail(FileSystem& files, const std::string& path) {
  const auto text = files.Read(path);
  EXPECT_TRUE(text.ok()) << text.status();
  return text.value_or("");
}

}  // namespace

v1::RunConfig ShortRun(const std::string& environment) {
  auto config = ParseConfig(kShortRun, "short run");
  EXPECT_TRUE(config.ok()) << config.status();
  config->mutable_environment()->set_name(environment);
  return WithDefaults(*config);
}

v1::RunConfig With(v1::RunConfig config, const std::vector<std::string>& set) {
  for (const std::string& assignment : set) {
    const absl::Status status = ApplyOverride(assignment, &config);
    EXPECT_TRUE(status.ok()) << status;
  }
  return config;
}

absl::StatusOr<Outcome> Drive(FileSystem& files, const v1::RunConfig& config,
                              const std::string& run_dir, int64_t rounds) {
  FakeClock clock;
  Outcome outcome;
  TrainingObserver observer;
  observer.on_note = [&](const std::string& note) {
    outcome.notes.push_back(note);
  };
  SF_ASSIGN_OR_RETURN(const auto run, TrainingRun::Open(files, clock, config,
                                                        run_dir, observer));
  SF_ASSIGN_OR_RETURN(outcome.finished,
                      run->Run([&] { return rounds-- == 0; }));
  outcome.step = run->step();
  return outcome;
}

Traces Collect(const std::string& run_dir, FileSystem& files) {
  Traces traces;
  const std::vector<std::string> checkpoints = Checkpoints(run_dir, files);
  if (checkpoints.empty()) {
    ADD_FAILURE() << run_dir << " has no checkpoint";
    return traces;
  }
  for (const char* name :
       {"learner.safetensors", "actor.safetensors", "replay.safetensors"}) {
    traces.checkpoint[name] =
        ReadOrFail(files, JoinPath(checkpoints.back(), name));
  }
  const std::string policy = JoinPath(run_dir, "policy");
  traces.policy = ReadOrFail(files, JoinPath(policy, "policy.safetensors"));
  auto manifest = nlohmann::json::parse(
      ReadOrFail(files, JoinPath(policy, "manifest.json")), nullptr, false);
  for (const char* key : {"run_id", "version", "policy_version"}) {
    manifest.erase(key);
  }
  traces.policy_manifest = manifest.dump();
  const auto audit = ReadAudit(files, JoinPath(run_dir, "audit.json"));
  EXPECT_TRUE(audit.ok()) << audit.status();
  traces.audit = audit.value_or(std::vector<AuditRecord>{});
  for (AuditRecord& record : traces.audit) {
    record.run_id.clear();
    record.version = 0;
  }
  traces.metrics = CsvFields(JoinPath(run_dir, "metrics.csv"), files);
  for (auto& fields : traces.metrics) {
    // wall_seconds, steps_per_second, updates_per_second
    for (size_t i = 2; i < 5 && i < fields.size(); ++i) fields[i].clear();
  }
  return traces;
}

void ExpectEqual(const Traces& got, const Traces& wanted) {
  for (const auto& [name, bytes] : wanted.checkpoint) {
    EXPECT_FALSE(bytes.empty()) << name;
    EXPECT_TRUE(got.checkpoint.at(name) == bytes) << name << " differs";
  }
  EXPECT_FALSE(wanted.policy.empty());
  EXPECT_TRUE(got.policy == wanted.policy) << "policy.safetensors differs";
  EXPECT_EQ(got.policy_manifest, wanted.policy_manifest);
  EXPECT_FALSE(wanted.audit.empty());
  EXPECT_TRUE(got.audit == wanted.audit)
      << FormatAuditCsv(got.audit) << "instead of\n"
      << FormatAuditCsv(wanted.audit);
  EXPECT_EQ(got.metrics, wanted.metrics);
}

std::vector<std::vector<std::string>> CsvFields(const std::string& path,
                                                FileSystem& files) {
  std::vector<std::vector<std::string>> lines;
  const std::string text = ReadOrFail(files, path);
  for (const auto line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    lines.push_back(absl::StrSplit(line, ','));
  }
  return lines;
}

std::vector<std::string> Checkpoints(const std::string& run_dir,
                                     FileSystem& files) {
  const std::string directory = JoinPath(run_dir, "checkpoints");
  std::vector<std::string> paths;
  for (const std::string& name :
       files.List(directory).value_or(std::vector<std::string>{})) {
    if (absl::StartsWith(name, "step-")) {
      paths.push_back(JoinPath(directory, name));
    }
  }
  return paths;
}

}  // namespace softfleet
