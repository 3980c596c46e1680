// SPDX-License-Identifier: Apache-2.0
// The learner's process without its main: real shards, actors' and evaluators'
// clients, all over sockets.
#include "learner/service_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "learner/learner_options.h"
#include "tests/core/test_directory.h"
#include "tests/learner/cluster_clients.h"
#include "tests/learner/cluster_world.h"
#include "tests/replay_server/testing.h"
#include "transport/learner_client.h"

namespace softfleet {
namespace {

using testing::TestSchema;
using testing::TestShard;

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
  TestActor first(address_), second(address_);
  TestEvaluator evaluator(address_, config_);
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
  TestActor first(address_), second(address_);
  TestEvaluator evaluator(address_, config_);
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
  TestActor first(address_), second(address_);
  TestEvaluator evaluator(address_, config_);
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
