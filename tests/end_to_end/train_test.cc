// SPDX-License-Identifier: Apache-2.0
// softfleet train, undisturbed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <string>

#include "absl/strings/str_cat.h"
#include "core/file_system.h"
#include "tests/core/test_directory.h"
#include "tests/end_to_end/program.h"

namespace softfleet {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST(TrainTest, EqualSeedsMakeEqualBytesAndAFinishedRunStaysAsItIs) {
  const TestDirectory directory;
  const std::string config = WriteShortConfig(directory.path());
  const std::string first = directory / "first", second = directory / "second",
                    third = directory / "third";
  const Finished trained = Softfleet(Train(config, first));
  EXPECT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_THAT(
      trained.out,
      AllOf(HasSubstr("evaluation at step 1500 (2 starts)"),
            HasSubstr(first + "/policy"), HasSubstr(first + "/audit.json")));
  EXPECT_THAT(trained.err, HasSubstr("step 1450/1500"));
  EXPECT_EQ(Softfleet(Train(config, second)).exit_code, 0);
  ExpectSameResult(second, first);
  EXPECT_EQ(Softfleet(Train(config, third, {"seed=4"})).exit_code, 0);
  EXPECT_NE(FinalTensors(third).at("policy.safetensors"),
            FinalTensors(first).at("policy.safetensors"));

  const auto before = FilesAndTimes(first);
  ASSERT_GT(before.size(), 10);
  const Finished again = Softfleet(Train(config, first));
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_THAT(again.out, AllOf(HasSubstr("is finished: nothing to do"),
                               HasSubstr("evaluation at step 1500")));
  EXPECT_TRUE(FilesAndTimes(first) == before) << "a file has changed";
}

TEST(TrainTest, ASecondProcessIsTurnedAwayAndTheFirstIsUnharmed) {
  const TestDirectory directory;
  const std::string config = WriteShortConfig(directory.path());
  const std::string run = directory / "run", other = directory / "other";
  const auto first = Start(Train(config, run));
  ASSERT_TRUE(first->WaitFor("step 50/1500")) << first->err();
  first->Signal(SIGSTOP);  // it holds the lock and cannot finish first
  const Finished second = Softfleet(Train(config, run));
  first->Signal(SIGCONT);
  EXPECT_EQ(second.exit_code, 1);
  EXPECT_THAT(second.err,
              HasSubstr("in use by process " + std::to_string(first->pid())));
  EXPECT_EQ(first->Wait(), 0) << first->err();
  ASSERT_EQ(Softfleet(Train(config, other)).exit_code, 0);
  ExpectSameResult(run, other);
}

// As in a checkout: configs/short.textproto, configs/panels/pendulum.textproto
// and runs/run, and somebody who is elsewhere.
TEST(TrainTest, APanelIsFoundFromAnotherDirectory) {
  const TestDirectory root, elsewhere;
  FileSystem& files = RealFileSystem();
  const std::string panel = "configs/panels/pendulum.textproto";
  ASSERT_TRUE(files.CreateDirectories(root / "configs/panels").ok());
  ASSERT_TRUE(files.CreateDirectories(root / "runs").ok());
  const std::string text =
      files.Read(JoinPath(SOFTFLEET_SOURCE_DIR, panel)).value();
  ASSERT_TRUE(WriteFileAtomically(files, root / panel, text).ok());
  const std::string config = WriteShortConfig(root / "configs");
  const std::string run = root / "runs/run";
  const auto train = [&](int steps) {
    return Train(config, run,
                 {"evaluation.panel=" + panel, "evaluation.interval=0",
                  "environment.max_episode_steps=200",
                  absl::StrCat("total_steps=", steps)});
  };
  const Finished here = Softfleet(train(200), root.path());
  EXPECT_EQ(here.exit_code, 0) << here.err;
  EXPECT_EQ(AuditOf(run).back().panel_starts, 100);
  // What was finished there is finished here, and goes on.
  for (const int steps : {200, 300}) {
    const Finished there = Softfleet(train(steps), elsewhere.path());
    EXPECT_EQ(there.exit_code, 0) << there.err;
    EXPECT_EQ(AuditOf(run).back().step, steps);
  }
  ASSERT_EQ(AuditOf(run).size(), 2);
  EXPECT_EQ(AuditOf(run)[0].panel_hash, AuditOf(run)[1].panel_hash);
  const Finished evaluated =
      Softfleet({"evaluate", "--run_dir", run}, elsewhere.path());
  EXPECT_EQ(evaluated.exit_code, 0) << evaluated.err;
}

}  // namespace
}  // namespace softfleet
