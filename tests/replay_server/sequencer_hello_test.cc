// SPDX-License-Identifier: Apache-2.0
// How streams begin, and whom the sequencer turns away.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "replay_server/sequencer.h"
#include "tests/replay_server/sequencer_fixture.h"
#include "transport/codec.h"

namespace softfleet {
namespace {

using absl::StatusCode;
using ::testing::HasSubstr;
using testing::ScriptedPeer;
using testing::SequencerFixture;
using testing::TestHello;

class HelloTest : public SequencerFixture {
 protected:
  HelloTest() : SequencerFixture(SmallBudget()) {}
  static Sequencer::Options SmallBudget() {
    Sequencer::Options options;
    options.budget_bytes = 12 << 20;
    return options;
  }
  // How the stream ends that says this.
  absl::Status Answer(const v1::Hello& hello) {
    ScriptedPeer peer;
    const uint64_t stream = Open(peer);
    sequencer_->SaidHello(stream, hello);
    EndWrite(stream, peer);
    EXPECT_TRUE(peer.end.has_value());
    return peer.end.value_or(absl::OkStatus());
  }
};

TEST_F(HelloTest, AnUnattachedShardAsksTheClientToComeBack) {
  const absl::Status status = Answer(TestHello("a"));
  EXPECT_EQ(status.code(), StatusCode::kUnavailable);
}

TEST_F(HelloTest, AnotherRunIsRefusedWithBothIdsAndTheWayOut) {
  Attach();
  v1::Hello hello = TestHello("a");
  hello.set_run_id("feedfeedfeedfeed");
  const absl::Status status = Answer(hello);
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr("feedfeedfeedfeed"));
  EXPECT_THAT(status.message(), HasSubstr(hello.run_id()));
  EXPECT_THAT(status.message(), HasSubstr("restart the shard"));
}

TEST_F(HelloTest, AnotherSchemaIsRefusedWithBoth) {
  Attach();
  Schema schema = testing::TestSchema();
  schema.frame_stack = 4;
  v1::Hello hello = TestHello("a");
  EncodeSchema(schema, hello.mutable_schema());
  const absl::Status status = Answer(hello);
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr("stack:1"));
  EXPECT_THAT(status.message(), HasSubstr("stack:4"));
}

TEST_F(HelloTest, AnotherWireFormatIsRefusedWithBothNumbers) {
  Attach();
  v1::Hello hello = TestHello("a");
  hello.set_protocol(9);
  const absl::Status status = Answer(hello);
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(),
              HasSubstr("wire format 9, this program (softfleet"));
}

TEST_F(HelloTest, ASessionOfAnotherLengthIsRefused) {
  Attach();
  v1::Hello hello = TestHello("a");
  hello.set_session("short");
  EXPECT_EQ(Answer(hello).code(), StatusCode::kInvalidArgument);
}

TEST_F(HelloTest, AMalformedSchemaIsRefused) {
  Attach();
  v1::Hello hello = TestHello("a");
  hello.mutable_schema()->mutable_observations(0)->set_dtype("F99");
  EXPECT_EQ(Answer(hello).code(), StatusCode::kInvalidArgument);
}

TEST_F(HelloTest, ASecondHelloOnOneStreamIsRefused) {
  Attach();
  ScriptedPeer peer;
  const uint64_t stream = Begin(peer, "a");
  sequencer_->SaidHello(stream, TestHello("b"));
  ASSERT_TRUE(peer.end.has_value());
  EXPECT_EQ(peer.end->code(), StatusCode::kInvalidArgument);
}

TEST_F(HelloTest, AStreamThatSaysNothingIsEndedInTime) {
  Attach();
  ScriptedPeer silent, welcome;
  Open(silent);
  Begin(welcome, "a");
  clock_.Advance(options_.hello_timeout - absl::Seconds(1));
  sequencer_->Tick();
  EXPECT_FALSE(silent.end.has_value());
  clock_.Advance(absl::Seconds(1));
  sequencer_->Tick();
  ASSERT_TRUE(silent.end.has_value());
  EXPECT_EQ(silent.end->code(), StatusCode::kDeadlineExceeded);
  EXPECT_FALSE(welcome.end.has_value());
}

TEST_F(HelloTest, CreditsShrinkAndNeverAddUpToMoreThanTheBudget) {
  Attach();
  std::vector<std::unique_ptr<ScriptedPeer>> peers;
  std::vector<uint64_t> streams;
  uint64_t granted = 0;
  for (int i = 0; i < 20; ++i) {
    peers.push_back(std::make_unique<ScriptedPeer>());
    streams.push_back(Begin(*peers.back(), std::to_string(i)));
    if (peers.back()->credit == nullptr) break;
    EXPECT_GE(peers.back()->credit->limit(), options_.smallest_credit_bytes);
    granted += peers.back()->credit->limit();
    EXPECT_LE(granted, options_.budget_bytes);
  }
  ASSERT_TRUE(peers.back()->end.has_value());
  EXPECT_EQ(peers.back()->end->code(), StatusCode::kResourceExhausted);
  // Who leaves makes room for the next.
  sequencer_->Failed(streams[0], absl::CancelledError(""), "cancelled");
  ScriptedPeer next;
  Begin(next, "next");
  EXPECT_NE(next.credit, nullptr);
}

TEST(SequencerOptionsTest, SizesThatDoNotFitEachOtherAreRefused) {
  EXPECT_TRUE(Sequencer::Options().Validate().ok());
  Sequencer::Options options;
  options.max_batch_bytes = options.smallest_credit_bytes + 1;
  EXPECT_EQ(options.Validate().code(), StatusCode::kInvalidArgument);
  options = {};
  options.credit_bytes = options.message_bytes + 1;
  EXPECT_EQ(options.Validate().code(), StatusCode::kInvalidArgument);
  options = {};
  options.budget_bytes = options.smallest_credit_bytes - 1;
  EXPECT_EQ(options.Validate().code(), StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace softfleet
