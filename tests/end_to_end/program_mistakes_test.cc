// SPDX-License-Identifier: Apache-2.0
// A cluster's programs as somebody starts them who has made a mistake, or asks
// first.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/file_system.h"
#include "core/version.h"
#include "tests/core/test_directory.h"
#include "tests/end_to_end/cluster_metrics.h"
#include "tests/end_to_end/cluster_program.h"

namespace softfleet {
namespace {

using testing::HasSubstr;
using testing::Not;

Finished RunToEnd(const std::string& program,
                  const std::vector<std::string>& arguments) {
  const auto process = StartProgram(program, arguments);
  const int exit_code = process->Wait();
  return {exit_code, process->out(), process->err()};
}

class ProgramMistakesTest : public testing::Test {
 protected:
  // Refused as bad input, by name, with this in the message.
  void ExpectRefused(const std::string& program,
                     const std::vector<std::string>& arguments,
                     const std::vector<std::string>& says) {
    const Finished finished = RunToEnd(program, arguments);
    EXPECT_EQ(finished.exit_code, 2) << program << ": " << finished.err;
    EXPECT_EQ(finished.out, "");
    EXPECT_THAT(finished.err, Not(HasSubstr("metrics at")));
    EXPECT_THAT(finished.err, HasSubstr(absl::StrCat(program, ": ")));
    for (const std::string& text : says) {
      EXPECT_THAT(finished.err, HasSubstr(text));
    }
    EXPECT_FALSE(RealFileSystem().Exists(run_));
  }
  // A learner's command line, right but for what is added to it.
  std::vector<std::string> Learner(const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {
        "--config", config_, "--run_dir", run_, "--shards", "127.0.0.1:1"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }

  const TestDirectory directory_;
  const std::string config_ = WriteShortConfig(directory_.path());
  const std::string run_ = directory_ / "run";
};

TEST_F(ProgramMistakesTest, AMisspeltFlagNamesTheOneThatWasMeant) {
  ExpectRefused("softfleet-learner", Learner({"--lisen", "127.0.0.1:0"}),
                {"--lisen", "did you mean \"--listen\""});
  ExpectRefused("softfleet-learner", {"--shard", "127.0.0.1:1"},
                {"did you mean \"--shards\""});
  ExpectRefused("softfleet-evaluator", {"--lerner", "127.0.0.1:1"},
                {"--lerner", "did you mean \"--learner\""});
  ExpectRefused("softfleet-replay-server", {"--memory_limt", "1000000"},
                {"did you mean \"--memory_limit\""});
}

TEST_F(ProgramMistakesTest, AFlagThatIsNeededIsAskedFor) {
  ExpectRefused("softfleet-evaluator", {}, {"--learner"});
  ExpectRefused("softfleet-learner",
                {"--config", config_, "--shards", "127.0.0.1:1"},
                {"--run_dir"});
  ExpectRefused("softfleet-learner",
                {"--run_dir", run_, "--shards", "127.0.0.1:1"}, {"--config"});
}

TEST_F(ProgramMistakesTest, AnAddressThatIsNoneIsNamedWithItsFlag) {
  for (const char* wrong : {"here", "127.0.0.1", "127.0.0.1:70000", ":7200"}) {
    for (const char* program : {"softfleet-actor", "softfleet-evaluator"}) {
      ExpectRefused(program, {"--learner", wrong}, {"--learner", wrong});
    }
    ExpectRefused("softfleet-learner", Learner({"--listen", wrong}),
                  {"--listen: ", wrong});
    ExpectRefused("softfleet-replay-server", {"--listen", wrong},
                  {"--listen: ", wrong});
    ExpectRefused("softfleet-replay-server",
                  {"--listen", "127.0.0.1:0", "--metrics_listen", wrong},
                  {"--metrics_listen: ", wrong});
  }
  ExpectRefused(
      "softfleet-learner",
      {"--config", config_, "--run_dir", run_, "--shards", "127.0.0.1:0"},
      {"--shards: ", "port 0"});
}

TEST_F(ProgramMistakesTest, PlaintextBeyondLoopbackIsRefusedUnlessAllowed) {
  ExpectRefused("softfleet-evaluator", {"--learner", "192.0.2.1:7200"},
                {"--learner: 192.0.2.1", "--insecure"});
  ExpectRefused("softfleet-learner",
                {"--config", config_, "--run_dir", run_, "--shards",
                 "192.0.2.1:7201", "--listen", "127.0.0.1:0"},
                {"--shards: 192.0.2.1", "--insecure"});
  ExpectRefused("softfleet-replay-server", {"--listen", "192.0.2.1:7201"},
                {"--listen: 192.0.2.1", "--insecure"});
}

TEST_F(ProgramMistakesTest, AConfigurationThatCannotBeUsedIsNamed) {
  const std::string missing = directory_ / "missing.textproto";
  ExpectRefused(
      "softfleet-learner",
      {"--config", missing, "--run_dir", run_, "--shards", "127.0.0.1:1"},
      {missing});
  ExpectRefused("softfleet-learner",
                {"--config", directory_.path(), "--run_dir", run_, "--shards",
                 "127.0.0.1:1"},
                {directory_.path()});
  ExpectRefused("softfleet-learner", Learner({"--set", "sac.gama=0.9"}),
                {"did you mean \"sac.gamma\""});
  for (const char* program : {"softfleet-actor", "softfleet-evaluator"}) {
    ExpectRefused(program,
                  {"--learner", "127.0.0.1:1", "--tls_cert", missing,
                   "--tls_key", missing, "--tls_ca", missing},
                  {missing});
  }
}

TEST_F(ProgramMistakesTest, HelpAndVersionOfTheOthers) {
  const std::vector<std::string> common = {
      "--metrics_listen", "--tls_cert", "--tls_key",   "--tls_ca",
      "--insecure",       "--probe",    "--log_level", "--version"};
  const auto expect_help = [&](const std::string& program,
                               const std::vector<std::string>& own) {
    const Finished help = RunToEnd(program, {"--help"});
    EXPECT_EQ(help.exit_code, 0);
    for (const auto& flags : {common, own}) {
      for (const std::string& flag : flags) {
        EXPECT_THAT(help.out, HasSubstr("  " + flag)) << program;
      }
    }
    const Finished version = RunToEnd(program, {"--version"});
    EXPECT_EQ(version.exit_code, 0);
    EXPECT_EQ(version.out, absl::StrCat(program, " ", SoftwareVersion(), "\n"));
  };
  expect_help("softfleet-learner",
              {"--listen", "--config", "--set", "--run_dir", "--shards"});
  expect_help("softfleet-evaluator", {"--learner", "--name"});
  expect_help("softfleet-replay-server", {"--listen", "--data_dir"});
}

// What a health check runs; the cluster's processes have addresses to ask.
TEST_F(ProgramMistakesTest, TheProbeOfAnEvaluatorTellsWhetherItWorks) {
  const auto cluster = Start(ClusterArguments(
      config_, run_, 1, 1, {"total_steps=1000000", "replay.slack=64"}));
  ASSERT_TRUE(cluster->WaitFor("evaluation at step"))
      << cluster->err() << ClusterLogs(run_);
  const std::string address = MetricsTargets(run_).at("evaluator");
  const std::vector<std::string> probe = {"--probe", "--metrics_listen",
                                          address};
  EXPECT_EQ(RunToEnd("softfleet-evaluator", probe).exit_code, 0);
  cluster->Signal(SIGTERM);
  EXPECT_EQ(cluster->Wait(), 0) << cluster->err();
  const Finished nobody = RunToEnd("softfleet-evaluator", probe);
  EXPECT_EQ(nobody.exit_code, 1);
  EXPECT_THAT(nobody.err, HasSubstr(address));
}

}  // namespace
}  // namespace softfleet
