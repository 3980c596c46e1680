// SPDX-License-Identifier: Apache-2.0
// Actors and a learner behind a network that cuts and delays at random: what
// was acknowledged is stored, what is stored was sent, nothing is stored
// twice, each session's order is kept, and after Bye everything is there.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/log.h"
#include "core/philox.h"
#include "tests/replay_server/testing.h"
#include "tests/testing/tcp_proxy.h"
#include "transport/channel.h"
#include "transport/insert_client.h"
#include "transport/shard_link.h"

namespace softfleet {
namespace {

using testing::Attach;
using testing::History;
using testing::RawInsert;
using testing::TcpProxy;
using testing::TestAttach;
using testing::TestBatch;
using testing::TestBlock;
using testing::TestHello;
using testing::TestShard;

constexpr absl::Duration kLong = absl::Seconds(60);

class FaultTest : public ::testing::TestWithParam<uint64_t> {
 protected:
  FaultTest() {
    SetLogLevel(LogLevel::kError);
    std::printf("seed %llu\n", static_cast<unsigned long long>(GetParam()));
  }
  ~FaultTest() override { SetLogLevel(LogLevel::kInfo); }

  TcpProxy::Options BadNetwork(uint64_t mean_bytes) const {
    return {.seed = GetParam(),
            .mean_bytes = mean_bytes,
            .max_delay = absl::Milliseconds(3)};
  }
  static std::shared_ptr<grpc::Channel> Through(const TcpProxy& proxy) {
    return MakeChannel(proxy.address(), {}).value();
  }
};

// So that what is on the way at a time has a chance to arrive.
v1::AttachRequest SmallSlack() {
  v1::AttachRequest request = TestAttach();
  request.mutable_config()->mutable_replay()->set_slack(300);
  return request;
}

// An actor whose environment's blocks say which rows they are.
class Actor {
 public:
  Actor(const TcpProxy& proxy, uint64_t environment, uint64_t seed)
      : environment_(environment),
        random_(seed, Purpose::kTest, static_cast<uint32_t>(environment)) {
    InsertClient::Options options;
    options.run_id = TestAttach().run_id();
    options.schema = testing::TestSchema();
    options.client = "actor";
    options.pending_rows = 400;
    options.batch_rows = 50;
    client_ = InsertClient::Create(MakeChannel(proxy.address(), {}).value(),
                                   options, metrics_)
                  .value();
  }

  // On a thread of its own: `blocks` blocks, then Bye.
  void Start(int blocks) {
    thread_ = Thread("actor", [this, blocks] {
      for (int i = 0; i < blocks; ++i) AppendOne();
      end_ = client_->Finish(kLong);
    });
  }
  absl::Status Join() {
    thread_.Join();
    return end_;
  }

  uint64_t environment() const { return environment_; }
  const std::vector<StepBlock>& sent() const { return sent_; }
  uint64_t rows() const { return steps_; }
  InsertClient& client() { return *client_; }

 private:
  void AppendOne() {
    const auto rows = static_cast<int64_t>(1 + random_.NextBelow(40));
    sent_.push_back(TestBlock(environment_, steps_, rows));
    steps_ += static_cast<uint64_t>(rows);
    absl::Status appended = client_->Append(sent_.back());
    while (absl::IsResourceExhausted(appended) && client_->WaitForRoom(kLong)) {
      appended = client_->Append(sent_.back());
    }
    EXPECT_TRUE(appended.ok()) << appended;
  }

  const uint64_t environment_;
  Philox random_;
  MetricRegistry registry_;
  InsertMetrics metrics_{registry_};
  std::unique_ptr<InsertClient> client_;
  std::vector<StepBlock> sent_;
  uint64_t steps_ = 0;
  absl::Status end_;
  Thread thread_;
};

// Takes everything from a link and says how far it is.
class Learner {
 public:
  explicit Learner(const TcpProxy& proxy) {
    progress_ = testing::OpenProgress();
    progress_.set_slack(300);
    ShardLink::Options options;
    options.address = proxy.address();
    options.attach = SmallSlack();
    options.schema = testing::TestSchema();
    options.on_arrival = [this] {
      MutexLock lock(mutex_);
      ++arrivals_;
      changed_.NotifyAll();
    };
    link_ = std::make_unique<ShardLink>(
        MakeChannel(proxy.address(), {}).value(), std::move(options));
    link_->SetProgress(progress_);
    thread_ = Thread("learner", [this] { Run(); });
  }
  ~Learner() {
    {
      MutexLock lock(mutex_);
      stop_ = true;
    }
    changed_.NotifyAll();
    thread_.Join();
  }

  bool AwaitRows(uint64_t rows) {
    MutexLock lock(mutex_);
    return changed_.WaitFor(
        lock, kLong, [&]() SF_REQUIRES(mutex_) { return rows_ >= rows; });
  }
  std::vector<StepBlock> BlocksOf(uint64_t environment) {
    MutexLock lock(mutex_);
    std::vector<StepBlock> blocks;
    for (const StepBlock& block : blocks_) {
      if (block.environment == environment) blocks.push_back(block);
    }
    return blocks;
  }
  std::string Describe() {
    MutexLock lock(mutex_);
    return std::to_string(rows_) + " rows, " + link_->state().problem +
           (link_->connected() ? " connected" : " not connected");
  }
  uint64_t skipped() {
    MutexLock lock(mutex_);
    return skipped_;
  }

 private:
  void Run() {
    uint64_t seen = 0;
    while (true) {
      {
        MutexLock lock(mutex_);
        changed_.Wait(lock, [&]() SF_REQUIRES(mutex_) {
          return stop_ || arrivals_ > seen;
        });
        if (stop_) return;
        seen = arrivals_;
      }
      while (auto delivery = link_->Take()) Keep(*delivery);
      link_->SetProgress(progress_);
    }
  }
  void Keep(const ShardDelivery& delivery) {
    MutexLock lock(mutex_);
    skipped_ += delivery.skipped_rows;
    for (const ShardDelivery::Item& item : delivery.items) {
      rows_ += static_cast<uint64_t>(item.block.rows);
      blocks_.push_back(item.block);
    }
    changed_.NotifyAll();
  }

  v1::ProgressUpdate progress_;
  Mutex mutex_;
  Condition changed_;
  bool stop_ SF_GUARDED_BY(mutex_) = false;
  uint64_t arrivals_ SF_GUARDED_BY(mutex_) = 0;
  uint64_t rows_ SF_GUARDED_BY(mutex_) = 0;
  uint64_t skipped_ SF_GUARDED_BY(mutex_) = 0;
  std::vector<StepBlock> blocks_ SF_GUARDED_BY(mutex_);
  std::unique_ptr<ShardLink> link_;
  Thread thread_;
};

TEST_P(FaultTest, WhatActorsSentIsStoredOnceAndReadOnceAfterBye) {
  TestShard shard;
  ASSERT_TRUE(Attach(shard.Connect(), SmallSlack()).ok());
  History history(shard.Connect());
  ASSERT_TRUE(history.AwaitReply());
  TcpProxy proxy(shard.port(), BadNetwork(20'000));
  Learner learner(proxy);
  std::vector<std::unique_ptr<Actor>> actors;
  uint64_t rows = 0;
  for (uint64_t i = 0; i < 4; ++i) {
    actors.push_back(std::make_unique<Actor>(proxy, i + 1, GetParam()));
    actors.back()->Start(80);
  }
  for (const auto& actor : actors) {
    const absl::Status end = actor->Join();
    EXPECT_TRUE(end.ok()) << end;
    EXPECT_EQ(actor->client().counts().acknowledged, actor->rows());
    EXPECT_EQ(actor->client().counts().lost, 0u);
    rows += actor->rows();
  }
  EXPECT_GT(proxy.cuts(), 0u);
  ASSERT_TRUE(history.AwaitRows(rows));
  ASSERT_TRUE(learner.AwaitRows(rows)) << learner.Describe() << " of " << rows;
  EXPECT_EQ(history.rows(), rows);
  EXPECT_EQ(learner.skipped(), 0u);
  for (const auto& actor : actors) {
    EXPECT_EQ(history.BlocksOf(actor->environment()), actor->sent());
    EXPECT_EQ(learner.BlocksOf(actor->environment()), actor->sent());
  }
}

TEST_P(FaultTest, AShardThatRestartsLosesOnlyWhatItsClientsCount) {
  ReplayService::Options options;
  options.incarnation = 1;
  auto shard = std::make_unique<TestShard>(options);
  const int port = shard->port();
  ASSERT_TRUE(Attach(shard->Connect()).ok());
  auto first = std::make_unique<History>(shard->Connect());
  ASSERT_TRUE(first->AwaitReply());
  TcpProxy proxy(port, BadNetwork(40'000));
  std::vector<std::unique_ptr<Actor>> actors;
  for (uint64_t i = 0; i < 3; ++i) {
    actors.push_back(std::make_unique<Actor>(proxy, i + 1, GetParam()));
    actors.back()->Start(200);
  }
  ASSERT_TRUE(first->AwaitRows(2000));
  shard.reset();
  EXPECT_FALSE(first->End().ok());
  options.incarnation = 2;
  shard = std::make_unique<TestShard>(options, port);
  ASSERT_TRUE(Attach(shard->Connect()).ok());
  History second(shard->Connect());
  for (const auto& actor : actors) {
    const absl::Status end = actor->Join();
    EXPECT_TRUE(end.ok()) << end;
  }
  const uint64_t rows = testing::Info(shard->Connect()).rows_appended();
  ASSERT_TRUE(second.AwaitRows(rows));
  for (const auto& actor : actors) {
    // The first start has a beginning of what was sent, the second an end; they
    // overlap where an acknowledgement did not arrive.
    const std::vector<StepBlock>& sent = actor->sent();
    const std::vector<StepBlock> before = first->BlocksOf(actor->environment());
    const std::vector<StepBlock> after = second.BlocksOf(actor->environment());
    ASSERT_LE(before.size(), sent.size());
    ASSERT_LE(after.size(), sent.size());
    EXPECT_GE(before.size() + after.size(), sent.size());
    EXPECT_TRUE(std::equal(before.begin(), before.end(), sent.begin()));
    EXPECT_TRUE(std::equal(after.rbegin(), after.rend(), sent.rbegin()));
    uint64_t kept = 0;
    for (const StepBlock& block : after) {
      kept += static_cast<uint64_t>(block.rows);
    }
    const InsertClient::Counts counts = actor->client().counts();
    EXPECT_EQ(counts.lost, actor->rows() - kept);
    EXPECT_EQ(counts.pending, 0u);
  }
}

// A client by hand that repeats and reorders what it sends, as often as it is
// cut off; every stream may break anywhere.
TEST_P(FaultTest, AClientThatRepeatsItselfOnABadNetworkIsStoredOnce) {
  TestShard shard;
  ASSERT_TRUE(Attach(shard.Connect()).ok());
  History history(shard.Connect());
  ASSERT_TRUE(history.AwaitReply());
  TcpProxy proxy(shard.port(), BadNetwork(6'000));
  Philox random(GetParam(), Purpose::kTest, 99);
  constexpr uint64_t kBatches = 60;
  std::vector<StepBlock> sent;
  for (uint64_t i = 0; i < kBatches; ++i) {
    sent.push_back(TestBlock(1, 10 * i, 10));
  }
  uint64_t acknowledged = 0;
  for (int attempt = 0; acknowledged < kBatches && attempt < 1000; ++attempt) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    RawInsert insert(grpc::CreateCustomChannel(
        proxy.address(), grpc::InsecureChannelCredentials(), arguments));
    insert.Hello(TestHello("raw"));
    v1::InsertReply reply;
    if (!insert.Read(&reply)) continue;
    ASSERT_GE(reply.welcome().last_seq(), acknowledged);
    const uint64_t last = reply.welcome().last_seq();
    acknowledged = last;
    uint64_t seq = last + 1;
    for (int i = 0; i < 20 && seq <= kBatches; ++i) {
      const bool again = random.NextBelow(3) == 0;
      const uint64_t which = again ? 1 + random.NextBelow(seq) : seq++;
      if (which == seq) ++seq;
      if (!insert.Batch(TestBatch(which, {sent[which - 1]}))) break;
    }
    while (acknowledged + 1 < seq && insert.Read(&reply)) {
      ASSERT_GE(reply.acknowledgement().durable(), acknowledged);
      acknowledged = reply.acknowledgement().durable();
    }
  }
  EXPECT_EQ(acknowledged, kBatches);
  ASSERT_TRUE(history.AwaitRows(10 * kBatches));
  EXPECT_EQ(history.blocks(), sent);
}

#ifdef SOFTFLEET_LONG_TEST
INSTANTIATE_TEST_SUITE_P(LongSeeds, FaultTest,
                         ::testing::Range<uint64_t>(100, 140));
#else
INSTANTIATE_TEST_SUITE_P(Seeds, FaultTest, ::testing::Range<uint64_t>(1, 4));
#endif

}  // namespace
}  // namespace softfleet
