// SPDX-License-Identifier: Apache-2.0
// What a run writes down: metrics.csv, audit.json, checkpoints.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "core/clock.h"
#include "policy/bundle.h"
#include "tests/cli/run_fixture.h"
#include "tests/core/test_directory.h"
#include "tests/run/recording_file_system.h"

namespace softfleet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Outside readers rely on these names.
constexpr char kMetricsColumns[] =
    "step,updates,wall_seconds,steps_per_second,updates_per_second,episodes,"
    "return_mean,length_mean,alpha,entropy,target_entropy,critic_loss,"
    "actor_loss,alpha_loss,q_mean,td_abs_mean,action_std_mean,"
    "saturated_fraction,grad_norm_critic,grad_norm_actor";

std::vector<std::string> Column(
    const std::vector<std::vector<std::string>>& lines, size_t column) {
  std::vector<std::string> values;
  for (size_t i = 1; i < lines.size(); ++i) values.push_back(lines[i][column]);
  return values;
}

TEST(RunRecordsTest, ARunLeavesWhatTheFormatsPromise) {
  const TestDirectory directory;
  const std::string run = directory / "run";
  const v1::RunConfig config =
      With(ShortRun("Pendulum-v1"), {"learner.keep_checkpoints=2"});
  const auto outcome = Drive(RealFileSystem(), config, run);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_TRUE(outcome->finished);
  EXPECT_TRUE(outcome->notes.empty());

  // metrics.csv: a row per 70 steps; 0.5 updates per step after 50.
  const auto metrics = CsvFields(JoinPath(run, "metrics.csv"));
  EXPECT_EQ(absl::StrJoin(metrics[0], ","), kMetricsColumns);
  EXPECT_THAT(Column(metrics, 0), ElementsAre("70", "140", "210", "280", "350",
                                              "420", "490", "560"));
  EXPECT_THAT(Column(metrics, 1),
              ElementsAre("10", "45", "80", "115", "150", "185", "220", "255"));
  // Two environments, episodes of 60 steps: pairs end at 120, 240, 360, 480.
  EXPECT_THAT(Column(metrics, 5),
              ElementsAre("0", "2", "2", "4", "4", "6", "8", "8"));
  EXPECT_THAT(Column(metrics, 7),
              ElementsAre("", "60", "", "60", "", "60", "60", ""));
  EXPECT_THAT(Column(metrics, 10), testing::Each("-1"));
  // No update is measured before the 16th.
  EXPECT_EQ(metrics[1][11], "");
  EXPECT_NE(metrics[2][11], "");

  const auto audit =
      ReadAudit(RealFileSystem(), JoinPath(run, "audit.json")).value();
  std::vector<uint64_t> steps;
  for (const AuditRecord& record : audit) steps.push_back(record.step);
  EXPECT_THAT(steps, ElementsAre(200, 400, 600));
  EXPECT_EQ(audit.back().updates, 275);
  EXPECT_EQ(audit.back().panel_starts, 3);
  for (size_t i = 1; i < audit.size(); ++i) {
    EXPECT_GT(audit[i].version, audit[i - 1].version);
  }
  EXPECT_EQ(CsvFields(JoinPath(run, "audit.csv")).size(), 1 + audit.size());

  const auto names = RealFileSystem().List(JoinPath(run, "checkpoints"));
  EXPECT_THAT(*names, ElementsAre("step-000000000450", "step-000000000600"));
  const auto bundle =
      ReadPolicyBundle(RealFileSystem(), JoinPath(run, "policy"));
  ASSERT_TRUE(bundle.ok()) << bundle.status();
  EXPECT_EQ(bundle->snapshot.step, 600);
  EXPECT_EQ(bundle->snapshot.updates, 275);
  EXPECT_TRUE(bundle->snapshot.normaliser.has_value());
}

TEST(RunRecordsTest, TheNewestCheckpointsAndTheBestAreKept) {
  const TestDirectory directory;
  const std::string run = directory / "run";
  // An evaluation with every checkpoint.
  const v1::RunConfig config =
      With(ShortRun("CartPole-v1"),
           {"checkpoint_interval=50", "evaluation.interval=50",
            "sac.critic_learning_rate=0.003", "sac.actor_learning_rate=0.003"});
  ASSERT_TRUE(Drive(RealFileSystem(), config, run).ok());
  const auto audit =
      ReadAudit(RealFileSystem(), JoinPath(run, "audit.json")).value();
  ASSERT_EQ(audit.size(), 12);
  const AuditRecord& best = *std::max_element(
      audit.begin(), audit.end(), [](const auto& a, const auto& b) {
        return a.deterministic.return_mean < b.deterministic.return_mean;
      });
  std::vector<uint64_t> wanted = {500, 550, 600};
  if (best.step < 500) wanted.insert(wanted.begin(), best.step);
  const auto store =
      CheckpointStore::Open(RealFileSystem(), JoinPath(run, "checkpoints"));
  EXPECT_EQ(*store->Steps(), wanted);
}

TEST(RunRecordsTest, WithoutAnIntervalOnlyTheEndIsEvaluated) {
  const TestDirectory directory;
  const std::string run = directory / "run";
  const v1::RunConfig config = With(
      ShortRun("Pendulum-v1"), {"total_steps=100", "evaluation.interval=0"});
  ASSERT_TRUE(Drive(RealFileSystem(), config, run).ok());
  const Traces traces = Collect(run);
  ASSERT_EQ(traces.audit.size(), 1);
  EXPECT_EQ(traces.audit[0].step, 100);
}

TEST(RunRecordsTest, ObserversHearOfEveryRoundRowAndEvaluation) {
  const TestDirectory directory;
  FakeClock clock;
  std::vector<int64_t> rounds, rows;
  std::vector<double> rates;
  std::vector<uint64_t> evaluations;
  TrainingObserver observer;
  observer.on_round = [&](const MetricsRow& row) {
    rounds.push_back(row.step);
    clock.Advance(absl::Seconds(1));
  };
  observer.on_metrics = [&](const MetricsRow& row) {
    rows.push_back(row.step);
    rates.push_back(row.steps_per_second);
  };
  observer.on_evaluation = [&](const AuditRecord& record) {
    evaluations.push_back(record.step);
  };
  const auto run =
      TrainingRun::Open(RealFileSystem(), clock,
                        With(ShortRun("Pendulum-v1"), {"total_steps=210"}),
                        directory / "run", observer);
  ASSERT_TRUE(run.ok()) << run.status();
  ASSERT_TRUE((*run)->Run([] { return false; }).value());
  EXPECT_EQ(rounds.size(), 105);
  EXPECT_EQ(rounds.back(), 210);
  EXPECT_THAT(rows, ElementsAre(70, 140, 210));
  // Two steps per second; the clock stands still in the first round.
  EXPECT_THAT(rates, ElementsAre(70.0 / 34, 2, 2));
  EXPECT_THAT(evaluations, ElementsAre(200, 210));
}

TEST(RunRecordsTest, AConfigurationThatCannotBeBuiltLeavesNoDirectory) {
  const TestDirectory directory;
  for (const char* wrong :
       {"environment.name=Pendulum-v9", "replay.byte_budget=100",
        "evaluation.panel=missing.textproto"}) {
    const auto outcome =
        Drive(RealFileSystem(), With(ShortRun("Pendulum-v1"), {wrong}),
              directory / "run");
    EXPECT_FALSE(outcome.ok()) << wrong;
    EXPECT_FALSE(RealFileSystem().Exists(directory / "run")) << wrong;
  }
}

TEST(RunRecordsTest, RowsAreDurableBeforeTheCheckpointThatPromisesThem) {
  const TestDirectory directory;
  const std::string run = directory / "run";
  RecordingFileSystem files;
  ASSERT_TRUE(
      Drive(files, With(ShortRun("Pendulum-v1"), {"total_steps=400"}), run)
          .ok());
  int checkpoints = 0;
  bool synced = false;
  for (const std::string& line : files.log) {
    if (line == "sync " + run + "/metrics.csv") synced = true;
    // Not the manifest on its way into the temporary directory, and not the
    // removal of an old checkpoint, which first renames it back to ".tmp".
    if (!absl::StartsWith(line, "rename ") || absl::EndsWith(line, ".tmp") ||
        absl::EndsWith(line, ".json") ||
        !absl::StrContains(line, " to " + run + "/checkpoints/step-")) {
      continue;
    }
    EXPECT_TRUE(synced) << line;
    synced = false;
    ++checkpoints;
  }
  EXPECT_EQ(checkpoints, 3);
}

TEST(RunRecordsTest, ASecondWriterIsRefusedAndHarmsNothing) {
  const TestDirectory directory;
  const v1::RunConfig config =
      With(ShortRun("Pendulum-v1"), {"total_steps=200"});
  FakeClock clock;
  const auto first =
      TrainingRun::Open(RealFileSystem(), clock, config, directory / "run", {});
  ASSERT_TRUE(first.ok()) << first.status();
  const auto second = Drive(RealFileSystem(), config, directory / "run");
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(second.status().message(), HasSubstr("in use by process"));
  EXPECT_TRUE((*first)->Run([] { return false; }).value());
}

}  // namespace
}  // namespace softfleet
