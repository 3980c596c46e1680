// SPDX-License-Identifier: Apache-2.0
// softfleet-replay-server as a process: its life, its directory, its mistakes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/file_system.h"
#include "tests/core/test_directory.h"
#include "tests/end_to_end/child_process.h"
#include "tests/replay_server/testing.h"
#include "transport/channel.h"

namespace softfleet {
namespace {

using ::testing::HasSubstr;
using testing::RawInsert;
using testing::TestAttach;
using testing::TestBatch;
using testing::TestBlock;
using testing::TestHello;

constexpr char kProgram[] = SOFTFLEET_BINARY_DIR "/bin/softfleet-replay-server";

std::unique_ptr<ChildProcess> Start(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), kProgram);
  return std::make_unique<ChildProcess>(arguments, SOFTFLEET_SOURCE_DIR);
}

class ReplayServerProgramTest : public ::testing::Test {
 protected:
  // A shard on a free port, or again on `listen`.
  std::unique_ptr<ChildProcess> StartShard(
      const std::string& listen = "127.0.0.1:0") {
    auto shard =
        Start({"--listen", listen, "--data_dir", directory_ / "shard"});
    EXPECT_TRUE(shard->WaitFor(" listens on ")) << shard->err();
    return shard;
  }
  nlohmann::json Endpoints() const {
    return nlohmann::json::parse(
        RealFileSystem().Read(directory_ / "shard/endpoints.json").value());
  }
  std::string address() const { return Endpoints()["listen"]; }
  std::shared_ptr<grpc::Channel> Connect() const {
    return MakeChannel(address(), {}).value();
  }
  int Probe() const {
    return Start({"--listen", address(), "--probe"})->Wait();
  }

  const TestDirectory directory_;
};

TEST_F(ReplayServerProgramTest, ASignalAcknowledgesEndsStreamsAndExitsZero) {
  auto shard = StartShard();
  EXPECT_EQ(Endpoints()["program"], "softfleet-replay-server");
  EXPECT_EQ(Endpoints()["pid"], shard->pid());
  EXPECT_EQ(Probe(), 0);
  ASSERT_TRUE(testing::Attach(Connect()).ok());
  RawInsert insert(Connect());
  insert.Begin(TestHello("a"));
  insert.Batch(TestBatch(1, {TestBlock(1, 0, 8)}));
  insert.AwaitAcknowledged(1);
  shard->Signal(SIGTERM);
  EXPECT_EQ(insert.End(), absl::UnavailableError("this shard is stopping"));
  EXPECT_EQ(shard->Wait(), 0);
  EXPECT_EQ(Probe(), 1);
}

TEST_F(ReplayServerProgramTest, ASecondSignalEndsItAtOnce) {
  auto shard = StartShard();
  ASSERT_TRUE(testing::Attach(Connect(), TestAttach(2'000'000)).ok());
  v1::ProgressUpdate finished = testing::OpenProgress();
  finished.set_phase(v1::RUN_PHASE_FINISHED);
  testing::RawProgress progress(Connect());
  progress.Write(finished);
  RawInsert insert(Connect());
  insert.Begin(TestHello("a"));
  for (uint64_t seq = 1; seq <= 300; ++seq) {
    insert.Batch(TestBatch(seq, {TestBlock(1, 4000 * (seq - 1), 4000)}));
    insert.AwaitAcknowledged(seq);
  }
  // Somebody who asks for everything and reads nothing.
  grpc::ClientContext context;
  const auto stub = v1::ReplayService::NewStub(Connect());
  const auto stuck = stub->Follow(&context, testing::History::Request({}));
  ASSERT_TRUE(testing::AwaitInfo(
      Connect(),
      [](const v1::ReplayInfoReply& info) { return info.followers() == 1; }));
  shard->Signal(SIGTERM);
  EXPECT_FALSE(insert.End().ok());  // it is draining now
  shard->Signal(SIGTERM);
  EXPECT_EQ(shard->Wait(), 128 + SIGTERM);
  context.TryCancel();
  stuck->Finish();
}

TEST_F(ReplayServerProgramTest, EveryStartHasAHigherIncarnation) {
  uint64_t last = 0;
  std::string listen = "127.0.0.1:0";
  for (int start = 0; start < 3; ++start) {
    auto shard = StartShard(listen);
    listen = address();
    const uint64_t incarnation = testing::Info(Connect()).incarnation();
    EXPECT_GT(incarnation, last);
    last = incarnation;
    shard->Signal(SIGKILL);
    EXPECT_EQ(shard->Wait(), 128 + SIGKILL);
  }
}

TEST_F(ReplayServerProgramTest, ADirectoryBelongsToOneShard) {
  auto shard = StartShard();
  auto second =
      Start({"--listen", "127.0.0.1:0", "--data_dir", directory_ / "shard"});
  EXPECT_EQ(second->Wait(), 1);
  EXPECT_THAT(second->err(), HasSubstr("another replay server uses"));
  EXPECT_EQ(Probe(), 0);
}

TEST_F(ReplayServerProgramTest, MistakesAreNamedAndExitWithTwo) {
  struct Case {
    std::vector<std::string> arguments;
    int exit_code;
    std::string message;
  };
  auto shard = StartShard();
  for (const Case& test :
       std::vector<Case>{{{"--listen", "0.0.0.0:0"}, 2, "--insecure"},
                         {{"--listen", "here"}, 2, "host:port"},
                         {{"--memory_limit", "-1"}, 2, "--memory_limit"},
                         {{"--memory_limit", "1000"}, 2, "memory_limit"},
                         {{"--data_dri", "x"}, 2, "--data_dir"},
                         {{"--listen", address()}, 1, address()},
                         {{"--listen", "127.0.0.1:0", "--metrics_listen",
                           Endpoints()["metrics"]},
                          1,
                          Endpoints()["metrics"]}}) {
    auto program = Start(test.arguments);
    EXPECT_EQ(program->Wait(), test.exit_code) << test.message;
    EXPECT_THAT(program->err(), HasSubstr(test.message));
  }
}

TEST_F(ReplayServerProgramTest, HelpAndVersionExitWithZero) {
  auto help = Start({"--help"});
  EXPECT_EQ(help->Wait(), 0);
  for (const char* flag : {"--listen", "--data_dir", "--memory_limit",
                           "--metrics_listen", "--insecure", "--probe"}) {
    EXPECT_THAT(help->out(), HasSubstr(flag));
  }
  EXPECT_EQ(Start({"--version"})->Wait(), 0);
}

}  // namespace
}  // namespace softfleet
