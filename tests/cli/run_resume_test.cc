// SPDX-License-Identifier: Apache-2.0
// A run that was interrupted, damaged or extended ends as one that was not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/philox.h"
#include "run/config.h"
#include "tests/cli/run_fixture.h"
#include "tests/core/test_directory.h"

namespace softfleet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class RunResumeTest : public testing::TestWithParam<const char*> {
 protected:
  // A finished, never interrupted run.
  Traces Undisturbed(const v1::RunConfig& config) {
    const auto outcome =
        Drive(RealFileSystem(), config, directory_ / "undisturbed");
    EXPECT_TRUE(outcome.ok()) << outcome.status();
    EXPECT_TRUE(outcome->finished);
    return Collect(directory_ / "undisturbed");
  }
  // `rounds` rounds of the run in question.
  Outcome Go(const v1::RunConfig& config, int64_t rounds = 1 << 30) {
    const auto outcome = Drive(RealFileSystem(), config, run_, rounds);
    EXPECT_TRUE(outcome.ok()) << outcome.status();
    return outcome.value_or(Outcome{});
  }
  void Truncate(const std::string& path) {
    const auto size = RealFileSystem().Size(path);
    ASSERT_TRUE(size.ok()) << size.status();
    ASSERT_TRUE(RealFileSystem().Truncate(path, *size / 2).ok());
  }

  TestDirectory directory_;
  const std::string run_ = directory_ / "run";
};

TEST_P(RunResumeTest, InterruptionsAtAnyRoundLeaveNoTrace) {
  const v1::RunConfig config = ShortRun(GetParam());
  const Traces wanted = Undisturbed(config);
  for (uint32_t trial = 0; trial < 3; ++trial) {
    SCOPED_TRACE(absl::StrCat("trial ", trial));
    ASSERT_TRUE(RealFileSystem().RemoveAll(run_).ok());
    Philox random(21, Purpose::kTest, trial);
    int starts = 1;
    std::string stops;
    for (;; ++starts) {
      const Outcome outcome =
          Go(config, static_cast<int64_t>(random.NextBelow(130)));
      if (outcome.finished || HasFailure()) break;
      absl::StrAppend(&stops, " ", outcome.step);
    }
    SCOPED_TRACE("stopped at" + stops);
    EXPECT_GT(starts, 2);
    ExpectEqual(Collect(run_), wanted);
  }
}

TEST_P(RunResumeTest, ACheckpointWrittenWhileItGoesOnIsThatOfARunThatStopped) {
  const v1::RunConfig config =
      With(ShortRun(GetParam()),
           {"learner.keep_checkpoints=10", "replay.capacity=110"});
  Go(config);
  const std::vector<std::string> checkpoints = Checkpoints(run_);
  ASSERT_EQ(checkpoints.size(), 4);
  for (int i = 0; i < 3; ++i) {
    const std::string stopped = absl::StrCat(directory_ / "stopped", i);
    ASSERT_TRUE(Drive(RealFileSystem(), config, stopped, 75 * (i + 1)).ok());
    for (const char* name :
         {"learner.safetensors", "actor.safetensors", "replay.safetensors"}) {
      const auto bytes = [name](const std::string& directory) {
        return RealFileSystem().Read(JoinPath(directory, name)).value();
      };
      EXPECT_TRUE(bytes(checkpoints[i]) == bytes(Checkpoints(stopped).back()))
          << checkpoints[i] << " " << name;
    }
  }
}

TEST_P(RunResumeTest, AnOlderCheckpointTakesThePlaceOfABrokenOne) {
  const v1::RunConfig config = ShortRun(GetParam());
  const Traces wanted = Undisturbed(config);
  EXPECT_EQ(Go(config, 230).step, 460);  // checkpoints 150, 300, 450, 460
  const std::vector<std::string> checkpoints = Checkpoints(run_);
  ASSERT_GE(checkpoints.size(), 3);
  const std::string newest = checkpoints.back();
  const std::string before = checkpoints[checkpoints.size() - 2];
  Truncate(JoinPath(newest, "replay.safetensors"));
  Truncate(JoinPath(before, "manifest.json"));
  const Outcome outcome = Go(config);
  EXPECT_TRUE(outcome.finished);
  EXPECT_THAT(outcome.notes, ElementsAre(HasSubstr(newest), HasSubstr(before),
                                         HasSubstr("resumed at step 300")));
  ExpectEqual(Collect(run_), wanted);
}

INSTANTIATE_TEST_SUITE_P(Environments, RunResumeTest,
                         testing::Values("Pendulum-v1", "CartPole-v1"),
                         [](const auto& info) {
                           return std::string(info.param).substr(0, 4);
                         });

using RunRefusalTest = RunResumeTest;

TEST_P(RunRefusalTest, WithoutAnyWholeCheckpointNothingIsTouched) {
  const v1::RunConfig config = ShortRun(GetParam());
  Go(config, 170);
  const std::vector<std::string> checkpoints = Checkpoints(run_);
  ASSERT_EQ(checkpoints.size(), 3);
  for (const std::string& path : checkpoints) {
    Truncate(JoinPath(path, "learner.safetensors"));
  }
  const auto metrics = CsvFields(JoinPath(run_, "metrics.csv"));
  const auto outcome = Drive(RealFileSystem(), config, run_);
  EXPECT_EQ(outcome.status().code(), absl::StatusCode::kDataLoss);
  for (const std::string& path : checkpoints) {
    EXPECT_THAT(outcome.status().message(),
                HasSubstr(path.substr(path.rfind('/') + 1)));
  }
  EXPECT_EQ(Checkpoints(run_), checkpoints);
  EXPECT_EQ(CsvFields(JoinPath(run_, "metrics.csv")), metrics);
}

TEST_P(RunRefusalTest, OnlyFieldsThatMayChangeCanChange) {
  const v1::RunConfig config = ShortRun(GetParam());
  Go(config, 10);
  const auto refused =
      Drive(RealFileSystem(), With(config, {"sac.gamma=0.5", "seed=7"}), run_);
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(refused.status().message(), HasSubstr("sac.gamma: 0.99 -> 0.5"));
  EXPECT_THAT(refused.status().message(), HasSubstr("seed: 1 -> 7"));

  const v1::RunConfig changed =
      With(config, {"metrics_interval=25", "evaluation.interval=0",
                    "learner.keep_checkpoints=1"});
  EXPECT_TRUE(Go(changed).finished);
  EXPECT_EQ(CsvFields(JoinPath(run_, "metrics.csv")).size(), 1 + 24);
  EXPECT_EQ(Collect(run_).audit.size(), 1);
  EXPECT_EQ(Checkpoints(run_).size(), 1);
}

TEST_P(RunRefusalTest, AFinishedRunIsContinuedToALaterEnd) {
  const v1::RunConfig config = ShortRun(GetParam());
  const Traces wanted = Undisturbed(config);
  const v1::RunConfig shorter = With(config, {"total_steps=350"});
  EXPECT_FALSE(IsFinished(RealFileSystem(), run_, shorter));
  EXPECT_TRUE(Go(shorter).finished);
  EXPECT_TRUE(IsFinished(RealFileSystem(), run_, shorter));
  EXPECT_FALSE(IsFinished(RealFileSystem(), run_, config));
  EXPECT_TRUE(Go(config).finished);
  EXPECT_TRUE(IsFinished(RealFileSystem(), run_, config));

  Traces got = Collect(run_);
  // The shorter run's end was evaluated, too.
  ASSERT_EQ(got.audit.size(), wanted.audit.size() + 1);
  EXPECT_EQ(got.audit[1].step, 350);
  got.audit.erase(got.audit.begin() + 1);
  got.audit[0].config_hash = wanted.audit[0].config_hash;
  ExpectEqual(got, wanted);
}

TEST_P(RunRefusalTest, AFinishedRunIsNotFinishedOnceItIsDamaged) {
  const v1::RunConfig config = ShortRun(GetParam());
  EXPECT_TRUE(Go(config).finished);
  const Traces wanted = Collect(run_);
  Truncate(JoinPath(Checkpoints(run_).back(), "actor.safetensors"));
  EXPECT_FALSE(IsFinished(RealFileSystem(), run_, config));
  EXPECT_TRUE(Go(config).finished);
  EXPECT_TRUE(IsFinished(RealFileSystem(), run_, config));
  ExpectEqual(Collect(run_), wanted);
}

INSTANTIATE_TEST_SUITE_P(Environments, RunRefusalTest,
                         testing::Values("Pendulum-v1"),
                         [](const auto&) { return "Pend"; });

}  // namespace
}  // namespace softfleet
