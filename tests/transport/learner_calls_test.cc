// SPDX-License-Identifier: Apache-2.0
// Join, ReportEvaluation and Info over real sockets.
#include <gmock/gmock.h>
#include <google/protobuf/unknown_field_set.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "core/version.h"
#include "tests/transport/scripted_learner.h"
#include "transport/channel.h"
#include "transport/learner_client.h"

namespace softfleet {
namespace {

using ::testing::HasSubstr;

class LearnerCallsTest : public testing::Test {
 protected:
  LearnerCallsTest() : learner_(std::in_place) {}

  std::shared_ptr<grpc::Channel> Channel() {
    auto channel = MakeChannel(learner_->address(), {});
    EXPECT_TRUE(channel.ok()) << channel.status();
    return *channel;
  }

  std::optional<ScriptedLearner> learner_;
};

bool Never() { return false; }

const Membership kActor = {v1::ROLE_ACTOR, "a", "learner-1:7200"};

TEST_F(LearnerCallsTest, JoinSaysWhoAsksAndReturnsTheAnswer) {
  v1::JoinReply welcome;
  welcome.set_run_id("r");
  welcome.mutable_config()->set_seed(7);
  welcome.set_shard("replay-1:7201");
  learner_->SetWelcome(welcome);
  const auto reply = Join(Channel(), {v1::ROLE_ACTOR, "a-7", ""}, Never);
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->SerializeAsString(), welcome.SerializeAsString());
  const auto joins = learner_->joins();
  ASSERT_EQ(joins.size(), 1u);
  EXPECT_EQ(joins[0].protocol(), v1::PROTOCOL_CURRENT);
  EXPECT_EQ(joins[0].role(), v1::ROLE_ACTOR);
  EXPECT_EQ(joins[0].name(), "a-7");
  EXPECT_EQ(joins[0].software_version(), SoftwareVersion());
}

TEST_F(LearnerCallsTest, JoinTriesAgainWhileTheLearnerHasNoShardYet) {
  learner_->FailNext({grpc::StatusCode::UNAVAILABLE, "no shard yet"});
  learner_->FailNext({grpc::StatusCode::UNAVAILABLE, "no shard yet"});
  EXPECT_TRUE(Join(Channel(), kActor, Never).ok());
  EXPECT_EQ(learner_->joins().size(), 3u);
}

TEST_F(LearnerCallsTest, JoinReturnsARefusalAtOnce) {
  learner_->FailNext({grpc::StatusCode::FAILED_PRECONDITION,
                      "\"a\" speaks protocol 1, the learner 2"});
  const auto reply = Join(Channel(), kActor, Never);
  EXPECT_EQ(reply.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(reply.status().message()),
              HasSubstr("the learner refuses: \"a\" speaks protocol 1"));
  EXPECT_EQ(learner_->joins().size(), 1u);
}

TEST_F(LearnerCallsTest, JoinWaitsForALearnerThatStartsLater) {
  const std::string address = learner_->address();
  const auto channel = Channel();
  learner_.reset();
  int asked = 0;
  const auto reply = Join(channel, kActor, [&] {
    if (++asked == 2) learner_.emplace(address);  // it has tried
    return false;
  });
  EXPECT_TRUE(reply.ok()) << reply.status();
  EXPECT_GT(asked, 2);
}

TEST_F(LearnerCallsTest, JoinSaysOnceWhereItLooksForTheLearner) {
  learner_->FailNext({grpc::StatusCode::UNAVAILABLE, "no shard yet"});
  learner_->FailNext({grpc::StatusCode::UNAVAILABLE, "no shard yet"});
  testing::internal::CaptureStderr();
  EXPECT_TRUE(Join(Channel(), kActor, Never).ok());
  const std::string line =
      "waiting for the learner at learner-1:7200: no shard yet\n";
  const std::vector<std::string> around =
      absl::StrSplit(testing::internal::GetCapturedStderr(), line);
  EXPECT_EQ(around.size(), 2u);
}

TEST_F(LearnerCallsTest, JoinStopsWhenToldTo) {
  const auto channel = Channel();
  learner_.reset();
  int asked = 0;
  const auto reply = Join(channel, kActor, [&] { return ++asked >= 3; });
  EXPECT_EQ(reply.status().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(asked, 3);
}

TEST_F(LearnerCallsTest, JoinTellsOfSettingsThatItDoesNotKnow) {
  v1::JoinReply welcome;
  v1::SacConfig* config = welcome.mutable_config()->mutable_sac();
  config->GetReflection()->MutableUnknownFields(config)->AddVarint(9999, 1);
  welcome.set_software_version("9.9.9");
  learner_->SetWelcome(welcome);
  testing::internal::CaptureStderr();
  const auto reply = Join(Channel(), kActor, Never);
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_TRUE(reply.ok()) << reply.status();
  EXPECT_THAT(log, HasSubstr("1 setting that"));
  EXPECT_THAT(log, HasSubstr("9.9.9"));
}

TEST_F(LearnerCallsTest, ReportEvaluationSendsTheRowAndSaysIfItCounted) {
  v1::ReportEvaluationRequest request;
  request.set_run_id("r");
  request.set_version(5);
  request.set_audit_json("[{}]");
  const auto first = ReportEvaluation(Channel(), request);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_TRUE(*first);
  const auto second = ReportEvaluation(Channel(), request);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_FALSE(*second);
  ASSERT_EQ(learner_->reports().size(), 2u);
  EXPECT_EQ(learner_->reports()[0].SerializeAsString(),
            request.SerializeAsString());
}

TEST_F(LearnerCallsTest, ReportEvaluationReturnsErrorsAsTheyAre) {
  learner_->FailNext({grpc::StatusCode::INVALID_ARGUMENT, "no such run"});
  const auto refused = ReportEvaluation(Channel(), {});
  EXPECT_EQ(refused.status(), absl::InvalidArgumentError("no such run"));
  const auto channel = Channel();
  learner_.reset();
  EXPECT_EQ(ReportEvaluation(channel, {}).status().code(),
            absl::StatusCode::kUnavailable);
}

TEST_F(LearnerCallsTest, InfoHasADeadline) {
  const auto channel = Channel();  // of a learner that never answers Info
  EXPECT_EQ(LearnerInfo(channel, absl::Milliseconds(50)).status().code(),
            absl::StatusCode::kDeadlineExceeded);
  // And of one that is no shard at all.
  EXPECT_EQ(ReplayInfo(channel, absl::Seconds(10)).status().code(),
            absl::StatusCode::kUnimplemented);
}

}  // namespace
}  // namespace softfleet
