// SPDX-License-Identifier: Apache-2.0
// softfleet-actor as a process, between a learner and a shard that a test
// speaks for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/http_get.h"
#include "run/config.h"
#include "tests/actor/actor_fixture.h"
#include "tests/end_to_end/child_process.h"
#include "tests/transport/scripted_learner.h"
#include "tests/transport/scripted_shard.h"
#include "transport/codec.h"

namespace softfleet {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Seen = ScriptedShard::Seen;
using Script = ScriptedShard::Script;

constexpr char kRun[] = "run-7";
constexpr uint64_t kFirstEnvironment = 40;
constexpr absl::Duration kPatience = absl::Seconds(20);

std::string Waiting(const std::string& reason) {
  return absl::StrCat("sac_waiting_seconds_total{reason=\"", reason, "\"}");
}

std::unique_ptr<ChildProcess> StartActor(
    const std::string& learner, const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments = {
      absl::StrCat(SOFTFLEET_BINARY_DIR, "/bin/softfleet-actor"), "--learner",
      learner, "--name", "actor-under-test"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return std::make_unique<ChildProcess>(arguments, SOFTFLEET_SOURCE_DIR);
}

v1::RunConfig Config() {
  v1::RunConfig config;
  config.set_seed(6);
  config.mutable_environment()->set_name("Pendulum-v1");
  config.mutable_environment()->set_max_episode_steps(45);
  config.mutable_actor()->set_num_environments(2);
  config.mutable_actor()->set_block_rows(8);
  config.mutable_actor()->set_pending_rows(64);
  return WithDefaults(config);
}

ScriptedAnswer Policy(uint64_t version, bool act_uniformly = false,
                      const std::string& run_id = kRun) {
  Snapshot snapshot = *RandomPolicy("Pendulum-v1", version, act_uniformly);
  snapshot.run_id = run_id;
  snapshot.environment = "Pendulum-v1";
  snapshot.updates = version;
  return WholeSnapshot(snapshot);
}

class ActorProgramTest : public ::testing::Test {
 protected:
  ActorProgramTest() { Welcome(Config()); }

  void Welcome(const v1::RunConfig& config,
               v1::RunPhase phase = v1::RUN_PHASE_RUNNING) {
    v1::JoinReply welcome;
    welcome.set_run_id(kRun);
    *welcome.mutable_config() = config;
    welcome.set_phase(phase);
    welcome.set_shard(shard_->address());
    welcome.set_first_environment(kFirstEnvironment);
    learner_->SetWelcome(welcome);
  }

  bool WaitForRows(uint64_t rows) {
    return shard_->WaitUntil(
        [rows](const Seen& seen) { return seen.StoredRows() >= rows; });
  }

  // The rows of one environment, which must follow each other without a gap.
  std::vector<Row> StoredRows(uint64_t environment) {
    std::vector<StepBlock> blocks;
    const Schema schema = RandomPolicy("Pendulum-v1", 1)->schema;
    const Seen seen = shard_->seen();
    for (const std::string& session : seen.order) {
      for (const v1::StepBlock& block : seen.sessions.at(session).blocks) {
        blocks.push_back(*DecodeStepBlock(schema, block));
      }
    }
    return RowsOf(blocks, schema, environment);
  }

  // What the actor shows under this name and labels; NaN while it does not.
  double Metric(ChildProcess& actor, const std::string& name) {
    EXPECT_TRUE(actor.WaitFor("/metrics\n"));
    const std::string marker = "metrics at http://";
    const size_t begin = actor.err().find(marker) + marker.size();
    const size_t end = actor.err().find("/metrics", begin);
    const auto page = HttpGet(actor.err().substr(begin, end - begin),
                              "/metrics", absl::Seconds(5));
    EXPECT_TRUE(page.ok()) << page.status();
    const size_t line = page.ok() ? page->find(absl::StrCat("\n", name, " "))
                                  : std::string::npos;
    if (line == std::string::npos) return std::nan("");
    return std::stod(page->substr(line + 2 + name.size()));
  }
  bool WaitForMetric(ChildProcess& actor, const std::string& name,
                     double above = 0) {
    const absl::Time end = absl::Now() + kPatience;
    while (absl::Now() < end) {
      if (Metric(actor, name) > above) return true;
    }
    return false;
  }

  std::unique_ptr<ScriptedShard> shard_ = std::make_unique<ScriptedShard>();
  std::unique_ptr<ScriptedLearner> learner_ =
      std::make_unique<ScriptedLearner>();
};

TEST_F(ActorProgramTest, ActsUntilTheRunIsFinishedAndSendsEveryRow) {
  const auto actor = StartActor(learner_->address());
  learner_->Give(Policy(1, /*act_uniformly=*/true));
  ASSERT_TRUE(WaitForRows(200));
  learner_->Give(Policy(2));
  ASSERT_TRUE(shard_->WaitUntil([](const Seen& seen) {
    const auto& session = seen.sessions.begin()->second;
    return session.blocks.back().last_policy_version() == 2;
  }));
  learner_->Give(Unchanged(v1::RUN_PHASE_FINISHED, 9));
  EXPECT_EQ(actor->Wait(kPatience), 0) << actor->err();
  const Seen seen = shard_->seen();
  ASSERT_EQ(seen.sessions.size(), 1u);
  EXPECT_TRUE(seen.sessions.begin()->second.said_bye);
  EXPECT_EQ(seen.hellos.at(0).client(), "actor-under-test");
  EXPECT_EQ(seen.hellos.at(0).run_id(), kRun);
  EXPECT_THAT(actor->err(),
              HasSubstr(absl::StrCat(seen.StoredRows(), " steps, ",
                                     seen.StoredRows(), " rows acknowledged")));
  // Both environments took as many steps, and the rows are those of a loop in
  // this process.
  const std::vector<Row> rows = StoredRows(kFirstEnvironment);
  ASSERT_EQ(2 * rows.size(), seen.StoredRows());
  ActorOptions options = Options("Pendulum-v1", 2);
  options.first_environment = kFirstEnvironment;
  RecordedActor twin(options);
  twin.Run(40);
  ASSERT_TRUE(twin.loop->CutAllBlocks().ok());
  for (const uint64_t environment :
       {kFirstEnvironment, kFirstEnvironment + 1}) {
    const std::vector<Row> stored = StoredRows(environment);
    const std::vector<Row> expected =
        RowsOf(twin.sink.blocks, twin.loop->schema(), environment);
    ASSERT_GE(stored.size(), 40u);
    EXPECT_EQ(std::vector<Row>(stored.begin(), stored.begin() + 40), expected);
  }
}

TEST_F(ActorProgramTest, AFailedRunEndsItWithAnError) {
  const auto actor = StartActor(learner_->address());
  learner_->Give(Policy(1, true));
  ASSERT_TRUE(WaitForRows(10));
  learner_->Give(Unchanged(v1::RUN_PHASE_FAILED));
  EXPECT_EQ(actor->Wait(kPatience), 1);
  EXPECT_THAT(actor->err(), HasSubstr("run run-7 has failed"));
  EXPECT_TRUE(shard_->seen().sessions.begin()->second.said_bye);
}

TEST_F(ActorProgramTest, ARunThatIsFinishedAlreadyNeedsNoActor) {
  Welcome(Config(), v1::RUN_PHASE_FINISHED);
  const auto actor = StartActor(learner_->address());
  EXPECT_EQ(actor->Wait(kPatience), 0);
  EXPECT_TRUE(shard_->seen().hellos.empty());
}

TEST_F(ActorProgramTest, AStopSignalSendsWhatThereIsAndExitsCleanly) {
  const auto actor = StartActor(learner_->address());
  learner_->Give(Policy(1, true));
  ASSERT_TRUE(WaitForRows(50));
  actor->Signal(SIGTERM);
  EXPECT_EQ(actor->Wait(kPatience), 0) << actor->err();
  const Seen seen = shard_->seen();
  EXPECT_TRUE(seen.sessions.begin()->second.said_bye);
  EXPECT_THAT(actor->err(),
              HasSubstr(absl::StrCat("stopping: ", seen.StoredRows(),
                                     " steps, ", seen.StoredRows(), " rows")));
}

TEST_F(ActorProgramTest, AStopSignalWithoutAShardEndsWithinTheGracePeriod) {
  const auto actor = StartActor(learner_->address());
  learner_->Give(Policy(1, true));
  ASSERT_TRUE(WaitForRows(50));
  shard_.reset();
  ASSERT_TRUE(actor->WaitFor("no connection to the replay shard"));
  actor->Signal(SIGTERM);
  EXPECT_EQ(actor->Wait(absl::Seconds(9)), 0) << actor->err();
  EXPECT_THAT(actor->err(), HasSubstr("not acknowledged by the shard: "));
}

TEST_F(ActorProgramTest, WaitsForTheFirstPolicyAndCountsIt) {
  const auto actor = StartActor(learner_->address());
  learner_->WaitForQuestions(1);
  ASSERT_TRUE(actor->WaitFor("joined run"));
  ASSERT_TRUE(WaitForMetric(*actor, Waiting("first_policy")));
  EXPECT_EQ(Metric(*actor, "sac_actor_steps_total"), 0);
  actor->Signal(SIGTERM);
  EXPECT_EQ(actor->Wait(kPatience), 0) << actor->err();
  EXPECT_EQ(shard_->seen().StoredRows(), 0u);
}

TEST_F(ActorProgramTest, NoticesALearnerThatStartsLaterWithoutDelay) {
  const std::string address = learner_->address();
  learner_.reset();
  const auto actor = StartActor(address);
  ASSERT_TRUE(actor->WaitFor("waiting for the learner"));
  ASSERT_TRUE(WaitForMetric(*actor, Waiting("session"), 0.4));
  learner_ = std::make_unique<ScriptedLearner>(address);
  Welcome(Config());
  const absl::Time began = absl::Now();
  ASSERT_TRUE(actor->WaitFor("joined run"));
  EXPECT_LT(absl::Now() - began, absl::Seconds(3));
}

TEST_F(ActorProgramTest, GoesOnWithItsPolicyWhileTheLearnerIsAway) {
  const auto actor = StartActor(learner_->address());
  learner_->Give(Policy(5));
  ASSERT_TRUE(WaitForRows(50));
  const std::string address = learner_->address();
  learner_.reset();
  ASSERT_TRUE(actor->WaitFor("no new policy"));
  ASSERT_TRUE(WaitForRows(shard_->seen().StoredRows() + 200));
  // The learner comes back: the same environments go on under its policy.
  learner_ = std::make_unique<ScriptedLearner>(address);
  learner_->Give(Policy(6));
  ASSERT_TRUE(shard_->WaitUntil([](const Seen& seen) {
    return seen.sessions.begin()->second.blocks.back().last_policy_version() ==
           6;
  }));
  EXPECT_TRUE(learner_->joins().empty());
  learner_->Give(Unchanged(v1::RUN_PHASE_FINISHED));
  EXPECT_EQ(actor->Wait(kPatience), 0) << actor->err();
  EXPECT_EQ(2 * StoredRows(kFirstEnvironment).size(),
            shard_->seen().StoredRows());
}

TEST_F(ActorProgramTest, ALearnerOfAnotherRunEndsItAndSaysSo) {
  const auto actor = StartActor(learner_->address());
  learner_->Give(Policy(5));
  ASSERT_TRUE(WaitForRows(50));
  const std::string address = learner_->address();
  learner_.reset();
  learner_ = std::make_unique<ScriptedLearner>(address);
  learner_->Give(Policy(6, false, "run-8"));
  EXPECT_EQ(actor->Wait(kPatience), 2);
  EXPECT_THAT(actor->err(), HasSubstr("run-8"));
}

TEST_F(ActorProgramTest, AShardOfAnotherRunEndsItAndSaysSo) {
  shard_->Change([](Script& script) {
    script.refuse_hello =
        absl::FailedPreconditionError("this shard belongs to run run-1");
  });
  const auto actor = StartActor(learner_->address());
  learner_->Give(Policy(5));
  EXPECT_EQ(actor->Wait(kPatience), 2);
  EXPECT_THAT(actor->err(), HasSubstr("belongs to run run-1"));
}

TEST_F(ActorProgramTest, WaitsWhileTheShardTakesNothingAndLosesNoRow) {
  const auto actor = StartActor(learner_->address());
  learner_->Give(Policy(5));
  ASSERT_TRUE(WaitForRows(100));
  shard_->Change([](Script& script) {
    script.acknowledge = false;
    script.waiting_for = "slack";
  });
  ASSERT_TRUE(WaitForMetric(*actor, Waiting("buffer_full")));
  const double steps = Metric(*actor, "sac_actor_steps_total");
  EXPECT_EQ(Metric(*actor, "sac_actor_steps_total"), steps);
  shard_->Change([](Script& script) {
    script.acknowledge = true;
    script.waiting_for = "";
  });
  ASSERT_TRUE(WaitForRows(shard_->seen().StoredRows() + 100));
  learner_->Give(Unchanged(v1::RUN_PHASE_FINISHED));
  EXPECT_EQ(actor->Wait(kPatience), 0) << actor->err();
  EXPECT_EQ(2 * StoredRows(kFirstEnvironment).size(),
            shard_->seen().StoredRows());
}

TEST_F(ActorProgramTest, DropsWhatTheShardDoesNotTakeIfToldSo) {
  v1::RunConfig config = Config();
  config.mutable_actor()->set_overflow(v1::Overflow::drop);
  Welcome(config);
  const auto actor = StartActor(learner_->address());
  learner_->Give(Policy(5));
  ASSERT_TRUE(WaitForRows(100));
  shard_->Change([](Script& script) { script.acknowledge = false; });
  const std::string lost = "sac_rows_lost_total{reason=\"overflow\"}";
  ASSERT_TRUE(WaitForMetric(*actor, lost));
  shard_->Change([](Script& script) { script.acknowledge = true; });
  learner_->Give(Unchanged(v1::RUN_PHASE_FINISHED));
  EXPECT_EQ(actor->Wait(kPatience), 0) << actor->err();
}

// Its first row is old before the block is full.
TEST_F(ActorProgramTest, CutsBlocksByTime) {
  v1::RunConfig config = Config();
  config.mutable_actor()->set_block_rows(4096);
  config.mutable_actor()->set_pending_rows(8);
  config.mutable_actor()->set_block_seconds(0.002);
  config.mutable_environment()->set_max_episode_steps(0);
  Welcome(config);
  const auto actor = StartActor(learner_->address());
  learner_->Give(Policy(5));
  ASSERT_TRUE(WaitForRows(100));
  for (const auto& [id, session] : shard_->seen().sessions) {
    EXPECT_LT(session.blocks[0].rows(), 4096u);
  }
}

TEST_F(ActorProgramTest, IsHealthyFromJoiningOnAndItsProbeSaysSo) {
  learner_->FailNext(grpc::Status(grpc::StatusCode::UNAVAILABLE, "no shard"));
  int port = 0;
  { port = ScriptedShard().port(); }
  const std::string metrics = absl::StrCat("127.0.0.1:", port);
  const auto probe = [&metrics] {
    ChildProcess child(
        {absl::StrCat(SOFTFLEET_BINARY_DIR, "/bin/softfleet-actor"), "--probe",
         "--metrics_listen", metrics},
        SOFTFLEET_SOURCE_DIR);
    return child.Wait(kPatience);
  };
  EXPECT_EQ(probe(), 1);
  const auto actor =
      StartActor(learner_->address(), {"--metrics_listen", metrics});
  ASSERT_TRUE(actor->WaitFor("joined run"));
  ASSERT_TRUE(WaitForMetric(*actor, "sac_process_healthy"));
  EXPECT_EQ(probe(), 0);
  EXPECT_GE(learner_->joins().size(), 2u);
  EXPECT_EQ(learner_->joins().at(0).role(), v1::ROLE_ACTOR);
  EXPECT_EQ(learner_->joins().at(0).name(), "actor-under-test");
}

struct Finished {
  int exit_code;
  std::string out, err;
};
Finished RunToEnd(const std::vector<std::string>& arguments) {
  ChildProcess child(arguments, SOFTFLEET_SOURCE_DIR);
  const int code = child.Wait(kPatience);
  return {code, child.out(), child.err()};
}

TEST(ActorFlagsTest, MistakesAreNamedAndExitWithTwo) {
  const std::string program =
      absl::StrCat(SOFTFLEET_BINARY_DIR, "/bin/softfleet-actor");
  const Finished none = RunToEnd({program});
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_THAT(none.err, HasSubstr("--learner"));
  const Finished typo = RunToEnd({program, "--lerner", "127.0.0.1:1"});
  EXPECT_EQ(typo.exit_code, 2);
  EXPECT_THAT(typo.err, HasSubstr("did you mean \"--learner\""));
  const Finished far = RunToEnd({program, "--learner", "192.0.2.1:7200"});
  EXPECT_EQ(far.exit_code, 2);
  EXPECT_THAT(far.err, HasSubstr("--insecure"));
  const Finished help = RunToEnd({program, "--help"});
  EXPECT_EQ(help.exit_code, 0);
  for (const char* const flag :
       {"--learner", "--name", "--metrics_listen", "--tls_cert", "--tls_key",
        "--tls_ca", "--insecure", "--probe", "--version", "--log_level"}) {
    EXPECT_THAT(help.out, HasSubstr(flag));
  }
  const Finished version = RunToEnd({program, "--version"});
  EXPECT_EQ(version.exit_code, 0);
  EXPECT_THAT(version.out, HasSubstr("softfleet-actor "));
}

// What acts and what evaluates is small: images without LibTorch hold it.
TEST(ActorFlagsTest, ActingAndEvaluatingNeedNoLibTorch) {
  for (const char* const name : {"softfleet-actor", "softfleet-evaluator"}) {
    const Finished found = RunToEnd(
        {"/usr/bin/ldd", absl::StrCat(SOFTFLEET_BINARY_DIR, "/bin/", name)});
    ASSERT_EQ(found.exit_code, 0) << found.err;
    EXPECT_THAT(found.out, HasSubstr("libgrpc++"));
    EXPECT_THAT(found.out, Not(HasSubstr("libtorch")));
    EXPECT_THAT(found.out, Not(HasSubstr("libc10")));
  }
}

}  // namespace
}  // namespace softfleet
