// SPDX-License-Identifier: Apache-2.0
// softfleet-evaluator as a process, beside a learner that a test speaks for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "evaluation/make_audit_record.h"
#include "evaluation/make_evaluator.h"
#include "run/config.h"
#include "tests/end_to_end/child_process.h"
#include "tests/evaluation/testing.h"
#include "tests/transport/scripted_learner.h"

namespace softfleet {
namespace {

using ::testing::HasSubstr;

constexpr char kRun[] = "run-7";
constexpr absl::Duration kPatience = absl::Seconds(20);

v1::RunConfig Config() {
  v1::RunConfig config;
  config.set_seed(6);
  config.mutable_environment()->set_name("Pendulum-v1");
  config.mutable_environment()->set_max_episode_steps(45);
  config.mutable_evaluation()->set_episodes(3);
  config.mutable_evaluation()->mutable_success()->set_return_at_least(-300);
  return WithDefaults(config);
}

Snapshot Policy(uint64_t version) {
  EnvironmentOptions environment;
  environment.name = "Pendulum-v1";
  Snapshot snapshot =
      testing::RandomSnapshot(testing::SpecOf(environment), version);
  snapshot.run_id = kRun;
  snapshot.version = version;
  snapshot.step = 100 * version;
  snapshot.updates = 10 * version;
  snapshot.environment = "Pendulum-v1";
  return snapshot;
}

// What this process finds out about it.
AuditRecord Evaluated(const v1::RunConfig& config, const Snapshot& snapshot) {
  const auto evaluator = MakeEvaluator(config, "", "");
  EXPECT_TRUE(evaluator.ok()) << evaluator.status();
  const auto result =
      (*evaluator)->Evaluate(std::make_shared<const Snapshot>(snapshot));
  EXPECT_TRUE(result.ok()) << result.status();
  return MakeAuditRecord(*result, snapshot, ConfigHash(config));
}

class EvaluatorProgramTest : public ::testing::Test {
 protected:
  EvaluatorProgramTest() { Welcome(Config()); }

  void Welcome(const v1::RunConfig& config, const std::string& panel = "") {
    v1::JoinReply welcome;
    welcome.set_run_id(kRun);
    *welcome.mutable_config() = config;
    welcome.set_panel_text(panel);
    welcome.set_panel_source("panels/p.textproto");
    learner_->SetWelcome(welcome);
  }

  std::unique_ptr<ChildProcess> Start() {
    return std::make_unique<ChildProcess>(
        std::vector<std::string>{
            absl::StrCat(SOFTFLEET_BINARY_DIR, "/bin/softfleet-evaluator"),
            "--learner", learner_->address()},
        SOFTFLEET_SOURCE_DIR);
  }

  std::unique_ptr<ScriptedLearner> learner_ =
      std::make_unique<ScriptedLearner>();
};

TEST_F(EvaluatorProgramTest, ReportsEveryPolicyItIsGivenAndEndsWithTheRun) {
  const auto evaluator = Start();
  for (const uint64_t version : {3, 8}) {
    learner_->Give(WholeSnapshot(Policy(version)));
    ASSERT_TRUE(evaluator->WaitFor(absl::StrCat("step ", 100 * version)));
  }
  learner_->Give(Unchanged(v1::RUN_PHASE_FINISHED));
  EXPECT_EQ(evaluator->Wait(kPatience), 0) << evaluator->err();
  EXPECT_THAT(evaluator->err(), HasSubstr("run-7 is finished"));
  EXPECT_EQ(learner_->joins().at(0).role(), v1::ROLE_EVALUATOR);
  for (const auto& question : learner_->questions()) {
    EXPECT_TRUE(question.for_evaluation());
  }
  const auto reports = learner_->reports();
  ASSERT_EQ(reports.size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    const uint64_t version = i == 0 ? 3 : 8;
    EXPECT_EQ(reports[i].run_id(), kRun);
    EXPECT_EQ(reports[i].version(), version);
    EXPECT_GT(reports[i].seconds(), 0);
    const auto records = ParseAuditJson(reports[i].audit_json(), "report");
    ASSERT_TRUE(records.ok()) << records.status();
    EXPECT_EQ(*records,
              std::vector<AuditRecord>{Evaluated(Config(), Policy(version))});
  }
}

// A policy that is there when the run is finished is still evaluated.
TEST_F(EvaluatorProgramTest, TheLastPolicyComesWithTheRunsEnd) {
  learner_->Give(WholeSnapshot(Policy(3), v1::RUN_PHASE_FINISHED));
  const auto evaluator = Start();
  EXPECT_EQ(evaluator->Wait(kPatience), 0) << evaluator->err();
  EXPECT_EQ(learner_->reports().size(), 1u);
}

TEST_F(EvaluatorProgramTest, AReportIsTriedAgainWhileTheLearnerIsAway) {
  const auto evaluator = Start();
  ASSERT_TRUE(evaluator->WaitFor("joined run"));
  const grpc::Status away(grpc::StatusCode::UNAVAILABLE, "loading");
  learner_->FailNext(away);
  learner_->FailNext(away);
  learner_->Give(WholeSnapshot(Policy(3)));
  ASSERT_TRUE(evaluator->WaitFor("step 300"));
  EXPECT_THAT(evaluator->err(),
              HasSubstr("the report waits for the learner: loading"));
  const auto reports = learner_->reports();
  ASSERT_EQ(reports.size(), 3u);
  EXPECT_EQ(reports[0].audit_json(), reports[2].audit_json());
}

TEST_F(EvaluatorProgramTest, ARefusedReportEndsItAndSaysWhy) {
  const auto evaluator = Start();
  ASSERT_TRUE(evaluator->WaitFor("joined run"));
  learner_->FailNext(grpc::Status(grpc::StatusCode::FAILED_PRECONDITION,
                                  "another configuration"));
  learner_->Give(WholeSnapshot(Policy(3)));
  EXPECT_EQ(evaluator->Wait(kPatience), 2);
  EXPECT_THAT(evaluator->err(), HasSubstr("another configuration"));
}

TEST_F(EvaluatorProgramTest, AFailedRunEndsItWithAnError) {
  learner_->Give(Unchanged(v1::RUN_PHASE_FAILED));
  const auto evaluator = Start();
  EXPECT_EQ(evaluator->Wait(kPatience), 1);
  EXPECT_THAT(evaluator->err(), HasSubstr("run run-7 has failed"));
}

TEST_F(EvaluatorProgramTest, ALearnerOfAnotherRunEndsItAndSaysSo) {
  Snapshot other = Policy(3);
  other.run_id = "run-8";
  learner_->Give(WholeSnapshot(other));
  const auto evaluator = Start();
  EXPECT_EQ(evaluator->Wait(kPatience), 2);
  EXPECT_THAT(evaluator->err(), HasSubstr("run-8"));
}

TEST_F(EvaluatorProgramTest, AWrongPanelIsAnErrorWithItsPlace) {
  v1::RunConfig config = Config();
  config.mutable_evaluation()->set_panel("panels/p.textproto");
  Welcome(config, "environment: 3\n");
  const auto evaluator = Start();
  EXPECT_EQ(evaluator->Wait(kPatience), 2);
  EXPECT_THAT(evaluator->err(), HasSubstr("panels/p.textproto:1:"));
}

// Waiting for the learner, for a policy, in the middle of an evaluation that
// would take minutes, and with a report that nobody takes.
TEST_F(EvaluatorProgramTest, AStopSignalEndsItAtOnceWhateverItDoes) {
  const auto expect_prompt_end = [](ChildProcess& evaluator) {
    const absl::Time begin = absl::Now();
    evaluator.Signal(SIGTERM);
    EXPECT_EQ(evaluator.Wait(kPatience), 0) << evaluator.err();
    EXPECT_LT(absl::Now() - begin, absl::Seconds(5));
  };
  {
    const auto evaluator = Start();
    ASSERT_TRUE(evaluator->WaitFor("joined run"));
    expect_prompt_end(*evaluator);
  }
  {
    const auto evaluator = Start();
    ASSERT_TRUE(evaluator->WaitFor("joined run"));
    for (int i = 0; i < 100; ++i) {
      learner_->FailNext(grpc::Status(grpc::StatusCode::UNAVAILABLE, "no"));
    }
    learner_->Give(WholeSnapshot(Policy(3)));
    ASSERT_TRUE(evaluator->WaitFor("the report waits"));
    expect_prompt_end(*evaluator);
  }
  {
    learner_ = std::make_unique<ScriptedLearner>();
    v1::RunConfig config = Config();
    config.mutable_environment()->set_max_episode_steps(0);
    config.mutable_evaluation()->set_episodes(100000);
    Welcome(config);
    learner_->Give(WholeSnapshot(Policy(3)));
    const auto evaluator = Start();
    ASSERT_TRUE(evaluator->WaitFor("joined run"));
    learner_->WaitUntilAllIsTaken();
    expect_prompt_end(*evaluator);
    EXPECT_TRUE(learner_->reports().empty());
  }
  {
    const std::string address = learner_->address();
    learner_.reset();
    ChildProcess evaluator(
        {absl::StrCat(SOFTFLEET_BINARY_DIR, "/bin/softfleet-evaluator"),
         "--learner", address},
        SOFTFLEET_SOURCE_DIR);
    ASSERT_TRUE(evaluator.WaitFor("waiting for the learner"));
    expect_prompt_end(evaluator);
  }
}

}  // namespace
}  // namespace softfleet
