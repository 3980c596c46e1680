// SPDX-License-Identifier: Apache-2.0
// What the processes of a running cluster serve at /metrics is what
// docs/metrics.md lists, and the numbers fit each other.
#include "tests/end_to_end/cluster_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/file_system.h"
#include "tests/core/test_directory.h"
#include "tests/end_to_end/cluster_program.h"

namespace softfleet {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr absl::Duration kPatience = absl::Seconds(60);
constexpr int kShards = 2, kSlack = 16, kBatchRows = 20, kWarmup = 50;
// Pacing lets so many rows be ahead of the updates that they earn: the slack,
// and at each shard a slack and a batch more.
constexpr int kRowsAhead = kSlack + kShards * (kSlack + kBatchRows);

// "actor-0" → "softfleet-actor".
std::string ProgramOf(const std::string& process) {
  const std::string role = process.substr(0, process.rfind('-'));
  return absl::StrCat("softfleet-", role == "replay" ? "replay-server" : role);
}

std::set<std::string> Without(std::set<std::string> names,
                              const std::set<std::string>& others) {
  for (const std::string& other : others) names.erase(other);
  return names;
}

class ClusterMetricsTest : public testing::Test {
 protected:
  // Scrapes `address`, which comes up in time, until `enough` says so.
  MetricValues Await(ChildProcess& cluster, const std::string& address,
                     const std::function<bool(const MetricValues&)>& enough) {
    const absl::Time end = absl::Now() + kPatience;
    while (absl::Now() < end && !cluster.Ended(absl::Milliseconds(20))) {
      const auto values = Scrape(address);
      if (values.has_value() && enough(*values)) return *values;
    }
    ADD_FAILURE() << address << " does not get there\n"
                  << cluster.err() << ClusterLogs(run_);
    return {};
  }

  // A run in one process, far from its end, that serves its numbers.
  std::unique_ptr<ChildProcess> StartTraining(std::vector<std::string> set) {
    set.push_back("total_steps=1000000");
    std::vector<std::string> arguments = Train(config_, run_, set);
    arguments.insert(arguments.end(), {"--metrics_listen", "127.0.0.1:0"});
    auto train = Start(arguments);
    EXPECT_TRUE(train->WaitFor("/metrics")) << train->err();
    return train;
  }

  // Where it does so, by what it has said.
  static std::string AddressOf(const ChildProcess& train) {
    const std::string before = "metrics at http://";
    const size_t begin = train.err().find(before);
    if (begin == std::string::npos) return "";
    const size_t address = begin + before.size();
    return train.err().substr(address,
                              train.err().find("/metrics", begin) - address);
  }

  const TestDirectory directory_;
  const std::string config_ = WriteShortConfig(directory_.path());
  const std::string run_ = directory_ / "run";
};

// Whether the series' value is at least `least`.
std::function<bool(const MetricValues&)> Reached(const std::string& name,
                                                 double least) {
  return [name, least](const MetricValues& values) {
    const auto found = values.find(name);
    return found != values.end() && found->second >= least;
  };
}

TEST_F(ClusterMetricsTest, EveryProcessServesWhatThePageListsAndItAddsUp) {
  const auto cluster = Start(ClusterArguments(
      config_, run_, kShards, 3,
      {"total_steps=1000000", absl::StrCat("replay.slack=", kSlack),
       absl::StrCat("actor.pending_rows=", kBatchRows),
       // Whole blocks only, ten to an episode: shorter ones would cost a shard
       // rows, and it is to hold exactly its part of the capacity.
       "actor.block_rows=10", "actor.block_seconds=10",
       "checkpoint_interval=100000"}));
  ASSERT_TRUE(cluster->WaitFor("evaluation at step"))
      << cluster->err() << ClusterLogs(run_);
  const auto targets = MetricsTargets(run_);
  ASSERT_EQ(targets.size(), 2u + 1 + 3 + 1);
  auto documented = DocumentedNames();
  ASSERT_EQ(documented.size(), 5u);
  for (const auto& [process, address] : targets) {
    SCOPED_TRACE(process);
    const MetricValues values =
        Await(*cluster, address, Reached("sac_process_healthy", 1));
    std::set<std::string> listed = documented["every program"];
    listed.merge(std::set<std::string>(documented[ProgramOf(process)]));
    const std::set<std::string> served = Names(values);
    EXPECT_THAT(Without(served, listed), IsEmpty()) << "not on the page";
    EXPECT_THAT(Without(listed, served), IsEmpty()) << "not served";
    std::vector<std::string> builds;
    for (const auto& [series, value] : values) {
      if (absl::StartsWith(series, "sac_build_info")) builds.push_back(series);
    }
    EXPECT_THAT(builds, ElementsAre(testing::HasSubstr(absl::StrCat(
                            "program=\"", ProgramOf(process), "\""))));
    EXPECT_GT(Value(values, "sac_process_resident_bytes"), 1 << 20);
  }

  // Shards report their sessions once a second or so.
  Await(*cluster, targets.at("learner"), Reached("sac_learner_sessions", 3));
  const MetricValues learner = Await(*cluster, targets.at("learner"),
                                     Reached("sac_learner_run_steps", 5000));
  EXPECT_EQ(Value(learner, "sac_learner_shards"), 2);
  EXPECT_EQ(Value(learner, "sac_learner_shards_attached"), 2);
  EXPECT_EQ(Value(learner, "sac_learner_sessions"), 3);
  EXPECT_EQ(Value(learner, "sac_learner_total_steps"), 1000000);
  EXPECT_EQ(Value(learner, "sac_learner_target_entropy"), -1);
  EXPECT_EQ(Value(learner, "sac_learner_run_state{state=\"running\"}"), 1);
  EXPECT_EQ(Value(learner, "sac_learner_updates_per_step_target"), 1);
  const double per_step = Value(learner, "sac_learner_updates_per_step");
  EXPECT_LE(per_step, 1);
  EXPECT_GE(per_step, 1 - kRowsAhead / (5000.0 - kWarmup));
  EXPECT_EQ(Value(learner, "sac_learner_mirror_rows"), 1000);

  // Asked later, further on: learner, then shards; actors, then shards.
  double acknowledged = 0, taken = 0, lost = 0;
  for (const auto& [process, address] : targets) {
    if (ProgramOf(process) != "softfleet-actor") continue;
    const auto actor = Scrape(address);
    ASSERT_TRUE(actor.has_value()) << process;
    acknowledged += Value(*actor, "sac_insert_acknowledged_rows_total");
    taken += Value(*actor, "sac_actor_steps_total");
    lost += Value(*actor, "sac_rows_lost_total{reason=\"shard_restart\"}") +
            Value(*actor, "sac_rows_lost_total{reason=\"overflow\"}") +
            Value(*actor, "sac_insert_rejected_rows_total");
  }
  double inserted = 0, followed = 0, sessions = 0, stored_twice = 0;
  for (const char* process : {"replay-0", "replay-1"}) {
    const auto shard = Scrape(targets.at(process));
    ASSERT_TRUE(shard.has_value()) << process;
    inserted += Value(*shard, "sac_replay_inserted_rows_total");
    followed += Value(*shard, "sac_replay_followed_rows_total");
    sessions += Value(*shard, "sac_replay_sessions");
    stored_twice += Value(*shard, "sac_replay_duplicate_rows_total");
    EXPECT_EQ(Value(*shard, "sac_replay_attached"), 1);
    EXPECT_EQ(Value(*shard, "sac_replay_followers"), 1);
    EXPECT_EQ(Value(*shard, "sac_replay_rows"), 500);
    EXPECT_EQ(Value(*shard, "sac_replay_capacity_rows"), 500);
  }
  EXPECT_EQ(lost, 0);
  EXPECT_EQ(stored_twice, 0);
  EXPECT_EQ(sessions, 3);
  EXPECT_LE(acknowledged, taken);
  EXPECT_LE(acknowledged, inserted);
  const double received = Value(learner, "sac_learner_received_rows_total");
  EXPECT_GE(received, Value(learner, "sac_learner_run_steps"));
  EXPECT_LE(received, inserted);
  EXPECT_LE(received, followed);

  cluster->Signal(SIGTERM);
  EXPECT_EQ(cluster->Wait(), 0) << cluster->err() << ClusterLogs(run_);
}

TEST_F(ClusterMetricsTest, TrainServesTheLearnersNumbersWhereItIsAskedTo) {
  const auto train = StartTraining({});
  ASSERT_TRUE(train->WaitFor("evaluation at step")) << train->err();
  const MetricValues values = Await(*train, AddressOf(*train),
                                    Reached("sac_learner_updates_total", 1000));
  EXPECT_EQ(Value(values, "sac_process_healthy"), 1);
  EXPECT_EQ(Value(values, "sac_learner_total_steps"), 1000000);
  EXPECT_GE(Value(values, "sac_learner_run_steps"), 1000);
  EXPECT_GE(Value(values, "sac_learner_run_updates"), 1000);
  // Lock-step: each row's update follows before the numbers are shown.
  EXPECT_EQ(Value(values, "sac_learner_updates_per_step"), 1);
  EXPECT_GE(Value(values, "sac_evaluation_step"), 500);
  EXPECT_LT(Value(values, "sac_evaluation_return_mean{mode=\"stochastic\"}"),
            0);
  auto documented = DocumentedNames();
  std::set<std::string> listed = documented["every program"];
  listed.merge(documented["softfleet-learner"]);
  listed.merge(documented["softfleet-evaluator"]);
  EXPECT_THAT(Without(Names(values), listed), IsEmpty()) << "not on the page";
  // Nothing is beside the updates that could wait, or be waited for.
  EXPECT_EQ(Names(values).count("sac_waiting_seconds_total"), 0u);
  train->Signal(SIGTERM);
  EXPECT_EQ(train->Wait(), 0) << train->err();
}

// Either side can be made the slow one: the other waits for it most of the
// time, and never longer than the clock goes.
TEST_F(ClusterMetricsTest, AnOverlappedRunServesWhoWaitsForWhom) {
  const std::string rows = "sac_waiting_seconds_total{reason=\"rows\"}";
  const std::string updates = "sac_waiting_seconds_total{reason=\"updates\"}";
  const struct {
    std::vector<std::string> slow;
    const std::string &most, &other;
  } cases[] = {
      {{"sac.actor_hidden=1024,1024", "learner.updates_per_step=0.001"},
       rows,
       updates},
      {{"learner.updates_per_step=128"}, updates, rows}};
  for (const auto& [slow, most, other] : cases) {
    SCOPED_TRACE(slow.front());
    ASSERT_TRUE(RealFileSystem().RemoveAll(run_).ok());
    std::vector<std::string> set = {"learner.schedule=overlapped",
                                    "evaluation.interval=1000000",
                                    "checkpoint_interval=1000000"};
    set.insert(set.end(), slow.begin(), slow.end());
    const auto train = StartTraining(set);
    const std::string address = AddressOf(*train);
    const MetricValues first = Await(*train, address, Reached(most, 0.01));
    const absl::Time began = absl::Now();
    const MetricValues last =
        Await(*train, address, Reached(most, Value(first, most) + 1));
    const double passed = absl::ToDoubleSeconds(absl::Now() - began);
    const double waited = Value(last, most) - Value(first, most);
    // A wait is counted when it is over, so that `first` may lack one.
    EXPECT_LT(waited, passed + 0.2);
    EXPECT_LT(Value(last, other) - Value(first, other), waited / 2);
    train->Signal(SIGTERM);
    EXPECT_EQ(train->Wait(), 0) << train->err();
  }
}

}  // namespace
}  // namespace softfleet
