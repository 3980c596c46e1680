// SPDX-License-Identifier: Apache-2.0
// The recorder as a cluster's learner uses it: evaluations that come late, and
// fields of its own in the checkpoint's state. What it writes for a run in one
// process is tested with that (tests/cli/run_*_test.cc).
#include "learner/run_recorder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "policy/bundle.h"
#include "run/config.h"
#include "tests/core/test_directory.h"
#include "tests/policy/snapshots.h"
#include "tests/run/recording_file_system.h"

namespace softfleet {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr double kEntropyTarget = -1;

// Remembers which files were read.
class ReadingFileSystem : public RecordingFileSystem {
 public:
  std::vector<std::string> reads;
  absl::StatusOr<std::string> Read(const std::string& path) override {
    reads.push_back(path);
    return RecordingFileSystem::Read(path);
  }
};

v1::RunConfig Config(const std::vector<std::string>& set = {}) {
  v1::RunConfig config;
  config.mutable_environment()->set_name("CartPole-v1");
  config.set_total_steps(1000);
  for (const std::string& assignment : set) {
    EXPECT_TRUE(ApplyOverride(assignment, &config).ok()) << assignment;
  }
  return WithDefaults(config);
}

// The policy of the n-th snapshot, made at `step`.
Snapshot PolicyAt(int64_t step, uint64_t n) {
  Snapshot snapshot = testing::ConstantSnapshot(
      {.kind = ActionSpec::Kind::kDiscrete, .num_actions = 2}, {1, 2});
  snapshot.run_id = "00112233aabbccdd";
  snapshot.environment = "CartPole-v1";
  snapshot.version = n;
  snapshot.step = static_cast<uint64_t>(step);
  snapshot.updates = snapshot.step / 2;
  return snapshot;
}

AuditRecord EvaluationOf(const Snapshot& snapshot, double mean_return) {
  AuditRecord record;
  record.run_id = snapshot.run_id;
  record.step = snapshot.step;
  record.updates = snapshot.updates;
  record.version = snapshot.version;
  record.panel_hash = "00000000000000ff";
  record.deterministic.return_mean = mean_return;
  return record;
}

RunCounts At(int64_t step) { return {step, step / 2}; }

class RunRecorderTest : public ::testing::Test {
 protected:
  // A recorder that has begun.
  std::unique_ptr<RunRecorder> Open(const v1::RunConfig& config = Config()) {
    RunObserver observer;
    observer.on_note = [this](const std::string& note) {
      notes_.push_back(note);
    };
    auto recorder = RunRecorder::Open(files_, clock_, config, run_, observer);
    EXPECT_TRUE(recorder.ok()) << recorder.status();
    EXPECT_TRUE((*recorder)->Begin().ok());
    return *std::move(recorder);
  }

  CheckpointContent Content(std::string state_json = "{}") {
    return {
        .write_files = [this](const std::string& directory,
                              CheckpointManifest* manifest) -> absl::Status {
          const auto digest = WriteSafetensors(
              files_, JoinPath(directory, "networks.safetensors"),
              {{"a", Tensor::From(std::vector<float>{1}, {1})}}, {});
          if (!digest.ok()) return digest.status();
          manifest->files["networks.safetensors"] = *digest;
          return absl::OkStatus();
        },
        .state_json = std::move(state_json)};
  }

  MetricsRow Row(const RunRecorder& recorder, int64_t step) {
    return recorder.SoFar(At(step), {}, kEntropyTarget);
  }
  // The values of `key` in log.jsonl's events of that kind.
  std::vector<nlohmann::json> Logged(const std::string& event,
                                     const std::string& key) {
    std::vector<nlohmann::json> values;
    const std::string text = files_.Read(JoinPath(run_, "log.jsonl")).value();
    for (const absl::string_view line :
         absl::StrSplit(text, '\n', absl::SkipEmpty())) {
      const nlohmann::json json = nlohmann::json::parse(line);
      if (json.at("event") == event) values.push_back(json.at(key));
    }
    return values;
  }
  uint64_t StepOfBestPolicy() {
    return ReadPolicyBundle(files_, JoinPath(run_, "policy_best"))
        .value()
        .snapshot.step;
  }

  const TestDirectory directory_;
  const std::string run_ = directory_ / "run";
  ReadingFileSystem files_;
  FakeClock clock_;
  std::vector<std::string> notes_;
};

TEST_F(RunRecorderTest, ARunThatWasStoppedGoesOnWhereItWas) {
  {
    const auto recorder = Open();
    EXPECT_EQ(recorder->checkpoint(), nullptr);
    EXPECT_EQ(recorder->checkpointed_step(), -1);
    clock_.Advance(absl::Seconds(10));
    recorder->AddEpisodes(std::vector<FinishedEpisode>{{5, 50}});
    ASSERT_TRUE(recorder->WriteMetrics(Row(*recorder, 100)).ok());
    recorder->AddEpisodes(std::vector<FinishedEpisode>{{7, 70}});
    ASSERT_TRUE(recorder->WriteCheckpoint(At(150), Content()).ok());
    // Lost: nothing promises what comes after the checkpoint.
    ASSERT_TRUE(recorder->WriteMetrics(Row(*recorder, 200)).ok());
    const Snapshot lost = PolicyAt(200, 2);
    ASSERT_TRUE(recorder->RecordEvaluation(EvaluationOf(lost, 1), lost).ok());
  }
  clock_.Advance(absl::Seconds(1000));  // nothing runs
  const auto recorder = Open();
  ASSERT_NE(recorder->checkpoint(), nullptr);
  EXPECT_EQ(recorder->checkpoint()->manifest.step, 150u);
  EXPECT_EQ(recorder->checkpointed_step(), 150);
  EXPECT_EQ(recorder->directory().incarnation(), 2u);
  EXPECT_FALSE(recorder->finished());
  EXPECT_THAT(recorder->audit(), IsEmpty());
  EXPECT_THAT(notes_, ElementsAre(HasSubstr("resumed at step 150 from")));
  clock_.Advance(absl::Seconds(4));
  EXPECT_EQ(recorder->WallSeconds(), 14);
  const MetricsRow row = Row(*recorder, 190);
  EXPECT_EQ(row.episodes, 2);
  EXPECT_EQ(row.return_mean, 7);  // of the interval that goes on
  EXPECT_EQ(row.steps_per_second, 10);
  const std::string metrics =
      files_.Read(JoinPath(run_, "metrics.csv")).value();
  EXPECT_EQ(std::ranges::count(metrics, '\n'), 2);  // header, row 100
  EXPECT_THAT(Logged("start", "step"), ElementsAre(0, 150));
}

TEST_F(RunRecorderTest, TheDriversFieldsOfTheStateComeBack) {
  {
    const auto recorder = Open();
    ASSERT_TRUE(
        recorder
            ->Stop(At(100), Content(R"({"positions":[{"shard":"a","row":7}]})"))
            .ok());
  }
  const auto recorder = Open();
  const auto state =
      nlohmann::json::parse(recorder->checkpoint()->manifest.state_json);
  EXPECT_EQ(state.at("positions").at(0).at("row"), 7);
  EXPECT_EQ(state.at("finished"), false);
}

TEST_F(RunRecorderTest, FieldsThatAreNotTheDriversAreRefused) {
  const auto recorder = Open();
  EXPECT_THAT(
      std::string(recorder->WriteCheckpoint(At(1), Content(R"({"interval":1})"))
                      .message()),
      HasSubstr("interval"));
  EXPECT_TRUE(absl::IsInvalidArgument(
      recorder->WriteCheckpoint(At(1), Content("[1]"))));
  EXPECT_EQ(recorder->checkpointed_step(), -1);
}

TEST_F(RunRecorderTest, StopWritesNoCheckpointTwice) {
  const auto recorder = Open();
  ASSERT_TRUE(recorder->WriteCheckpoint(At(100), Content()).ok());
  ASSERT_TRUE(recorder->Stop(At(100), Content()).ok());
  EXPECT_THAT(Logged("checkpoint", "step"), ElementsAre(100));
  EXPECT_THAT(Logged("stop", "step"), ElementsAre(100));
}

TEST_F(RunRecorderTest, ALateEvaluationIsRecordedUnderItsOwnStep) {
  const auto recorder = Open();
  const Snapshot first = PolicyAt(100, 1);
  const Snapshot second = PolicyAt(200, 2);
  // The run has gone on while the evaluator was busy.
  ASSERT_TRUE(recorder->WriteMetrics(Row(*recorder, 500)).ok());
  ASSERT_TRUE(recorder->RecordEvaluation(EvaluationOf(first, 5), first).ok());
  EXPECT_EQ(StepOfBestPolicy(), 100u);
  ASSERT_TRUE(recorder->RecordEvaluation(EvaluationOf(second, 4), second).ok());
  EXPECT_EQ(StepOfBestPolicy(), 100u);
  EXPECT_THAT(Logged("evaluation", "step"), ElementsAre(100, 200));
  EXPECT_THAT(Logged("evaluation", "updates"), ElementsAre(50, 100));
  EXPECT_TRUE(recorder->Evaluated(At(200)));
  EXPECT_FALSE(recorder->Evaluated(At(500)));
  EXPECT_FALSE(recorder->Evaluated({200, 101}));
}

TEST_F(RunRecorderTest, AnEvaluationThatWasOvertakenIsRefused) {
  const auto recorder = Open();
  const Snapshot first = PolicyAt(100, 1);
  const Snapshot second = PolicyAt(200, 2);
  ASSERT_TRUE(recorder->RecordEvaluation(EvaluationOf(second, 4), second).ok());
  EXPECT_TRUE(absl::IsInvalidArgument(
      recorder->RecordEvaluation(EvaluationOf(first, 5), first)));
  EXPECT_EQ(recorder->audit().size(), 1u);
  EXPECT_EQ(StepOfBestPolicy(), 200u);
}

TEST_F(RunRecorderTest, AnEvaluationOfAnotherSnapshotIsRefused) {
  const auto recorder = Open();
  const absl::Status status = recorder->RecordEvaluation(
      EvaluationOf(PolicyAt(100, 1), 5), PolicyAt(100, 2));
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("version 1"), HasSubstr("version 2")));
  EXPECT_THAT(recorder->audit(), IsEmpty());
}

TEST_F(RunRecorderTest, TheBestEvaluationsCheckpointIsKept) {
  const auto recorder = Open(Config({"learner.keep_checkpoints=1"}));
  for (const int64_t step : {100, 200, 300, 400}) {
    const Snapshot snapshot = PolicyAt(step, static_cast<uint64_t>(step));
    const double mean_return = step == 200 ? 9 : 1;
    ASSERT_TRUE(recorder->WriteCheckpoint(At(step), Content()).ok());
    ASSERT_TRUE(
        recorder
            ->RecordEvaluation(EvaluationOf(snapshot, mean_return), snapshot)
            .ok());
  }
  const auto store =
      CheckpointStore::Open(files_, JoinPath(run_, "checkpoints"));
  EXPECT_THAT(store->Steps().value(), ElementsAre(200, 400));
}

TEST_F(RunRecorderTest, AnEvaluationIsHeldAgainstTheStopRulesOnce) {
  const auto recorder = Open(Config({"stop.target_return=5"}));
  const Snapshot snapshot = PolicyAt(100, 1);
  ASSERT_TRUE(recorder->ApplyStopRules(At(100)).ok());
  EXPECT_EQ(recorder->stopped_by(), "");
  ASSERT_TRUE(
      recorder->RecordEvaluation(EvaluationOf(snapshot, 6), snapshot).ok());
  ASSERT_TRUE(recorder->ApplyStopRules(At(150)).ok());
  EXPECT_THAT(recorder->stopped_by(), HasSubstr("stop.target_return"));
  ASSERT_TRUE(recorder->ApplyStopRules(At(160)).ok());
  EXPECT_THAT(notes_, ElementsAre(HasSubstr("finishing at step 150")));
}

TEST_F(RunRecorderTest, ARunIsFinishedUntilItsConfigurationAsksForMore) {
  const v1::RunConfig config = Config({"stop.target_return=5"});
  {
    const auto recorder = Open(config);
    EXPECT_FALSE(recorder->finished());
    ASSERT_TRUE(recorder->Finish(At(400), PolicyAt(400, 4), Content()).ok());
    EXPECT_TRUE(recorder->finished());
  }
  EXPECT_EQ(
      ReadPolicyBundle(files_, JoinPath(run_, "policy")).value().snapshot.step,
      400u);
  EXPECT_TRUE(IsFinished(files_, run_, config));
  EXPECT_FALSE(IsFinished(files_, run_, Config()));
  EXPECT_TRUE(Open(config)->finished());
  EXPECT_TRUE(Open(Config({"total_steps=300"}))->finished());
  EXPECT_FALSE(Open()->finished());  // without the rule: on to 1000
}

TEST_F(RunRecorderTest, ARunThatGoesOnIsReadOnlyOnce) {
  const auto recorder = Open();
  ASSERT_TRUE(recorder->Stop(At(100), Content()).ok());
  files_.reads.clear();
  EXPECT_FALSE(IsFinished(files_, run_, Config()));
  for (const std::string& path : files_.reads) {
    EXPECT_FALSE(absl::EndsWith(path, ".safetensors")) << path;
  }
  ASSERT_TRUE(recorder->Finish(At(200), PolicyAt(200, 2), Content()).ok());
  EXPECT_TRUE(IsFinished(files_, run_, Config()));
}

TEST_F(RunRecorderTest, ADamagedEndIsNoEnd) {
  {
    const auto recorder = Open();
    ASSERT_TRUE(recorder->Finish(At(200), PolicyAt(200, 2), Content()).ok());
  }
  const std::string path =
      JoinPath(run_, "checkpoints/step-000000000200/networks.safetensors");
  std::string bytes = files_.Read(path).value();
  bytes.back() ^= 1;
  ASSERT_TRUE(WriteFileAtomically(files_, path, bytes).ok());
  EXPECT_FALSE(IsFinished(files_, run_, Config()));
}

TEST(Crossed, CountsTheMultiplesAfterTheFirst) {
  EXPECT_TRUE(Crossed(100, 99, 100));
  EXPECT_FALSE(Crossed(100, 100, 199));
  EXPECT_TRUE(Crossed(100, 100, 350));
  EXPECT_FALSE(Crossed(0, 0, 1000));
}

}  // namespace
}  // namespace softfleet
