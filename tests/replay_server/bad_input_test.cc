// SPDX-License-Identifier: Apache-2.0
// Clients that do wrong, over real sockets. In each test a neighbour writes at
// the same time, and all its rows must be stored as it sent them.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "core/philox.h"
#include "tests/replay_server/testing.h"
#include "transport/channel.h"
#include "transport/codec.h"

namespace softfleet {
namespace {

using absl::StatusCode;
using testing::Attach;
using ::testing::HasSubstr;
using testing::History;
using testing::RawInsert;
using testing::RawProgress;
using testing::TestAttach;
using testing::TestBatch;
using testing::TestBlock;
using testing::TestHello;
using testing::TestShard;

// Writes blocks, one batch each, until it is told that it is enough.
class Neighbour {
 public:
  explicit Neighbour(const TestShard& shard)
      : insert_(shard.Connect()), thread_("neighbour", [this] { Run(); }) {}

  // What it sent, all of it acknowledged.
  std::vector<StepBlock> Finish() {
    {
      MutexLock lock(mutex_);
      enough_ = true;
    }
    thread_.Join();
    return sent_;
  }

  static constexpr uint64_t kEnvironment = 1000;

 private:
  void Run() {
    insert_.Begin(TestHello("neighbour"));
    uint64_t seq = 0;
    do {
      sent_.push_back(TestBlock(kEnvironment, 16 * seq, 16));
      insert_.Batch(TestBatch(++seq, {sent_.back()}));
      EXPECT_TRUE(insert_.AwaitAcknowledged(seq).empty());
    } while (!enough());
    insert_.Bye();
    const absl::Status end = insert_.End();
    EXPECT_TRUE(end.ok()) << end;
  }
  bool enough() {
    MutexLock lock(mutex_);
    return enough_;
  }

  RawInsert insert_;
  Mutex mutex_;
  bool enough_ SF_GUARDED_BY(mutex_) = false;
  std::vector<StepBlock> sent_;
  Thread thread_;
};

class BadInputTest : public ::testing::Test {
 protected:
  static constexpr uint64_t kEnvironment = 1;

  BadInputTest() {
    EXPECT_TRUE(Attach(shard_.Connect(), TestAttach(1'000'000)).ok());
    history_ = std::make_unique<History>(shard_.Connect());
    EXPECT_TRUE(history_->AwaitReply());
    neighbour_ = std::make_unique<Neighbour>(shard_);
  }

  // The neighbour's rows and the guilty one's good ones are all there.
  void TearDown() override {
    const std::vector<StepBlock> sent = neighbour_->Finish();
    const uint64_t rows = testing::Info(shard_.Connect()).rows_appended();
    ASSERT_TRUE(history_->AwaitRows(rows));
    EXPECT_EQ(history_->skipped(), 0u);
    EXPECT_EQ(history_->BlocksOf(Neighbour::kEnvironment), sent);
    EXPECT_EQ(history_->BlocksOf(kEnvironment), good_);
  }

  v1::Batch Good(uint64_t seq) {
    good_.push_back(TestBlock(kEnvironment, 100 * good_.size(), 8));
    return TestBatch(seq, {good_.back()});
  }
  // A batch like a good one, but for what `spoil` does to its message.
  template <typename Spoil>
  v1::Batch Bad(uint64_t seq, Spoil spoil) {
    v1::Batch batch = TestBatch(seq, {TestBlock(kEnvironment, 0, 8)});
    spoil(*batch.mutable_blocks(0));
    return batch;
  }

  TestShard shard_;
  std::unique_ptr<Neighbour> neighbour_;
  std::unique_ptr<History> history_;
  std::vector<StepBlock> good_;
};

TEST_F(BadInputTest, WrongShapesAndValuesAreRefusedByNameAndUseTheirNumberUp) {
  std::string nan(32, '\0');
  const float value = std::nanf("");
  std::memcpy(nan.data(), &value, sizeof(value));
  const std::vector<v1::Batch> bad = {
      Bad(1, [](auto& b) { b.mutable_observations(0)->pop_back(); }),
      Bad(2, [](auto& b) { b.clear_observations(); }),
      Bad(3, [](auto& b) { b.add_observations("x"); }),
      Bad(4, [](auto& b) { b.mutable_actions()->append("xxxx"); }),
      Bad(5, [](auto& b) { b.clear_rewards(); }),
      Bad(6, [&](auto& b) { b.set_rewards(nan); }),
      Bad(7, [](auto& b) { b.set_rows(0); }),
      Bad(8, [](auto& b) { b.set_rows(~0u); }),
      Bad(9, [](auto& b) { b.set_context(~0u); }),
      Bad(10, [](auto& b) { b.set_end(static_cast<v1::EpisodeEnd>(77)); }),
      Bad(11, [](auto& b) { b.set_episode_length(5); }),
      Bad(12, [](auto& b) { b.mutable_actions()->replace(2, 2, "\x80\x7f"); }),
      Bad(13,
          [](auto& b) {
            b.set_end(v1::EPISODE_END_TERMINATED);
            b.set_episode_length(8);
            b.set_episode_return(INFINITY);
          }),
      TestBatch(14, {}),
  };
  const std::vector<std::string> named = {"observations.state has 107 bytes",
                                          "observations has 0 groups",
                                          "observations has 2 groups",
                                          "actions has 36 bytes",
                                          "rewards has 0 bytes",
                                          "rewards row 0 element 0 is nan",
                                          "observations.state",
                                          "observations.state",
                                          "observations.state",
                                          "end is 77",
                                          "episode_length is 5",
                                          "actions row 0 element 0 is inf",
                                          "episode_return is inf",
                                          "batch has no blocks"};
  RawInsert insert(shard_.Connect());
  insert.Begin(TestHello("guilty"));
  for (const v1::Batch& batch : bad) insert.Batch(batch);
  insert.Batch(Good(bad.size() + 1));
  const auto rejected = insert.AwaitAcknowledged(bad.size() + 1);
  ASSERT_EQ(rejected.size(), bad.size());
  for (size_t i = 0; i < bad.size(); ++i) {
    EXPECT_EQ(rejected[i].seq(), i + 1);
    EXPECT_THAT(rejected[i].reason(), HasSubstr(named[i]));
  }
  insert.Bye();
  EXPECT_TRUE(insert.End().ok());
}

TEST_F(BadInputTest, RandomChangesOfAGoodBatchAreStoredAsSaidOrRefused) {
  Philox random(17, Purpose::kTest);
  RawInsert insert(shard_.Connect());
  insert.Begin(TestHello("guilty"));
  const std::string good =
      TestBatch(1, {TestBlock(2, 0, 8)}).SerializeAsString();
  constexpr uint64_t kBatches = 400;
  for (uint64_t seq = 1; seq <= kBatches; ++seq) {
    v1::Batch batch;
    do {
      std::string bytes = good;
      for (uint64_t i = 0; i <= random.NextBelow(4); ++i) {
        bytes[random.NextBelow(bytes.size())] =
            static_cast<char>(random.NextBelow(256));
      }
      batch.Clear();
      if (!batch.ParseFromString(bytes)) batch.Clear();
    } while (batch.blocks().empty());
    batch.set_seq(seq);
    insert.Batch(batch);
  }
  insert.AwaitAcknowledged(kBatches);
  // Whatever was stored passes the check that its reader makes.
  ASSERT_TRUE(
      history_->AwaitRows(testing::Info(shard_.Connect()).rows_appended()));
  for (const StepBlock& block : history_->blocks()) {
    EXPECT_TRUE(CheckStepBlock(testing::TestSchema(), block, 4096).ok());
  }
}

TEST_F(BadInputTest, AnotherSchemaAndAnotherRunAreRefusedAtHello) {
  Schema schema = testing::TestSchema();
  schema.observations[0].shape = {4};
  v1::Hello hello = TestHello("guilty");
  EncodeSchema(schema, hello.mutable_schema());
  RawInsert first(shard_.Connect());
  first.Hello(hello);
  const absl::Status wrong_schema = first.End();
  EXPECT_EQ(wrong_schema.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(wrong_schema.message(), HasSubstr("state:F32[4]"));

  hello = TestHello("guilty");
  hello.set_run_id("feedfeedfeedfeed");
  RawInsert second(shard_.Connect());
  second.Hello(hello);
  const absl::Status wrong_run = second.End();
  EXPECT_EQ(wrong_run.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(wrong_run.message(), HasSubstr("feedfeedfeedfeed"));

  v1::AttachRequest attach = TestAttach();
  attach.set_run_id("feedfeedfeedfeed");
  EXPECT_EQ(Attach(shard_.Connect(), attach).status().code(),
            StatusCode::kFailedPrecondition);
  v1::FollowRequest follow = History::Request({});
  follow.set_run_id("feedfeedfeedfeed");
  EXPECT_EQ(History(shard_.Connect(), follow).End().code(),
            StatusCode::kFailedPrecondition);
  v1::ProgressUpdate progress = testing::OpenProgress();
  progress.set_run_id("feedfeedfeedfeed");
  RawProgress reporter(shard_.Connect());
  reporter.Write(progress);
  EXPECT_EQ(reporter.End().code(), StatusCode::kFailedPrecondition);
}

TEST_F(BadInputTest, ABatchBeforeHelloAndANumberZeroEndTheStream) {
  RawInsert early(shard_.Connect());
  early.Batch(TestBatch(1, {TestBlock(1, 0, 8)}));
  EXPECT_EQ(early.End().code(), StatusCode::kInvalidArgument);
  RawInsert zero(shard_.Connect());
  zero.Begin(TestHello("zero"));
  zero.Batch(TestBatch(0, {TestBlock(1, 0, 8)}));
  EXPECT_EQ(zero.End().code(), StatusCode::kInvalidArgument);
}

TEST_F(BadInputTest, AGapEndsTheStreamAndNothingBehindItIsStored) {
  RawInsert insert(shard_.Connect());
  insert.Begin(TestHello("guilty"));
  insert.Batch(Good(1));
  insert.AwaitAcknowledged(1);
  insert.Batch(TestBatch(3, {TestBlock(kEnvironment, 900, 8)}));
  const absl::Status end = insert.End();
  EXPECT_EQ(end.code(), StatusCode::kAborted);
  EXPECT_THAT(end.message(), HasSubstr("batch 3 came after 1"));
}

TEST_F(BadInputTest, RepeatedAndReorderedBatchesAreStoredOnce) {
  RawInsert insert(shard_.Connect());
  insert.Begin(TestHello("guilty"));
  std::vector<v1::Batch> batches;
  for (uint64_t seq = 1; seq <= 6; ++seq) batches.push_back(Good(seq));
  for (const uint64_t seq : {1, 2, 1, 3, 3, 2, 4, 1, 5, 6, 4}) {
    insert.Batch(batches[seq - 1]);
  }
  insert.AwaitAcknowledged(6);
  insert.Bye();
  EXPECT_TRUE(insert.End().ok());
  EXPECT_EQ(shard_.Metric("sac_replay_duplicate_rows_total"), 5 * 8);
}

TEST_F(BadInputTest, ASupersededStreamIsEndedAndItsBatchesCountNoMore) {
  auto older = std::make_unique<RawInsert>(shard_.Connect());
  older->Begin(TestHello("guilty"));
  older->Batch(Good(1));
  older->AwaitAcknowledged(1);
  RawInsert newer(shard_.Connect());
  EXPECT_EQ(newer.Begin(TestHello("guilty")).last_seq(), 1u);
  older->Batch(TestBatch(2, {TestBlock(kEnvironment, 900, 8)}));
  const absl::Status end = older->End();
  EXPECT_EQ(end.code(), StatusCode::kAborted);
  EXPECT_THAT(end.message(), HasSubstr("superseded"));
  newer.Batch(Good(2));
  newer.AwaitAcknowledged(2);
}

TEST_F(BadInputTest, AMessageOverTheLimitEndsOnlyItsOwnStream) {
  RawInsert insert(shard_.Connect());
  insert.Begin(TestHello("guilty"));
  insert.Batch(Good(1));
  insert.AwaitAcknowledged(1);
  v1::Batch huge = TestBatch(2, {TestBlock(kEnvironment, 900, 8)});
  huge.mutable_blocks(0)->add_observations(
      std::string(kMaxMessageBytes + 1, 'x'));
  insert.Batch(huge);
  EXPECT_EQ(insert.End().code(), StatusCode::kResourceExhausted);
}

TEST_F(BadInputTest, WhoSendsMoreThanItsCreditIsEnded) {
  RawInsert insert(shard_.Connect());
  const v1::Welcome welcome = insert.Begin(TestHello("guilty"));
  v1::Batch large = TestBatch(1, {TestBlock(kEnvironment, 900, 8)});
  large.mutable_blocks(0)->add_observations(
      std::string(welcome.credit_bytes(), 'x'));
  insert.Batch(large);
  const absl::Status end = insert.End();
  EXPECT_EQ(end.code(), StatusCode::kResourceExhausted);
  EXPECT_THAT(end.message(), HasSubstr("exceeds the credit"));
}

TEST_F(BadInputTest, GarbageOnThePortHurtsNobody) {
  Philox random(23, Purpose::kTest);
  for (int i = 0; i < 20; ++i) {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(shard_.port()));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(::connect(socket, reinterpret_cast<sockaddr*>(&address),
                        sizeof(address)),
              0);
    // Half of them begin like HTTP/2.
    std::string bytes = i % 2 == 0 ? "" : "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    for (int b = 0; b < 5000; ++b) {
      bytes.push_back(static_cast<char>(random.NextBelow(256)));
    }
    ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    ::close(socket);
  }
  RawInsert insert(shard_.Connect());
  insert.Begin(TestHello("after"));
  insert.Batch(Good(1));
  insert.AwaitAcknowledged(1);
}

TEST_F(BadInputTest, TwoHundredConnectionsAreServed) {
  std::vector<std::unique_ptr<RawInsert>> inserts;
  for (uint64_t i = 0; i < 200; ++i) {
    inserts.push_back(std::make_unique<RawInsert>(shard_.Connect()));
    inserts.back()->Hello(TestHello(std::to_string(i)));
  }
  for (uint64_t i = 0; i < inserts.size(); ++i) {
    v1::InsertReply welcome;
    ASSERT_TRUE(inserts[i]->Read(&welcome));
    inserts[i]->Batch(TestBatch(1, {TestBlock(2000 + i, 0, 8)}));
  }
  for (const auto& insert : inserts) insert->AwaitAcknowledged(1);
  EXPECT_EQ(testing::Info(shard_.Connect()).live_sessions(), 201u);
  for (const auto& insert : inserts) insert->Bye();
  for (const auto& insert : inserts) EXPECT_TRUE(insert->End().ok());
}

}  // namespace
}  // namespace softfleet
