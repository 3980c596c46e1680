// SPDX-License-Identifier: Apache-2.0
// learner.schedule=overlapped: what is promised of a run whose actor and
// evaluations are beside the updates.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "cli/seed_panel.h"
#include "core/philox.h"
#include "run/config.h"
#include "tests/cli/run_fixture.h"
#include "tests/core/test_directory.h"

namespace softfleet {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

v1::RunConfig Overlapped(const std::vector<std::string>& set = {}) {
  return With(With(ShortRun("Pendulum-v1"), {"learner.schedule=overlapped"}),
              set);
}

// Updates are at most those that the rows have earned, and behind them by no
// more than the actor may be ahead.
void ExpectPaced(const v1::RunConfig& config, int64_t step, int64_t updates) {
  const double ratio = config.learner().updates_per_step();
  const double earned = ratio * static_cast<double>(std::max<int64_t>(
                                    0, step - config.learner().warmup_steps()));
  EXPECT_LE(static_cast<double>(updates), earned) << "at step " << step;
  // Two rounds and what the next update needs.
  const double ahead = 2.0 * config.actor().num_environments() + 1 + 1 / ratio +
                       config.actor().num_environments();
  EXPECT_GE(static_cast<double>(updates), earned - ratio * ahead - 1)
      << "at step " << step;
}

class OverlappedRunTest : public testing::Test {
 protected:
  // Drives `rounds` rounds of the run, looking at the pace after each.
  bool Go(const v1::RunConfig& config, int64_t rounds = int64_t{1} << 40) {
    TrainingObserver observer;
    observer.on_round = [&](const MetricsRow& row) {
      ExpectPaced(config, row.step, row.updates);
    };
    observer.on_note = [&](const std::string& note) { notes_.push_back(note); };
    auto run = TrainingRun::Open(RealFileSystem(), SystemClock(), config, run_,
                                 observer);
    EXPECT_TRUE(run.ok()) << run.status();
    if (!run.ok()) return true;
    ExpectPaced(config, (*run)->step(), (*run)->system().learner().updates());
    const auto finished = (*run)->Run([&] { return rounds-- == 0; });
    EXPECT_TRUE(finished.ok()) << finished.status();
    step_ = (*run)->step();
    updates_ = (*run)->system().learner().updates();
    return !finished.ok() || *finished;
  }

  TestDirectory directory_;
  const std::string run_ = directory_ / "run";
  std::vector<std::string> notes_;
  int64_t step_ = 0, updates_ = 0;
};

TEST_F(OverlappedRunTest, EveryUpdateIsDoneAndEveryRecordIsThere) {
  for (const char* ratio : {"0.1", "0.5", "1", "3"}) {
    SCOPED_TRACE(ratio);
    ASSERT_TRUE(RealFileSystem().RemoveAll(run_).ok());
    const v1::RunConfig config =
        Overlapped({absl::StrCat("learner.updates_per_step=", ratio),
                    "total_steps=649", "learner.keep_checkpoints=10"});
    ASSERT_TRUE(Go(config));
    // Two environments: the last round passes the end by one.
    EXPECT_EQ(step_, 650);
    EXPECT_EQ(updates_, std::floor(config.learner().updates_per_step() * 600));
    const Traces traces = Collect(run_);
    // A header and a row per interval of 70.
    EXPECT_EQ(traces.metrics.size(), 1 + 650 / 70);
    EXPECT_EQ(traces.audit.size(), 4);
    EXPECT_EQ(traces.audit.back().step, 650);
    // At 150, 300, 450 and 600 or a few rows later, and the end.
    EXPECT_EQ(Checkpoints(run_).size(), 5);
    EXPECT_THAT(notes_, Contains(StartsWith("the learner waited ")));
  }
}

TEST_F(OverlappedRunTest, WhereItIsStoppedItGoesOnWithNoBurstAndNothingTwice) {
  for (uint32_t trial = 0; trial < 5; ++trial) {
    ASSERT_TRUE(RealFileSystem().RemoveAll(run_).ok());
    Philox random(31, Purpose::kTest, trial);
    const v1::RunConfig config = Overlapped(
        {absl::StrCat("actor.num_environments=", 1 + random.NextBelow(3))});
    std::string stops;
    int starts = 1;
    while (!Go(config, static_cast<int64_t>(random.NextBelow(150)))) {
      absl::StrAppend(&stops, " ", step_);
      ++starts;
      if (HasFailure() || starts > 200) break;
    }
    std::printf("trial %u: stopped at%s\n", trial, stops.c_str());
    ASSERT_FALSE(HasFailure());
    EXPECT_GE(step_, 600);
    const Traces traces = Collect(run_);
    EXPECT_EQ(traces.metrics.size(), 1 + 600 / 70);
    EXPECT_EQ(traces.audit.size(), 3);
    for (size_t i = 1; i < traces.audit.size(); ++i) {
      EXPECT_EQ(traces.audit[i].step / 200, traces.audit[i - 1].step / 200 + 1);
    }
  }
}

// The networks, the table and the environments of a checkpoint belong to one
// moment: in lock-step, what goes on from it is what a run restored twice does.
TEST_F(OverlappedRunTest, ItsCheckpointGoesOnInLockStepAlwaysTheSame) {
  ASSERT_FALSE(Go(Overlapped(), 150));
  const v1::RunConfig lock_step = ShortRun("Pendulum-v1");
  std::vector<Traces> ends;
  for (const char* name : {"first", "second"}) {
    const std::string copy = directory_ / name;
    ASSERT_EQ(std::system(absl::StrCat("cp -r ", run_, " ", copy).c_str()), 0);
    const auto outcome = Drive(RealFileSystem(), lock_step, copy);
    ASSERT_TRUE(outcome.ok()) << outcome.status();
    EXPECT_TRUE(outcome->finished);
    ends.push_back(Collect(copy));
  }
  ExpectEqual(ends[0], ends[1]);
}

TEST_F(OverlappedRunTest, SeedsTrainedTogetherRefuseIt) {
  SeedPanelOptions options;
  options.config = Overlapped();
  options.run_dir = run_;
  options.seeds = {1, 2};
  const auto panel =
      SeedPanel::Open(RealFileSystem(), SystemClock(), std::move(options));
  EXPECT_EQ(panel.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(panel.status().message(), HasSubstr("learner.schedule"));
}

}  // namespace
}  // namespace softfleet
