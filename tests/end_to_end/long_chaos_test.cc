// SPDX-License-Identifier: Apache-2.0
// kill -9 of any of a cluster's processes at times drawn from a printed seed.
// The run comes to its end, and what is counted on the way fits together.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/file_system.h"
#include "core/philox.h"
#include "tests/core/test_directory.h"
#include "tests/end_to_end/actor_accounts.h"
#include "tests/end_to_end/cluster_metrics.h"
#include "tests/end_to_end/cluster_program.h"

namespace softfleet {
namespace {

constexpr int64_t kWarmup = 50;  // of the short configuration
constexpr int64_t kTotalSteps = 6000;
constexpr int kShards = 2, kActors = 3;
constexpr absl::Duration kPatience = absl::Seconds(90);

struct Kill {
  const char* program;
  double step;  // of the run; at once after the one before where it is lower
  absl::Duration delay;
};

// Six to ten, each kind of process among the first four.
std::vector<Kill> DrawKills(Philox& random) {
  std::vector<const char*> programs = {"softfleet-actor", "softfleet-evaluator",
                                       "softfleet-learner",
                                       "softfleet-replay-server"};
  std::vector<Kill> kills;
  const size_t count = 6 + random.NextBelow(5);
  std::vector<uint64_t> steps;
  for (size_t i = 0; i < count; ++i) steps.push_back(random.NextBelow(4500));
  std::sort(steps.begin(), steps.end());
  for (size_t i = 0; i < count; ++i) {
    const size_t first = i % programs.size();
    std::swap(programs[first],
              programs[first + random.NextBelow(programs.size() - first)]);
    kills.push_back({programs[first], static_cast<double>(steps[i]),
                     absl::Milliseconds(random.NextBelow(300))});
    // A third of them follow the one before whatever has become of it.
    if (i > 0 && random.NextBelow(3) == 0) kills.back().step = 0;
  }
  return kills;
}

class LongChaosTest : public testing::TestWithParam<uint64_t> {
 protected:
  LongChaosTest() : random_(GetParam(), Purpose::kTest) {}

  // A learner that answers, or nothing; versions never fall.
  std::optional<MetricValues> Learner() {
    auto learner = Scrape(targets_.at("learner"));
    if (!learner.has_value()) return learner;
    const double version = Value(*learner, "sac_learner_snapshot_version");
    if (version > 0) {  // one that has just started has none yet
      EXPECT_GE(version, version_);
    }
    version_ = std::max(version, version_);
    EXPECT_EQ(Value(*learner, "sac_rows_lost_total{reason=\"overtaken\"}"), 0);
    EXPECT_EQ(Value(*learner, "sac_learner_invalid_rows_total"), 0);
    return learner;
  }

  // Until the learner shows at least `value` of `metric`; nothing when the
  // cluster has ended.
  std::optional<MetricValues> Await(const std::string& metric, double value) {
    const absl::Time end = absl::Now() + kPatience;
    while (absl::Now() < end && !cluster_->Ended(absl::Milliseconds(20))) {
      auto learner = Learner();
      if (learner.has_value() && Value(*learner, metric) >= value) {
        return learner;
      }
    }
    EXPECT_LT(absl::Now(), end) << metric << " does not become " << value
                                << cluster_->err() << ClusterLogs(run_);
    return std::nullopt;
  }

  // What must hold at any time, for the processes that answer.
  void CheckRows() {
    double acknowledged = 0, inserted = 0;
    bool all_shards = true;
    for (int i = 0; i < kActors; ++i) {
      const auto actor = Scrape(targets_.at(absl::StrCat("actor-", i)));
      // One that has not joined yet has no session.
      if (!actor.has_value() || actor->count("sac_actor_steps_total") == 0) {
        continue;
      }
      acknowledged += Value(*actor, "sac_insert_acknowledged_rows_total");
      EXPECT_EQ(Value(*actor, "sac_rows_lost_total{reason=\"overflow\"}"), 0);
      EXPECT_EQ(Value(*actor, "sac_insert_rejected_rows_total"), 0);
      if (shard_killed_) continue;
      EXPECT_EQ(Value(*actor, "sac_rows_lost_total{reason=\"shard_restart\"}"),
                0);
    }
    for (int i = 0; i < kShards; ++i) {
      const auto shard = Scrape(targets_.at(absl::StrCat("replay-", i)));
      all_shards &= shard.has_value();
      if (!shard.has_value()) continue;
      inserted += Value(*shard, "sac_replay_inserted_rows_total");
      for (const char* reason : {"invalid", "malformed", "too_large"}) {
        EXPECT_EQ(Value(*shard,
                        absl::StrCat("sac_replay_rejected_rows_total{reason=\"",
                                     reason, "\"}")),
                  0);
      }
    }
    if (!shard_killed_ && all_shards) {
      EXPECT_LE(acknowledged, inserted);
    }
  }

  // Whether there was one to kill.
  bool KillOne(const std::string& program) {
    const auto running = ChildrenRunning(cluster_->pid(), program);
    if (running.empty()) return false;
    ::kill(running[random_.NextBelow(running.size())], SIGKILL);
    if (program == "softfleet-replay-server") shard_killed_ = true;
    return true;
  }

  // Where the learner's last start began.
  int64_t ResumedAt() {
    const auto log =
        RealFileSystem().Read(JoinPath(run_, "cluster/logs/learner.log"));
    EXPECT_TRUE(log.ok()) << log.status();
    const std::string before = "resumed at step ";
    const size_t found = log->rfind(before);
    if (found == std::string::npos) return 0;
    int64_t step = -1;
    const std::string rest = log->substr(found + before.size());
    EXPECT_TRUE(absl::SimpleAtoi(rest.substr(0, rest.find(' ')), &step));
    return step;
  }

  const TestDirectory directory_;
  const std::string config_ = WriteShortConfig(directory_.path());
  const std::string run_ = directory_ / "run";
  Philox random_;
  std::unique_ptr<ChildProcess> cluster_;
  std::map<std::string, std::string> targets_;
  double version_ = 0;
  bool shard_killed_ = false;
};

TEST_P(LongChaosTest, KillsAtRandomTimesCostNoRun) {
  std::printf("seed %llu\n", static_cast<unsigned long long>(GetParam()));
  cluster_ = Start(ClusterArguments(
      config_, run_, kShards, kActors,
      // In real time, so that the run lasts however fast the learner is.
      {absl::StrCat("total_steps=", kTotalSteps), "replay.slack=64",
       "actor.block_rows=8", "actor.pending_rows=16",
       "actor.control_period_seconds=0.004"}));
  ASSERT_TRUE(cluster_->WaitFor("evaluation at step"))
      << cluster_->err() << ClusterLogs(run_);
  targets_ = MetricsTargets(run_);
  int learner_kills = 0;
  for (const Kill& kill : DrawKills(random_)) {
    if (kill.step > 0) {
      ASSERT_TRUE(Await("sac_learner_run_steps", kill.step).has_value())
          << cluster_->err() << ClusterLogs(run_);
    }
    ASSERT_FALSE(cluster_->Ended(kill.delay)) << cluster_->err();
    CheckRows();
    const bool killed = KillOne(kill.program);
    std::printf("  %s from step %g, after %s%s\n", kill.program, kill.step,
                absl::FormatDuration(kill.delay).c_str(),
                killed ? "" : ": none runs");
    if (killed && kill.program == std::string("softfleet-learner")) {
      ++learner_kills;
    }
  }
  ASSERT_TRUE(Await("sac_learner_run_state{state=\"finished\"}", 1).has_value())
      << cluster_->err() << ClusterLogs(run_);
  const auto learner = Learner();  // nothing comes any more
  CheckRows();
  ASSERT_EQ(cluster_->Wait(), 0) << cluster_->err() << ClusterLogs(run_);
  ExpectFinishedRun(run_, config_, kTotalSteps, 1, kWarmup, learner_kills);

  const auto steps = static_cast<double>(AuditOf(run_).back().step);
  ASSERT_TRUE(learner.has_value());
  EXPECT_EQ(Value(*learner, "sac_learner_run_steps"), steps);
  EXPECT_EQ(Value(*learner, "sac_learner_received_rows_total") +
                static_cast<double>(ResumedAt()),
            steps);
  const std::string logs = ClusterLogs(run_);
  const std::vector<ActorAccounts> accounts = ParseActorAccounts(logs);
  EXPECT_GE(accounts.size(), 1u) << logs;
  for (const ActorAccounts& actor : accounts) ExpectSound(actor);
  if (HasFailure()) std::printf("%s", logs.c_str());
}

INSTANTIATE_TEST_SUITE_P(Seeds, LongChaosTest, testing::Values(1, 2, 3, 4));

}  // namespace
}  // namespace softfleet
