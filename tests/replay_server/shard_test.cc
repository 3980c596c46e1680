// SPDX-License-Identifier: Apache-2.0
#include "replay_server/shard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "replay_server/learner_line.h"
#include "tests/replay_server/testing.h"
#include "transport/codec.h"

namespace softfleet {
namespace {

using absl::StatusCode;
using ::testing::HasSubstr;
using testing::OpenProgress;
using testing::TestAttach;

class ShardTest : public ::testing::Test {
 protected:
  FakeClock clock_;
  MetricRegistry registry_;
  ReplayServerMetrics metrics_{registry_};
  Shard shard_{{.incarnation = 9,
                .table_bytes = 1 << 24,
                .max_batch_bytes = 1 << 20,
                .clock = &clock_},
               metrics_};
};

TEST_F(ShardTest, AttachMakesTheTableOnceAndMayBeRepeated) {
  EXPECT_EQ(shard_.binding(), nullptr);
  ASSERT_TRUE(shard_.Attach(TestAttach()).ok());
  const auto binding = shard_.binding();
  ASSERT_NE(binding, nullptr);
  EXPECT_EQ(binding->schema, testing::TestSchema());
  ASSERT_TRUE(shard_.Attach(TestAttach()).ok());
  EXPECT_EQ(shard_.binding(), binding);
  EXPECT_EQ(metrics_.attached.value(), 1);
  EXPECT_EQ(metrics_.capacity_rows.value(), 100'000);
}

TEST_F(ShardTest, AnotherRunIsRefusedWithBothIdsAndTheWayOut) {
  ASSERT_TRUE(shard_.Attach(TestAttach()).ok());
  v1::AttachRequest other = TestAttach();
  other.set_run_id("feedfeedfeedfeed");
  const absl::Status status = shard_.Attach(other);
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(status.message(),
            "this shard belongs to run 0123456789abcdef, not to run "
            "feedfeedfeedfeed: restart the shard to give it to another run "
            "(its rows are then lost), or name other shards");
}

TEST_F(ShardTest, ALearnerThatWasReplacedIsRefusedTheNewerOneIsNot) {
  v1::AttachRequest request = TestAttach();
  request.set_learner_incarnation(4);
  ASSERT_TRUE(shard_.Attach(request).ok());
  request.set_learner_incarnation(3);
  const absl::Status status = shard_.Attach(request);
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr("incarnation 3 is older than 4"));
  request.set_learner_incarnation(5);
  EXPECT_TRUE(shard_.Attach(request).ok());
}

TEST_F(ShardTest, AnotherSchemaOrALargerCapacityIsRefused) {
  ASSERT_TRUE(shard_.Attach(TestAttach()).ok());
  v1::AttachRequest other = TestAttach();
  other.mutable_schema()->set_frame_stack(2);
  EXPECT_EQ(shard_.Attach(other).code(), StatusCode::kFailedPrecondition);
  const absl::Status capacity = shard_.Attach(TestAttach(100'001));
  EXPECT_EQ(capacity.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(capacity.message(),
              HasSubstr("for 100000 rows, its part of replay.capacity is now "
                        "100001"));
}

TEST_F(ShardTest, AShardOfALongerListKeepsItsTable) {
  ASSERT_TRUE(shard_.Attach(TestAttach()).ok());
  EXPECT_TRUE(shard_.Attach(TestAttach(5000)).ok());
  EXPECT_EQ(shard_.binding()->capacity_rows, 100'000);
}

TEST_F(ShardTest, ATableAboveTheBudgetOrTheMachineIsRefusedWithTheFigures) {
  const absl::Status machine = shard_.Attach(TestAttach(10'000'000));
  EXPECT_EQ(machine.code(), StatusCode::kResourceExhausted);
  EXPECT_THAT(machine.message(), HasSubstr("--memory_limit leaves 16777216"));
  EXPECT_THAT(machine.message(), HasSubstr("raise --memory_limit"));
  EXPECT_THAT(machine.message(), HasSubstr("rows would fit"));
  v1::AttachRequest request = TestAttach();
  request.mutable_config()->mutable_replay()->set_byte_budget(1000);
  const absl::Status budget = shard_.Attach(request);
  EXPECT_EQ(budget.code(), StatusCode::kResourceExhausted);
  EXPECT_THAT(budget.message(), HasSubstr("raise replay.byte_budget"));
  EXPECT_THAT(budget.message(), HasSubstr("the budget is 1000 bytes"));
  EXPECT_EQ(shard_.binding(), nullptr);
  EXPECT_TRUE(shard_.Attach(TestAttach()).ok());
}

TEST_F(ShardTest, BlocksThatNoBatchCouldCarryAreRefusedAtAttach) {
  v1::AttachRequest request = TestAttach(2000);
  request.mutable_schema()->mutable_observations(0)->set_shape(0, 3000);
  request.mutable_config()->mutable_actor()->set_block_rows(500);
  const absl::Status status = shard_.Attach(request);
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("lower actor.block_rows"));
  EXPECT_EQ(shard_.Attach(TestAttach(31)).code(), StatusCode::kInvalidArgument);
}

TEST_F(ShardTest, AMalformedRequestIsRefused) {
  v1::AttachRequest request = TestAttach();
  request.clear_run_id();
  EXPECT_EQ(shard_.Attach(request).message(), "run_id is empty");
  request = TestAttach();
  request.clear_schema();
  EXPECT_EQ(shard_.Attach(request).code(), StatusCode::kInvalidArgument);
  request = TestAttach();
  request.set_protocol(0);
  EXPECT_EQ(shard_.Attach(request).code(), StatusCode::kFailedPrecondition);
}

class Progress : public ProgressPeer {
 public:
  void Finish(const absl::Status& status) override { end = status; }
  std::optional<absl::Status> end;
};

class LearnerLineTest : public ShardTest {
 protected:
  void SetUp() override {
    v1::AttachRequest request = TestAttach();
    request.mutable_config()->mutable_replay()->set_slack(1);
    ASSERT_TRUE(shard_.Attach(request).ok());
    line_.Opened(1, &peer_);
  }
  Gate::State state() { return shard_.gate().state(); }

  LearnerLine line_{shard_, clock_};
  Progress peer_;
};

TEST_F(LearnerLineTest, TheNewestMessageDrivesTheGate) {
  v1::ProgressUpdate update = OpenProgress();
  update.set_received(10);
  update.set_allowed(10);
  line_.Arrived(1, update);
  EXPECT_EQ(state(), Gate::State::kPacing);
  update.set_allowed(11);
  line_.Arrived(1, update);
  EXPECT_EQ(state(), Gate::State::kOpen);
  update.set_phase(v1::RUN_PHASE_FINISHED);
  update.set_allowed(0);
  line_.Arrived(1, update);
  EXPECT_EQ(state(), Gate::State::kOpen);
}

TEST_F(LearnerLineTest, APositionOfAnotherIncarnationMeansThatNothingWasRead) {
  ASSERT_TRUE(shard_.binding()
                  ->table->Append(std::vector{testing::TestBlock(1, 0, 50)})
                  .ok());
  v1::ProgressUpdate update = OpenProgress();
  update.set_slack(10);
  EncodePosition({8, 50}, update.mutable_position());
  line_.Arrived(1, update);
  EXPECT_EQ(state(), Gate::State::kSlack);
  EncodePosition({9, 50}, update.mutable_position());
  line_.Arrived(1, update);
  EXPECT_EQ(state(), Gate::State::kOpen);
}

TEST_F(LearnerLineTest, ANewerStreamTakesOverFromItsFirstMessageOn) {
  line_.Arrived(1, OpenProgress());
  Progress newer;
  line_.Opened(2, &newer);
  EXPECT_FALSE(peer_.end.has_value());
  line_.Arrived(2, OpenProgress());
  ASSERT_TRUE(peer_.end.has_value());
  EXPECT_EQ(peer_.end->code(), StatusCode::kAborted);
  EXPECT_TRUE(line_.connected());
  line_.Ended(2);
  EXPECT_FALSE(line_.connected());
  ASSERT_TRUE(newer.end.has_value());
}

TEST_F(LearnerLineTest, ProgressOfAnotherRunOrLearnerIsRefused) {
  v1::ProgressUpdate update = OpenProgress();
  update.set_run_id("feedfeedfeedfeed");
  line_.Arrived(1, update);
  ASSERT_TRUE(peer_.end.has_value());
  EXPECT_EQ(peer_.end->code(), StatusCode::kFailedPrecondition);
  Progress other;
  line_.Opened(2, &other);
  update = OpenProgress();
  update.set_learner_incarnation(7);
  line_.Arrived(2, update);
  ASSERT_TRUE(other.end.has_value());
  EXPECT_EQ(other.end->code(), StatusCode::kFailedPrecondition);
  EXPECT_FALSE(line_.connected());
}

TEST_F(LearnerLineTest, AnAttachOfANewerLearnerEndsTheOlderOnesStream) {
  line_.Arrived(1, OpenProgress());
  v1::AttachRequest request = TestAttach();
  request.set_learner_incarnation(2);
  ASSERT_TRUE(shard_.Attach(request).ok());
  line_.Attached();
  ASSERT_TRUE(peer_.end.has_value());
  EXPECT_EQ(peer_.end->code(), StatusCode::kFailedPrecondition);
  EXPECT_FALSE(line_.connected());
}

TEST_F(LearnerLineTest, ASilentLearnerIsGivenUpAndTheShardHoldsAtTheSlack) {
  v1::ProgressUpdate update = OpenProgress();
  line_.Arrived(1, update);
  clock_.Advance(LearnerLine::kSilence - absl::Seconds(1));
  line_.Tick();
  EXPECT_TRUE(line_.connected());
  line_.Arrived(1, update);
  clock_.Advance(LearnerLine::kSilence);
  line_.Tick();
  EXPECT_FALSE(line_.connected());
  ASSERT_TRUE(peer_.end.has_value());
  EXPECT_EQ(peer_.end->code(), StatusCode::kDeadlineExceeded);
}

}  // namespace
}  // namespace softfleet
