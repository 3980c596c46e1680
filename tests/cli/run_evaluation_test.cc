// SPDX-License-Identifier: Apache-2.0
// A run whose environment fails in evaluations, although not in training.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "core/hash.h"
#include "environments/environment_config.h"
#include "environments/registry.h"
#include "tests/cli/run_fixture.h"
#include "tests/core/test_directory.h"

namespace softfleet {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class RunEvaluationTest : public testing::TestWithParam<const char*> {
 protected:
  // Two starts of Pendulum-v1, the second with this speed.
  void WritePanel(const std::string& speed) {
    const std::string hash = HexHash(EnvironmentHash(
        MakeEnvironmentOptions(ShortRun("Pendulum-v1").environment())));
    const absl::Status status = WriteFileAtomically(
        RealFileSystem(), panel_,
        absl::StrCat("environment: \"Pendulum-v1\"\nenvironment_hash: \"", hash,
                     "\"\nstarts { seed: 5 }\nstarts { state: [1, ", speed,
                     "] }\n"));
    ASSERT_TRUE(status.ok()) << status;
  }
  // Evaluations at 200, 400 and 600.
  v1::RunConfig Config() {
    return With(ShortRun("Pendulum-v1"),
                {absl::StrCat("evaluation.panel=", panel_),
                 absl::StrCat("learner.schedule=", GetParam())});
  }

  const TestDirectory directory_;
  const std::string panel_ = directory_ / "panel.textproto";
  const std::string run_ = directory_ / "run";
};

TEST_P(RunEvaluationTest, AFailedOneStopsTheRunWithACheckpointAndIsMadeUpFor) {
  // Its square is beyond any number.
  WritePanel("1e200");
  for (int start = 0; start < 2; ++start) {
    const absl::Status status =
        Drive(RealFileSystem(), Config(), run_).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInternal) << status;
    EXPECT_THAT(std::string(status.message()),
                AllOf(HasSubstr("evaluating at step "),
                      HasSubstr("environment Pendulum-v1, start 1, "
                                "deterministic mode, step 0: "),
                      HasSubstr("a checkpoint of this step"),
                      HasSubstr("the same command")));
  }
  EXPECT_GE(Checkpoints(run_).size(), 1);
  WritePanel("1");
  // Made up for at once, and not again by the next start from that checkpoint.
  const auto stopped = Drive(RealFileSystem(), Config(), run_, 0);
  ASSERT_TRUE(stopped.ok()) << stopped.status();
  EXPECT_FALSE(stopped->finished);
  const auto mended = Drive(RealFileSystem(), Config(), run_);
  ASSERT_TRUE(mended.ok()) << mended.status();
  EXPECT_TRUE(mended->finished);
  const Traces got = Collect(run_);
  EXPECT_EQ(got.audit.back().step, 600);
  // A failure beside the updates may be noticed as late as at 400.
  EXPECT_GE(got.audit.size(), 2);

  if (GetParam() != std::string("lockstep")) return;  // not repeatable
  EXPECT_EQ(got.audit.front().step, 200);
  const std::string undisturbed = directory_ / "undisturbed";
  ASSERT_TRUE(Drive(RealFileSystem(), Config(), undisturbed).ok());
  ExpectEqual(got, Collect(undisturbed));
}

// The one at the end: only that is left to do.
TEST_P(RunEvaluationTest, ARunThatCannotBeFinishedKeepsWhatItHasLearned) {
  WritePanel("1e200");
  const v1::RunConfig config = With(Config(), {"evaluation.interval=0"});
  EXPECT_FALSE(Drive(RealFileSystem(), config, run_).ok());
  WritePanel("1");
  const auto mended = Drive(RealFileSystem(), config, run_, 0);
  ASSERT_TRUE(mended.ok()) << mended.status();
  EXPECT_TRUE(mended->finished);
  EXPECT_EQ(mended->step, 600);
  EXPECT_EQ(Collect(run_).audit.size(), 1);
}

INSTANTIATE_TEST_SUITE_P(Schedules, RunEvaluationTest,
                         testing::Values("lockstep", "overlapped"),
                         [](const auto& info) {
                           return std::string(info.param);
                         });

}  // namespace
}  // namespace softfleet
