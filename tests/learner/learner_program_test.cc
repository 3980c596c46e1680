// SPDX-License-Identifier: Apache-2.0
// softfleet-learner as a process, with a shard, actors and evaluators of this
// test.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/file_system.h"
#include "core/http_get.h"
#include "run/config.h"
#include "tests/core/test_directory.h"
#include "tests/end_to_end/child_process.h"
#include "tests/learner/cluster_clients.h"
#include "tests/replay_server/testing.h"
#include "transport/learner_client.h"

namespace softfleet {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr char kConfig[] = R"(
    total_steps: 300
    environment { name: "Pendulum-v1" }
    replay { capacity: 1000 slack: 40 }
    sac { actor_hidden: [4] critic_hidden: [4] batch_size: 4 }
    learner { warmup_steps: 50 }
    evaluation { interval: 100 }
    checkpoint_interval: 100
    metrics_interval: 50
)";

class LearnerProgramTest : public ::testing::Test {
 protected:
  LearnerProgramTest()
      : config_path_(directory_ / "config.textproto"),
        run_dir_(directory_ / "run"),
        config_(WithDefaults(*ParseConfig(kConfig, "test"))) {
    EXPECT_TRUE(
        WriteFileAtomically(RealFileSystem(), config_path_, kConfig).ok());
  }

  std::unique_ptr<ChildProcess> Start(std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {
        absl::StrCat(SOFTFLEET_BINARY_DIR, "/bin/softfleet-learner"),
        "--config",
        config_path_,
        "--run_dir",
        run_dir_,
        "--shards",
        shard_.address()};
    if (more.empty()) more = {"--listen", "127.0.0.1:0"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return std::make_unique<ChildProcess>(arguments, SOFTFLEET_SOURCE_DIR);
  }
  // The exit code of another process of the same program.
  int Run(const std::vector<std::string>& arguments, std::string* err) {
    std::vector<std::string> all = {
        absl::StrCat(SOFTFLEET_BINARY_DIR, "/bin/softfleet-learner")};
    all.insert(all.end(), arguments.begin(), arguments.end());
    ChildProcess process(all, SOFTFLEET_SOURCE_DIR);
    const int code = process.Wait();
    *err = process.err();
    return code;
  }
  // What endpoints.json says.
  std::string Endpoint(const char* name) const {
    const auto text =
        RealFileSystem().Read(JoinPath(run_dir_, "endpoints.json"));
    EXPECT_TRUE(text.ok()) << text.status();
    return nlohmann::json::parse(*text).at(name);
  }
  // Every file's contents below the run directory.
  std::map<std::string, std::string> Files(const std::string& path) const {
    std::map<std::string, std::string> files;
    FileSystem& system = RealFileSystem();
    const auto names = system.List(path);
    if (!names.ok()) return {{path, *system.Read(path)}};
    for (const std::string& name : *names) {
      files.merge(Files(JoinPath(path, name)));
    }
    return files;
  }

  TestDirectory directory_;
  std::string config_path_;
  std::string run_dir_;
  v1::RunConfig config_;
  testing::TestShard shard_;
};

TEST_F(LearnerProgramTest, ARunEndsWithItsResultAndIsNotRunTwice) {
  auto learner = Start();
  ASSERT_TRUE(learner->WaitFor("listens on")) << learner->err();
  const std::string address = Endpoint("listen");
  {
    TestActor actor(address);
    TestEvaluator evaluator(address, config_);
    ASSERT_TRUE(learner->WaitFor("report: ")) << learner->err();
    EXPECT_EQ(learner->Wait(), 0) << learner->err();
    EXPECT_TRUE(actor.finished);
  }
  EXPECT_THAT(learner->out(), AllOf(HasSubstr("evaluation at step 300"),
                                    HasSubstr("report.html")));
  EXPECT_TRUE(
      RealFileSystem().Exists(JoinPath(run_dir_, "policy/manifest.json")));

  // Again: nothing changes, and who joins is told that all is over.
  const auto before = Files(run_dir_);
  auto again = Start({"--listen", address});
  ASSERT_TRUE(again->WaitFor("nothing to do")) << again->err();
  TestActor late(address);
  EXPECT_EQ(again->Wait(), 0) << again->err();
  EXPECT_TRUE(late.finished);
  EXPECT_TRUE(Files(run_dir_) == before);
}

TEST_F(LearnerProgramTest, SigtermWritesACheckpointAndSaysHowToGoOn) {
  auto learner = Start();
  ASSERT_TRUE(learner->WaitFor("listens on")) << learner->err();
  TestActor actor(Endpoint("listen"));
  // Its metrics say when rows have come.
  const std::string metrics = Endpoint("metrics");
  const absl::Time deadline = absl::Now() + absl::Seconds(20);
  std::string page;
  while (absl::Now() < deadline &&
         page.find("sac_learner_run_state{state=\"running\"} 1") ==
             std::string::npos) {
    page = HttpGet(metrics, "/metrics", absl::Seconds(5)).value_or("");
  }
  learner->Signal(SIGTERM);
  EXPECT_EQ(learner->Wait(), 0) << learner->err();
  EXPECT_THAT(learner->out(),
              AllOf(HasSubstr("with a checkpoint; to go on:"),
                    HasSubstr(absl::StrCat("--run_dir ", run_dir_))));
  const auto checkpoints =
      RealFileSystem().List(JoinPath(run_dir_, "checkpoints"));
  ASSERT_TRUE(checkpoints.ok()) << checkpoints.status();
  EXPECT_FALSE(checkpoints->empty());
}

TEST_F(LearnerProgramTest, ProbeTellsWhetherTheProgramIsHealthy) {
  auto learner = Start();
  ASSERT_TRUE(learner->WaitFor("listens on")) << learner->err();
  const std::string address = Endpoint("listen");
  std::string err;
  EXPECT_EQ(Run({"--probe", "--listen", address}, &err), 0) << err;
  learner->Signal(SIGTERM);
  EXPECT_EQ(learner->Wait(), 0);
  EXPECT_EQ(Run({"--probe", "--listen", address}, &err), 1);
}

TEST_F(LearnerProgramTest, AMistakeOnTheCommandLineIsNamed) {
  std::string err;
  EXPECT_EQ(Run({"--config", config_path_, "--run_dir", run_dir_}, &err), 2);
  EXPECT_THAT(err, HasSubstr("--shards"));
  EXPECT_EQ(Run({"--config", config_path_, "--run_dir", run_dir_, "--shards",
                 "a:1,a:1"},
                &err),
            2);
  EXPECT_THAT(err, HasSubstr("a:1 twice"));
  EXPECT_EQ(Run({"--config", config_path_, "--run_dir", run_dir_, "--shards",
                 "nowhere"},
                &err),
            2);
  EXPECT_THAT(err, HasSubstr("--shards"));
  EXPECT_EQ(Run({"--config", config_path_, "--run_dir", run_dir_, "--shards",
                 "a:1", "--set", "evaluation.panel=missing.textproto"},
                &err),
            2);
  EXPECT_THAT(err, HasSubstr("missing.textproto"));
  EXPECT_FALSE(RealFileSystem().Exists(run_dir_));
}

TEST_F(LearnerProgramTest, PlaintextBeyondLoopbackIsRefused) {
  std::string err;
  EXPECT_EQ(Run({"--config", config_path_, "--run_dir", run_dir_, "--shards",
                 shard_.address(), "--listen", "0.0.0.0:0"},
                &err),
            2);
  EXPECT_THAT(err, HasSubstr("--insecure"));
  EXPECT_FALSE(RealFileSystem().Exists(run_dir_));
}

TEST_F(LearnerProgramTest, ARunDirectoryHasOneLearner) {
  auto learner = Start();
  ASSERT_TRUE(learner->WaitFor("listens on")) << learner->err();
  auto second = Start();
  EXPECT_EQ(second->Wait(), 1);
  EXPECT_THAT(second->err(), HasSubstr(absl::StrCat(learner->pid())));
}

}  // namespace
}  // namespace softfleet
