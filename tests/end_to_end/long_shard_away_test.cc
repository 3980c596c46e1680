// SPDX-License-Identifier: Apache-2.0
// A shard that hangs, that never comes, that goes for good, that has no
// actors: none of them keeps a run from its end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/file_system.h"
#include "tests/core/test_directory.h"
#include "tests/end_to_end/actor_accounts.h"
#include "tests/end_to_end/cluster_metrics.h"
#include "tests/end_to_end/cluster_program.h"

namespace softfleet {
namespace {

using testing::HasSubstr;

constexpr int64_t kWarmup = 50;  // of the short configuration
constexpr absl::Duration kPatience = absl::Seconds(60);

// Actors step in real time, so that a run lasts long enough to be disturbed,
// however fast the learner is.
std::vector<std::string> Settings(int64_t total_steps) {
  return {absl::StrCat("total_steps=", total_steps), "replay.slack=64",
          "actor.block_rows=8", "actor.pending_rows=16",
          "actor.control_period_seconds=0.002"};
}

class LongShardAwayTest : public testing::Test {
 protected:
  // Programs started by hand, with nobody to start them again.
  using Program = std::unique_ptr<ChildProcess>;

  Program StartShard(const std::string& name,
                     const std::string& listen = "127.0.0.1:0") {
    Program shard =
        StartProgram("softfleet-replay-server",
                     {"--listen", listen, "--data_dir", directory_ / name});
    EXPECT_TRUE(shard->WaitFor(" listens on ")) << shard->err();
    return shard;
  }
  Program StartLearner(const std::string& shards, int64_t total_steps) {
    std::vector<std::string> arguments = {"--listen", "127.0.0.1:0", "--config",
                                          config_,    "--run_dir",   run_,
                                          "--shards", shards};
    for (const std::string& assignment : Settings(total_steps)) {
      arguments.insert(arguments.end(), {"--set", assignment});
    }
    Program learner = StartProgram("softfleet-learner", arguments);
    EXPECT_TRUE(learner->WaitFor(" listens on ")) << learner->err();
    return learner;
  }
  Program StartMember(const std::string& program) {
    Program member =
        StartProgram(program, {"--learner", Endpoint(run_, "listen")});
    EXPECT_TRUE(member->WaitFor("joined run")) << member->err();
    return member;
  }
  static std::string Endpoint(const std::string& directory, const char* name) {
    const auto text =
        RealFileSystem().Read(JoinPath(directory, "endpoints.json"));
    EXPECT_TRUE(text.ok()) << text.status();
    return nlohmann::json::parse(text.value_or("{}")).value(name, "");
  }
  std::string AddressOf(const std::string& shard) {
    return Endpoint(directory_ / shard, "listen");
  }
  double RowsIn(const std::string& shard) {
    const auto values = Scrape(Endpoint(directory_ / shard, "metrics"));
    EXPECT_TRUE(values.has_value()) << shard;
    return Value(values.value_or(MetricValues{}),
                 "sac_replay_inserted_rows_total");
  }
  // Until the learner has received so many rows.
  void AwaitSteps(ChildProcess& running, const std::string& learner,
                  double steps) {
    const absl::Time end = absl::Now() + kPatience;
    while (!running.Ended(absl::Milliseconds(20))) {
      ASSERT_LT(absl::Now(), end) << "no step " << steps << running.err();
      const auto values = Scrape(learner);
      if (values.has_value() &&
          Value(*values, "sac_learner_run_steps") >= steps) {
        return;
      }
    }
    FAIL() << running.err();
  }

  // Reads what they say until they end; nothing is left, nothing lost.
  int64_t ExpectActorsEnd(const std::vector<Program>& actors) {
    int64_t acknowledged = 0;
    for (const Program& actor : actors) {
      EXPECT_EQ(actor->Wait(), 0) << actor->err();
      const auto accounts = ParseActorAccounts(actor->err());
      EXPECT_EQ(accounts.size(), 1u) << actor->err();
      for (const ActorAccounts& account : accounts) {
        ExpectSound(account);
        EXPECT_EQ(account.lost, 0) << account.line;
        EXPECT_EQ(account.left, 0) << account.line;
        acknowledged += account.acknowledged;
      }
    }
    return acknowledged;
  }

  const TestDirectory directory_;
  const std::string config_ = WriteShortConfig(directory_.path());
  const std::string run_ = directory_ / "run";
};

TEST_F(LongShardAwayTest, AShardThatIsNeverStartedBlocksNothing) {
  const Program here = StartShard("here");
  StartShard("never")->Signal(SIGKILL);  // its address, and nobody there
  const Program learner = StartLearner(
      absl::StrCat(AddressOf("never"), ",", AddressOf("here")), 2000);
  std::vector<Program> actors;
  for (int i = 0; i < 2; ++i) actors.push_back(StartMember("softfleet-actor"));
  const Program evaluator = StartMember("softfleet-evaluator");
  ASSERT_EQ(learner->Wait(), 0) << learner->err();
  ExpectFinishedRun(run_, config_, 2000, 1, kWarmup);
  EXPECT_EQ(evaluator->Wait(), 0) << evaluator->err();
  const auto acknowledged = static_cast<double>(ExpectActorsEnd(actors));
  EXPECT_EQ(RowsIn("here"), acknowledged);
  EXPECT_LE(static_cast<double>(AuditOf(run_).back().step), acknowledged);
}

TEST_F(LongShardAwayTest, AShardThatGoesForGoodTakesOnlyItsActorAlong) {
  const Program here = StartShard("here");
  const Program going = StartShard("going");
  const Program learner = StartLearner(
      absl::StrCat(AddressOf("going"), ",", AddressOf("here")), 4000);
  std::vector<Program> actors;
  for (int i = 0; i < 2; ++i) actors.push_back(StartMember("softfleet-actor"));
  const Program evaluator = StartMember("softfleet-evaluator");
  ASSERT_NO_FATAL_FAILURE(
      AwaitSteps(*learner, Endpoint(run_, "metrics"), 1000));
  EXPECT_GT(RowsIn("going"), 0);
  EXPECT_GT(RowsIn("here"), 0);
  going->Signal(SIGKILL);
  EXPECT_EQ(going->Wait(), 128 + SIGKILL);
  ASSERT_EQ(learner->Wait(), 0) << learner->err();
  ExpectFinishedRun(run_, config_, 4000, 1, kWarmup);
  EXPECT_EQ(evaluator->Wait(), 0) << evaluator->err();
  int without_shard = 0;
  for (const Program& actor : actors) {
    EXPECT_EQ(actor->Wait(), 0) << actor->err();
    const auto accounts = ParseActorAccounts(actor->err());
    ASSERT_EQ(accounts.size(), 1u) << actor->err();
    ExpectSound(accounts[0]);
    if (accounts[0].left == 0) {
      EXPECT_EQ(RowsIn("here"), static_cast<double>(accounts[0].acknowledged));
    } else {
      ++without_shard;
      EXPECT_THAT(actor->err(), HasSubstr("not acknowledged by the shard"));
    }
  }
  EXPECT_EQ(without_shard, 1);
}

TEST_F(LongShardAwayTest, AShardWithoutActorsBlocksNothing) {
  const Program full = StartShard("full");
  StartShard("empty")->Signal(SIGKILL);
  const std::string later = AddressOf("empty");
  const Program learner =
      StartLearner(absl::StrCat(later, ",", AddressOf("full")), 3000);
  std::vector<Program> actors;
  for (int i = 0; i < 2; ++i) actors.push_back(StartMember("softfleet-actor"));
  // Everybody has joined; now it comes, and nobody goes there.
  const Program empty = StartShard("empty", later);
  ASSERT_TRUE(empty->WaitFor("attached to run")) << empty->err();
  const Program evaluator = StartMember("softfleet-evaluator");
  ASSERT_EQ(learner->Wait(), 0) << learner->err();
  ExpectFinishedRun(run_, config_, 3000, 1, kWarmup);
  EXPECT_EQ(evaluator->Wait(), 0) << evaluator->err();
  EXPECT_EQ(RowsIn("full"), static_cast<double>(ExpectActorsEnd(actors)));
  EXPECT_EQ(RowsIn("empty"), 0);
}

// kill -STOP: its connections stay, and nothing comes from them.
TEST_F(LongShardAwayTest, AShardThatHangsHoldsUpOnlyItsOwnActors) {
  constexpr int64_t kSteps = 15000;
  const auto cluster =
      Start(ClusterArguments(config_, run_, 2, 3, Settings(kSteps)));
  ASSERT_TRUE(cluster->WaitFor("evaluation at step"))
      << cluster->err() << ClusterLogs(run_);
  const std::string learner = MetricsTargets(run_).at("learner");
  const auto shards =
      ChildrenRunning(cluster->pid(), "softfleet-replay-server");
  ASSERT_EQ(shards.size(), 2u);
  const auto before = Scrape(learner);
  ASSERT_TRUE(before.has_value());
  ::kill(shards[0], SIGSTOP);
  const absl::Time until = absl::Now() + absl::Seconds(3);
  ASSERT_NO_FATAL_FAILURE(AwaitSteps(
      *cluster, learner, Value(*before, "sac_learner_run_steps") + 1000));
  EXPECT_FALSE(cluster->Ended(until - absl::Now())) << cluster->err();
  ::kill(shards[0], SIGCONT);
  ASSERT_EQ(cluster->Wait(), 0) << cluster->err() << ClusterLogs(run_);
  ExpectFinishedRun(run_, config_, kSteps, 1, kWarmup);
  for (const ActorAccounts& actor : ParseActorAccounts(ClusterLogs(run_))) {
    ExpectSound(actor);
    EXPECT_EQ(actor.lost, 0) << actor.line;
    EXPECT_EQ(actor.left, 0) << actor.line;
  }
}

}  // namespace
}  // namespace softfleet
