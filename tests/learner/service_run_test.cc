// SPDX-License-Identifier: Apache-2.0
// The learner's process without its main: real shards, actors' and evaluators'
// clients, all over sockets.
#include "learner/service_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/thread.h"
#include "learner/learner_options.h"
#include "run/config.h"
#include "tests/core/test_directory.h"
#include "tests/learner/cluster_world.h"
#include "tests/replay_server/testing.h"
#include "transport/insert_client.h"
#include "transport/learner_client.h"

namespace softfleet {
namespace {

using testing::TestSchema;
using testing::TestShard;

constexpr absl::Duration kStep = absl::Milliseconds(20);

std::shared_ptr<grpc::Channel> Connect(const std::string& address) {
  const auto channel = MakeChannel(address, {});
  EXPECT_TRUE(channel.ok()) << channel.status();
  return *channel;
}

// Joins, inserts rows as fast as it may, leaves when the run is finished.
class Actor {
 public:
  explicit Actor(const std::string& learner)
      : learner_(learner), thread_("actor", [this] { Run(); }) {}
  ~Actor() { stop_ = true; }

  std::atomic<bool> finished = false;
  std::atomic<bool> versions_fell = false;

 private:
  void Run() {
    const auto channel = Connect(learner_);
    const auto joined =
        Join(channel, v1::ROLE_ACTOR, "actor", [this] { return stop_.load(); });
    if (!joined.ok()) return;
    InsertClient::Options options;
    options.run_id = joined->run_id();
    options.schema = TestSchema();
    options.pending_rows = 16;
    auto client =
        InsertClient::Create(Connect(joined->shard()), options, metrics_);
    ASSERT_TRUE(client.ok()) << client.status();
    ParameterClient policies(channel, {.run_id = joined->run_id()});
    uint64_t version = 0, step = 0;
    while (!stop_ && policies.phase() != RunState::kFinished) {
      const auto newest = policies.Latest(version);
      if (newest.ok() && *newest != nullptr) {
        if ((*newest)->version < version) versions_fell = true;
        version = (*newest)->version;
      }
      if (!(*client)->WaitForRoom(kStep)) continue;
      StepBlock block =
          testing::TestBlock(joined->first_environment(), step, 4);
      block.first_policy_version = block.last_policy_version = version;
      // Numbers that one can learn from.
      std::fill(block.rewards.begin(), block.rewards.end(), -1.f);
      for (auto& column : block.observations) {
        std::fill(column.begin(), column.end(), std::byte(0x3e));
      }
      if ((*client)->Append(block).ok()) step += 4;
    }
    if (stop_) return;
    EXPECT_TRUE((*client)->Finish(absl::Seconds(10)).ok());
    finished = true;
  }

  const std::string learner_;
  std::atomic<bool> stop_ = false;
  MetricRegistry registry_;
  InsertMetrics metrics_{registry_};
  Thread thread_;
};

// Reports whatever is to be evaluated, without evaluating it.
class Evaluator {
 public:
  Evaluator(const std::string& learner, const v1::RunConfig& config)
      : learner_(learner),
        hash_(ConfigHash(config)),
        thread_("evaluator", [this] { Run(); }) {}
  ~Evaluator() { stop_ = true; }

 private:
  void Run() {
    const auto channel = Connect(learner_);
    ParameterClient::Options options;
    options.for_evaluation = true;
    options.max_wait = absl::Seconds(1);
    ParameterClient requests(channel, options);
    uint64_t version = 0;
    while (!stop_) {
      const auto snapshot = requests.WaitForNewer(version, kStep);
      if (!snapshot.ok() || *snapshot == nullptr) continue;
      version = (*snapshot)->version;
      v1::ReportEvaluationRequest report;
      report.set_run_id((*snapshot)->run_id);
      report.set_version(version);
      AuditRecord record;
      record.run_id = (*snapshot)->run_id;
      record.step = (*snapshot)->step;
      record.updates = (*snapshot)->updates;
      record.version = version;
      record.config_hash = hash_;
      report.set_audit_json(FormatAuditJson({record}));
      while (!stop_ && !ReportEvaluation(channel, report).ok()) {
      }
    }
  }

  const std::string learner_;
  const std::string hash_;
  std::atomic<bool> stop_ = false;
  Thread thread_;
};

class ServiceRunTest : public ::testing::Test {
 protected:
  ServiceRunTest() : config_(ClusterConfig()), run_dir_(directory_ / "run") {}

  void Start(const std::string& listen = "127.0.0.1:0") {
    registry_ = std::make_unique<MetricRegistry>();
    ServiceRun::Options options;
    options.config = config_;
    options.learner = MakeLearnerOptions(config_, TestSchema(), {{-1}, {1}});
    options.run_dir = run_dir_;
    options.shards = {shards_[0]->address(), shards_[1]->address()};
    options.listen = listen;
    auto run = ServiceRun::Start(std::move(options), *registry_);
    ASSERT_TRUE(run.ok()) << run.status();
    run_ = *std::move(run);
    address_ = run_->address();
  }
  // Runs until `step` rows were received, or the end.
  absl::StatusOr<bool> RunUntil(int64_t step) {
    return run_->Run([this, step] { return run_->step() >= step; });
  }

  v1::RunConfig config_;
  TestDirectory directory_;
  std::string run_dir_;
  std::unique_ptr<TestShard> shards_[2] = {std::make_unique<TestShard>(),
                                           std::make_unique<TestShard>()};
  std::unique_ptr<MetricRegistry> registry_;
  std::unique_ptr<ServiceRun> run_;
  std::string address_;
};

constexpr int64_t kEnd = int64_t{1} << 40;

TEST_F(ServiceRunTest, ARunOverSocketsComesToItsEnd) {
  Start();
  Actor first(address_), second(address_);
  Evaluator evaluator(address_, config_);
  const auto finished = RunUntil(kEnd);
  ASSERT_TRUE(finished.ok()) << finished.status();
  EXPECT_TRUE(*finished);
  EXPECT_EQ(run_->step(), 600);
  run_->Linger([] { return false; }, absl::Seconds(10));
  EXPECT_TRUE(first.finished);
  EXPECT_TRUE(second.finished);
  const auto info = LearnerInfo(Connect(address_), absl::Seconds(5));
  ASSERT_TRUE(info.ok()) << info.status();
  EXPECT_EQ(info->phase(), v1::RUN_PHASE_FINISHED);
  EXPECT_EQ(info->step(), 600);
  EXPECT_EQ(info->updates(), 275);
  ASSERT_EQ(info->shards_size(), 2);
  // One session each.
  for (const v1::ShardInfo& shard : info->shards()) {
    EXPECT_TRUE(shard.attached());
    EXPECT_GT(shard.next_id(), 0);
    EXPECT_EQ(shard.live_sessions(), 0);
  }
  EXPECT_THAT(registry_->Text(),
              ::testing::HasSubstr("sac_learner_shards_attached 2"));
}

TEST_F(ServiceRunTest, ActorsAndEvaluatorsSurviveTheLearnersRestarts) {
  Start();
  Actor first(address_), second(address_);
  Evaluator evaluator(address_, config_);
  for (const int64_t step : {170, 330, 420}) {
    const auto finished = RunUntil(step);
    ASSERT_TRUE(finished.ok()) << finished.status();
    ASSERT_FALSE(*finished);
    run_.reset();
    Start(address_);
  }
  const auto finished = RunUntil(kEnd);
  ASSERT_TRUE(finished.ok()) << finished.status();
  EXPECT_EQ(run_->step(), 600);
  run_->Linger([] { return false; }, absl::Seconds(10));
  EXPECT_TRUE(first.finished && second.finished);
  EXPECT_FALSE(first.versions_fell || second.versions_fell);
}

TEST_F(ServiceRunTest, AShardThatRestartsCostsItsRowsAndNothingElse) {
  Start();
  Actor first(address_), second(address_);
  Evaluator evaluator(address_, config_);
  ASSERT_TRUE(RunUntil(200).ok());
  const int port = shards_[1]->port();
  shards_[1].reset();
  // Goes on without it: its actor waits, the other does not.
  ASSERT_TRUE(RunUntil(300).ok());
  ReplayService::Options options;
  options.incarnation = 2;
  shards_[1] = std::make_unique<TestShard>(options, port);
  const auto finished = RunUntil(kEnd);
  ASSERT_TRUE(finished.ok()) << finished.status();
  EXPECT_EQ(run_->step(), 600);
}

TEST_F(ServiceRunTest, AnAddressThatIsTakenIsNamed) {
  ServiceRun::Options options;
  options.config = config_;
  options.learner = MakeLearnerOptions(config_, TestSchema(), {{-1}, {1}});
  options.run_dir = run_dir_;
  options.shards = {shards_[0]->address()};
  options.listen = shards_[1]->address();
  MetricRegistry registry;
  const auto run = ServiceRun::Start(std::move(options), registry);
  EXPECT_THAT(run.status().message(),
              ::testing::HasSubstr(shards_[1]->address()));
}

}  // namespace
}  // namespace softfleet
