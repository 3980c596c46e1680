// SPDX-License-Identifier: Apache-2.0
// The service over real sockets.
#include "learner/learner_service.h"

#include <gmock/gmock.h>
#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/crc32c.h"
#include "core/thread.h"
#include "transport/channel.h"
#include "transport/codec.h"
#include "transport/server_host.h"

namespace softfleet {
namespace {

using testing::HasSubstr;

std::shared_ptr<const Snapshot> Version(uint64_t version, int64_t elements) {
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->run_id = "run";
  snapshot->version = version;
  snapshot->schema.observations = {{"state", DType::kF32, {3}}};
  snapshot->schema.action.dimension = 1;
  std::vector<float> values(elements);
  for (int64_t i = 0; i < elements; ++i) values[i] = static_cast<float>(i);
  snapshot->tensors["actor/l0.weight"] = Tensor::From(values, {elements});
  return snapshot;
}

class LearnerServiceTest : public testing::Test {
 protected:
  LearnerServiceTest() : board_(EncodeSnapshot), desk_(2, clock_) {
    LearnerService::Options options;
    options.welcome.set_run_id("run");
    options.welcome.set_learner_incarnation(2);
    options.welcome.set_panel_text("starts {}");
    options.board = &board_;
    options.reports = &reports_;
    options.desk = &desk_;
    options.shards = [this] { return shards_; };
    options.info = [this] {
      v1::LearnerInfoReply info;
      info.set_run_id("run");
      info.set_phase(phase_);
      return info;
    };
    service_ = std::make_unique<LearnerService>(std::move(options));
    ServerHost::Options listen;
    listen.services = {service_.get()};
    auto host = ServerHost::Start(std::move(listen));
    EXPECT_TRUE(host.ok()) << host.status();
    host_ = *std::move(host);
    auto channel = MakeChannel(host_->address(), {});
    EXPECT_TRUE(channel.ok()) << channel.status();
    channel_ = *std::move(channel);
    stub_ = v1::LearnerService::NewStub(channel_);
  }
  ~LearnerServiceTest() override { host_->Drain(absl::Seconds(5)); }

  static void SetDeadline(grpc::ClientContext& context, int seconds = 20) {
    context.set_deadline(std::chrono::system_clock::now() +
                         std::chrono::seconds(seconds));
  }

  grpc::Status Join(v1::Role role, v1::JoinReply* reply,
                    uint32_t protocol = v1::PROTOCOL_CURRENT) {
    grpc::ClientContext context;
    SetDeadline(context);
    v1::JoinRequest request;
    request.set_protocol(protocol);
    request.set_role(role);
    request.set_name("tester");
    return stub_->Join(&context, request, reply);
  }

  std::vector<v1::ParameterChunk> Get(uint64_t have, double wait,
                                      bool for_evaluation = false) {
    grpc::ClientContext context;
    SetDeadline(context);
    v1::GetParametersRequest request;
    request.set_have_version(have);
    request.set_max_wait_seconds(wait);
    request.set_for_evaluation(for_evaluation);
    const auto reader = stub_->GetParameters(&context, request);
    std::vector<v1::ParameterChunk> chunks;
    for (v1::ParameterChunk chunk; reader->Read(&chunk);) {
      chunks.push_back(chunk);
    }
    EXPECT_TRUE(reader->Finish().ok());
    return chunks;
  }

  FakeClock clock_;
  v1::RunPhase phase_ = v1::RUN_PHASE_RUNNING;
  ParameterBoard board_;
  ReportBox reports_;
  JoinDesk desk_;
  std::vector<JoinDesk::ShardState> shards_ = {{"a:1", true, 0},
                                               {"b:2", true, 0}};
  std::unique_ptr<LearnerService> service_;
  std::unique_ptr<ServerHost> host_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::LearnerService::Stub> stub_;
};

TEST_F(LearnerServiceTest, ActorsGetAShardAndNumbersOfTheirOwn) {
  v1::JoinReply first, second;
  ASSERT_TRUE(Join(v1::ROLE_ACTOR, &first).ok());
  ASSERT_TRUE(Join(v1::ROLE_ACTOR, &second).ok());
  EXPECT_EQ(first.run_id(), "run");
  EXPECT_EQ(first.phase(), v1::RUN_PHASE_RUNNING);
  EXPECT_EQ(first.shard(), "a:1");
  EXPECT_EQ(second.shard(), "b:2");
  EXPECT_EQ(first.first_environment(), uint64_t{2} << 40);
  EXPECT_EQ(second.first_environment(),
            (uint64_t{2} << 40) + (uint64_t{1} << 16));
  EXPECT_EQ(first.panel_text(), "");
}

TEST_F(LearnerServiceTest, EvaluatorsGetThePanelAndNoShard) {
  shards_.clear();
  v1::JoinReply reply;
  ASSERT_TRUE(Join(v1::ROLE_EVALUATOR, &reply).ok());
  EXPECT_EQ(reply.panel_text(), "starts {}");
  EXPECT_EQ(reply.shard(), "");
}

TEST_F(LearnerServiceTest, ActorsAreTurnedAwayWhileThereIsNoShard) {
  for (auto& shard : shards_) shard.attached = false;
  v1::JoinReply reply;
  const grpc::Status status = Join(v1::ROLE_ACTOR, &reply);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(status.error_message(), HasSubstr("no replay shard"));
}

TEST_F(LearnerServiceTest, WhoJoinsAFinishedRunIsToldSoWithoutAShard) {
  shards_.clear();
  phase_ = v1::RUN_PHASE_FINISHED;
  v1::JoinReply reply;
  ASSERT_TRUE(Join(v1::ROLE_ACTOR, &reply).ok());
  EXPECT_EQ(reply.phase(), v1::RUN_PHASE_FINISHED);
  EXPECT_EQ(reply.shard(), "");
}

TEST_F(LearnerServiceTest, AnotherProtocolIsRefusedWithBothNumbers) {
  v1::JoinReply reply;
  const grpc::Status status = Join(v1::ROLE_ACTOR, &reply, 99);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(status.error_message(), HasSubstr("protocol 99"));
  EXPECT_EQ(Join(v1::ROLE_UNSET, &reply).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(LearnerServiceTest, ALargeSnapshotComesInChunksWithItsChecksum) {
  const auto snapshot = Version(7, 700'000);
  ASSERT_TRUE(board_.Publish(snapshot).ok());
  board_.SetProgress(RunState::kRunning, 12);
  const auto chunks = Get(6, 10);
  ASSERT_EQ(chunks.size(), 3);
  std::string bytes;
  for (const v1::ParameterChunk& chunk : chunks) {
    EXPECT_LE(chunk.data().size(), kChunkBytes);
    EXPECT_FALSE(chunk.unchanged());
    EXPECT_EQ(chunk.last(), &chunk == &chunks.back());
    EXPECT_EQ(chunk.phase(), v1::RUN_PHASE_RUNNING);
    EXPECT_EQ(chunk.updates(), 12);
    bytes += chunk.data();
  }
  EXPECT_EQ(chunks.back().total_bytes(), bytes.size());
  EXPECT_EQ(chunks.back().crc32c(), Crc32c(bytes));
  const auto decoded = DecodeSnapshot(bytes);
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_TRUE(decoded->tensors == snapshot->tensors);
}

TEST_F(LearnerServiceTest, WhatIsHadAlreadyIsUnchanged) {
  ASSERT_TRUE(board_.Publish(Version(7, 4)).ok());
  const auto chunks = Get(7, 0.01);
  ASSERT_EQ(chunks.size(), 1);
  EXPECT_TRUE(chunks[0].unchanged());
  EXPECT_EQ(chunks[0].data(), "");
  // Garbage asks as little as it can.
  EXPECT_TRUE(Get(~uint64_t{0}, -5)[0].unchanged());
  EXPECT_TRUE(Get(7, std::numeric_limits<double>::quiet_NaN())[0].unchanged());
}

TEST_F(LearnerServiceTest, ALongPollIsAnsweredWhenANewSnapshotIsPublished) {
  ASSERT_TRUE(board_.Publish(Version(1, 4)).ok());
  std::vector<uint64_t> versions(8);
  {
    std::vector<Thread> pollers;
    for (uint64_t& version : versions) {
      pollers.emplace_back("poller", [&version, this] {
        for (uint64_t have = 1; have < 20;) {
          const auto chunks = Get(have, 10);
          ASSERT_EQ(chunks.size(), 1);
          if (chunks[0].unchanged()) continue;
          const auto snapshot = DecodeSnapshot(chunks[0].data());
          ASSERT_TRUE(snapshot.ok()) << snapshot.status();
          ASSERT_GT(snapshot->version, have);
          have = version = snapshot->version;
        }
      });
    }
    for (uint64_t version = 2; version <= 20; ++version) {
      ASSERT_TRUE(board_.Publish(Version(version, 4)).ok());
    }
  }
  EXPECT_EQ(std::count(versions.begin(), versions.end(), 20), 8);
}

TEST_F(LearnerServiceTest, ACallerThatGoesAwayIsForgotten) {
  for (int i = 0; i < 20; ++i) {
    grpc::ClientContext context;
    v1::GetParametersRequest request;
    request.set_max_wait_seconds(60);
    const auto reader = stub_->GetParameters(&context, request);
    context.TryCancel();
    v1::ParameterChunk chunk;
    EXPECT_FALSE(reader->Read(&chunk));
    EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::CANCELLED);
  }
}

TEST_F(LearnerServiceTest, AReportIsAnsweredWhenTheDriverHasTakenIt) {
  ASSERT_TRUE(board_.Publish(Version(5, 4)).ok());
  board_.RequestEvaluation(true);
  EXPECT_EQ(Get(0, 10, true).size(), 1);
  v1::ReportEvaluationReply reply;
  grpc::Status status;
  Thread evaluator("evaluator", [&] {
    grpc::ClientContext context;
    SetDeadline(context);
    v1::ReportEvaluationRequest request;
    request.set_run_id("run");
    request.set_version(5);
    request.set_audit_json("[{}]");
    request.set_seconds(1.5);
    status = stub_->ReportEvaluation(&context, request, &reply);
  });
  std::vector<ReportBox::Item> items;
  while (items.empty()) items = reports_.Take();
  EXPECT_EQ(items[0].report.run_id, "run");
  EXPECT_EQ(items[0].report.version, 5);
  EXPECT_EQ(items[0].report.audit_json, "[{}]");
  EXPECT_EQ(items[0].report.seconds, 1.5);
  items[0].done(true);
  evaluator.Join();
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_TRUE(reply.recorded());
}

TEST_F(LearnerServiceTest, AReportThatIsRefusedIsToldWhy) {
  reports_.Close();
  grpc::ClientContext context;
  SetDeadline(context);
  v1::ReportEvaluationReply reply;
  const grpc::Status status = stub_->ReportEvaluation(&context, {}, &reply);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(LearnerServiceTest, InfoSaysWhatItIsGiven) {
  grpc::ClientContext context;
  SetDeadline(context);
  v1::LearnerInfoReply reply;
  ASSERT_TRUE(stub_->Info(&context, {}, &reply).ok());
  EXPECT_EQ(reply.run_id(), "run");
}

// Bytes that are no message end their own call and nothing else.
TEST_F(LearnerServiceTest, GarbageBytesAreRefused) {
  grpc::GenericStub generic(channel_);
  for (const char* method : {"Join", "ReportEvaluation", "Info"}) {
    grpc::ClientContext context;
    SetDeadline(context);
    grpc::CompletionQueue queue;
    const grpc::Slice garbage(std::string(1000, '\xff'));
    const grpc::ByteBuffer request(&garbage, 1);
    const auto call = generic.PrepareUnaryCall(
        &context, absl::StrCat("/softfleet.v1.LearnerService/", method),
        request, &queue);
    call->StartCall();
    grpc::ByteBuffer reply;
    grpc::Status status;
    call->Finish(&reply, &status, nullptr);
    void* tag;
    bool ok;
    ASSERT_TRUE(queue.Next(&tag, &ok));
    EXPECT_FALSE(status.ok()) << method;
  }
  v1::JoinReply reply;
  EXPECT_TRUE(Join(v1::ROLE_ACTOR, &reply).ok());
}

}  // namespace
}  // namespace softfleet
