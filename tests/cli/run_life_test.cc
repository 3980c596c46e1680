// SPDX-License-Identifier: Apache-2.0
// Ends, beginnings and by-products of a run: stop rules, the best policy,
// --init_from, log.jsonl.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/clock.h"
#include "policy/bundle.h"
#include "run/stop_rules.h"
#include "tests/cli/run_fixture.h"
#include "tests/core/test_directory.h"

namespace softfleet {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

// Fills the table with rows of Pendulum-v1 of this reward.
void Fill(Table& table, float reward) {
  for (uint64_t step = 0; step < 400; ++step) {
    StepBlock block;
    block.environment = 7;
    block.first_step = step;
    block.rows = 1;
    block.observations = {std::vector<std::byte>(2 * 3 * sizeof(float))};
    block.actions = {0};
    block.rewards = {reward};
    EXPECT_EQ(table.Append(block), absl::OkStatus());
  }
}

class RunLifeTest : public testing::Test {
 protected:
  // The values of `key` in log.jsonl's events of that kind.
  std::vector<nlohmann::json> Logged(const std::string& event,
                                     const std::string& key) {
    std::vector<nlohmann::json> values;
    const std::string text =
        RealFileSystem().Read(JoinPath(run_, "log.jsonl")).value();
    for (const absl::string_view line :
         absl::StrSplit(text, '\n', absl::SkipEmpty())) {
      const nlohmann::json json = nlohmann::json::parse(line);
      if (json.at("event") == event) values.push_back(json.at(key));
    }
    return values;
  }
  Snapshot PolicyIn(const std::string& name) {
    return ReadPolicyBundle(RealFileSystem(), JoinPath(run_, name))
        .value()
        .snapshot;
  }

  const TestDirectory directory_;
  const std::string run_ = directory_ / "run";
  // Evaluations at 200, 400 and 600.
  const v1::RunConfig config_ = ShortRun("Pendulum-v1");
};

TEST_F(RunLifeTest, AReachedTargetFinishesTheRunUntilTheRuleIsLifted) {
  const v1::RunConfig easy = With(config_, {"stop.target_return=-1e6"});
  const auto stopped = Drive(RealFileSystem(), easy, run_);
  ASSERT_TRUE(stopped.ok()) << stopped.status();
  EXPECT_TRUE(stopped->finished);
  EXPECT_EQ(stopped->step, 200);
  EXPECT_THAT(stopped->notes, Contains(HasSubstr("stop.target_return")));
  EXPECT_TRUE(IsFinished(RealFileSystem(), run_, easy));
  EXPECT_EQ(Collect(run_).audit.size(), 1u);  // not evaluated twice

  EXPECT_FALSE(IsFinished(RealFileSystem(), run_, config_));
  const auto lifted = Drive(RealFileSystem(), config_, run_);
  ASSERT_TRUE(lifted.ok()) << lifted.status();
  EXPECT_EQ(lifted->step, 600);
  const std::string straight = directory_ / "straight";
  ASSERT_TRUE(Drive(RealFileSystem(), config_, straight).ok());
  EXPECT_EQ(Collect(run_).checkpoint, Collect(straight).checkpoint);
}

TEST_F(RunLifeTest, TheWallClockFinishesTheRun) {
  FakeClock clock;
  TrainingObserver observer;
  observer.on_round = [&](const MetricsRow&) {
    clock.Advance(absl::Seconds(1));
  };
  auto run = TrainingRun::Open(RealFileSystem(), clock,
                               With(config_, {"stop.wall_seconds=30"}), run_,
                               observer);
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_TRUE((*run)->Run([] { return false; }).value());
  EXPECT_EQ((*run)->step(), 60);  // 30 rounds of two environments
  EXPECT_THAT(Logged("finish", "stopped_by")[0].get<std::string>(),
              HasSubstr("stop.wall_seconds"));
}

TEST_F(RunLifeTest, TheBestPolicyIsThatOfTheBestEvaluation) {
  ASSERT_TRUE(Drive(RealFileSystem(), config_, run_).ok());
  const std::vector<AuditRecord> audit = Collect(run_).audit;
  ASSERT_EQ(audit.size(), 3u);
  EXPECT_EQ(PolicyIn("policy_best").step, BestRecord(audit)->step);
  EXPECT_EQ(PolicyIn("policy").step, 600u);
}

TEST_F(RunLifeTest, ARunStartsFromAnothersPolicy) {
  const std::string first = directory_ / "first";
  ASSERT_TRUE(Drive(RealFileSystem(), config_, first).ok());
  const Snapshot wanted =
      ReadPolicyBundle(RealFileSystem(), JoinPath(first, "policy"))
          .value()
          .snapshot;
  for (const std::string& from : {first, JoinPath(first, "policy")}) {
    FakeClock clock;
    auto run = TrainingRun::Open(RealFileSystem(), clock, config_,
                                 directory_ / "second", {}, from);
    ASSERT_TRUE(run.ok()) << run.status();
    const auto snapshot = (*run)->system().Publish(RunState::kWarming).value();
    EXPECT_EQ(snapshot->tensors, wanted.tensors);
    EXPECT_EQ(snapshot->normaliser, wanted.normaliser);
    EXPECT_EQ((*run)->step(), 0);
  }
}

TEST_F(RunLifeTest, APolicyThatDoesNotFitLeavesNoRunBehind) {
  const std::string first = directory_ / "first";
  ASSERT_TRUE(Drive(RealFileSystem(), config_, first).ok());
  FakeClock clock;
  const auto wide = TrainingRun::Open(RealFileSystem(), clock,
                                      With(config_, {"sac.actor_hidden=7,7"}),
                                      run_, {}, first);
  EXPECT_THAT(std::string(wide.status().message()),
              HasSubstr("actor/l0.weight has shape"));
  const auto other = TrainingRun::Open(
      RealFileSystem(), clock, ShortRun("CartPole-v1"), run_, {}, first);
  EXPECT_THAT(std::string(other.status().message()),
              HasSubstr("the policy is for rows of"));
  EXPECT_FALSE(RealFileSystem().Exists(run_));
}

// Two magnitudes: losses that overflow, and only the squares of gradients.
TEST_F(RunLifeTest, ADivergedRunKeepsTheLastGoodCheckpointAndSaysWhereItIs) {
  ASSERT_TRUE(Drive(RealFileSystem(), config_, run_).ok());
  const Traces wanted = Collect(run_);
  for (const float reward : {3e38F, 1e22F}) {
    const std::string run_dir = directory_ / absl::StrCat("run", reward);
    FakeClock clock;
    auto run = TrainingRun::Open(RealFileSystem(), clock, config_, run_dir, {});
    ASSERT_TRUE(run.ok()) << run.status();
    ASSERT_EQ((*run)->Run([&] { return (*run)->step() >= 180; }).value(),
              false);
    const std::vector<std::string> checkpoints = Checkpoints(run_dir);
    Fill((*run)->system().table(), reward);
    const absl::Status status = (*run)->Run([] { return false; }).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("the last good checkpoint is " + checkpoints.back()));
    EXPECT_TRUE(RealFileSystem().Exists(JoinPath(run_dir, "diagnosis.json")));
    EXPECT_EQ(Checkpoints(run_dir), checkpoints);
    run->reset();
    const auto again = Drive(RealFileSystem(), config_, run_dir);
    ASSERT_TRUE(again.ok()) << again.status();
    ExpectEqual(Collect(run_dir), wanted);
  }
}

TEST_F(RunLifeTest, TheLogTellsStartsEvaluationsAndTheEnd) {
  ASSERT_TRUE(Drive(RealFileSystem(), config_, run_, 100).ok());
  ASSERT_TRUE(Drive(RealFileSystem(), config_, run_).ok());
  EXPECT_THAT(Logged("start", "incarnation"), ElementsAre(1, 2));
  EXPECT_THAT(Logged("stop", "step"), ElementsAre(200));
  EXPECT_THAT(Logged("evaluation", "step"), ElementsAre(200, 400, 600));
  EXPECT_THAT(Logged("finish", "step"), ElementsAre(600));
}

}  // namespace
}  // namespace softfleet
