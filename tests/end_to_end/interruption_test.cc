// SPDX-License-Identifier: Apache-2.0
// softfleet train, stopped, killed and damaged: the same command goes on, and
// the result is that of a run that was left alone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/file_system.h"
#include "core/philox.h"
#include "tests/core/test_directory.h"
#include "tests/end_to_end/program.h"
#include "tests/sac_cuda/plain_device.h"

namespace softfleet {
namespace {

using testing::HasSubstr;

class InterruptionTest : public testing::Test {
 protected:
  void ExpectTheUndisturbedResult(const std::vector<std::string>& set = {}) {
    const std::string undisturbed = directory_ / "undisturbed";
    const Finished trained = Softfleet(Train(config_, undisturbed, set));
    ASSERT_EQ(trained.exit_code, 0) << trained.err;
    ExpectSameResult(run_, undisturbed);
  }

  void ExpectThatKillsLeaveNoTrace(const std::vector<std::string>& set = {});

  const TestDirectory directory_;
  const std::string config_ = WriteShortConfig(directory_.path());
  const std::string run_ = directory_ / "run";
};

void InterruptionTest::ExpectThatKillsLeaveNoTrace(
    const std::vector<std::string>& set) {
  Philox random(5, Purpose::kTest);
  int64_t progress = 0;
  for (int kill = 0; kill < 5; ++kill) {
    // Some way beyond the last checkpoint, and then anywhere.
    progress += 50 * static_cast<int64_t>(2 + random.NextBelow(3));
    const auto process = Start(Train(config_, run_, set));
    ASSERT_TRUE(process->WaitFor(absl::StrCat("step ", progress, "/1500")))
        << process->err();
    process->Ended(absl::Microseconds(random.NextBelow(20000)));
    process->Signal(SIGKILL);
    ASSERT_EQ(process->Wait(), 128 + SIGKILL) << process->err();
  }
  const Finished last = Softfleet(Train(config_, run_, set));
  EXPECT_EQ(last.exit_code, 0) << last.err;
  EXPECT_THAT(last.err, HasSubstr("resumed at step"));
  ExpectTheUndisturbedResult(set);
}

// Many updates per step, so that a run is not over before it is killed.
TEST_F(InterruptionTest, KilledAtRandomMomentsItEndsBitEqual) {
  ExpectThatKillsLeaveNoTrace({"learner.updates_per_step=32"});
}

TEST_F(InterruptionTest, KilledWhileItLearnsOnADeviceItEndsBitEqual) {
  const PlainDevice plain;
  ExpectThatKillsLeaveNoTrace({"learner.device=cuda"});
}

TEST_F(InterruptionTest, AStopPrintsTheCommandThatGoesOn) {
  for (const int signal : {SIGINT, SIGTERM}) {
    const auto process = Start(Train(config_, run_));
    ASSERT_TRUE(process->WaitFor(signal == SIGINT ? "step 150/" : "step 700/"))
        << process->err();
    process->Signal(signal);
    ASSERT_EQ(process->Wait(), 0) << process->err();
    EXPECT_THAT(process->out(), HasSubstr("with a checkpoint; to go on:"));
    EXPECT_THAT(process->out(),
                HasSubstr(absl::StrCat("bin/softfleet train --config ", config_,
                                       " --run_dir ", run_, "\n")));
  }
  // The printed line itself, through a shell.
  const auto stopped = Start(Train(config_, run_));
  ASSERT_TRUE(stopped->WaitFor("step 1000/")) << stopped->err();
  stopped->Signal(SIGINT);
  ASSERT_EQ(stopped->Wait(), 0);
  const std::string& text = stopped->out();
  const std::string line = text.substr(text.rfind("\n  ") + 3);
  ChildProcess resumed({"/bin/sh", "-c", line}, SOFTFLEET_SOURCE_DIR);
  EXPECT_EQ(resumed.Wait(), 0) << resumed.err();
  EXPECT_THAT(resumed.err(), HasSubstr("resumed at step 1"));
  ExpectTheUndisturbedResult();
}

TEST_F(InterruptionTest, ASecondSignalEndsItAtOnce) {
  for (const int second : {SIGINT, SIGTERM}) {
    // The last evaluation would take minutes, and asks nobody.
    const auto process =
        Start(Train(config_, absl::StrCat(run_, second),
                    {"total_steps=50", "learner.warmup_steps=20",
                     "evaluation.episodes=100000"}));
    ASSERT_TRUE(process->WaitFor("step 50/50")) << process->err();
    process->Signal(SIGINT);
    EXPECT_FALSE(process->Ended(absl::Milliseconds(200)));
    process->Signal(second);
    EXPECT_EQ(process->Wait(absl::Seconds(20)), 128 + second);
  }
}

TEST_F(InterruptionTest, ATruncatedCheckpointIsSkippedWithANote) {
  const auto process = Start(Train(config_, run_));
  ASSERT_TRUE(process->WaitFor("step 750/")) << process->err();
  process->Signal(SIGKILL);
  process->Wait();
  const std::string checkpoints = JoinPath(run_, "checkpoints");
  const auto names = RealFileSystem().List(checkpoints);
  ASSERT_TRUE(names.ok()) << names.status();
  std::string newest;
  for (const std::string& name : *names) {
    if (name.substr(0, 5) == "step-" && name.find('.') == name.npos) {
      newest = JoinPath(checkpoints, name);
    }
  }
  const std::string file = JoinPath(newest, "learner.safetensors");
  ASSERT_TRUE(RealFileSystem().Truncate(file, 1000).ok());
  const Finished resumed = Softfleet(Train(config_, run_));
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_THAT(resumed.err, HasSubstr("skipped a broken checkpoint"));
  EXPECT_THAT(resumed.err, HasSubstr(newest));
  ExpectTheUndisturbedResult();
}

}  // namespace
}  // namespace softfleet
