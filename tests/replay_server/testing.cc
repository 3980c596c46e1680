// SPDX-License-Identifier: Apache-2.0
#include "tests/replay_server/testing.h"

#include <gtest/gtest.h>

#include <cstring>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "transport/codec.h"
#include "transport/status.h"

namespace softfleet::testing {
namespace {

constexpr char kRun[] = "0123456789abcdef";

void SetDeadline(grpc::ClientContext& context) {
  context.set_deadline(absl::ToChronoTime(absl::Now() + 3 * kPatience));
}

std::string SessionId(const std::string& name) {
  std::string id = name;
  id.resize(16, '.');
  return id;
}

}  // namespace

Schema TestSchema() {
  Schema schema;
  schema.observations = {{"state", DType::kF32, {3}}};
  schema.action = {ActionSpec::Kind::kContinuous, 1, 0};
  return schema;
}

StepBlock TestBlock(uint64_t environment, uint64_t first_step, int64_t rows) {
  StepBlock block;
  block.environment = environment;
  block.first_step = first_step;
  block.rows = rows;
  std::vector<float> observations;
  for (int64_t i = 0; i <= rows; ++i) {
    const float step = static_cast<float>(first_step) + static_cast<float>(i);
    observations.insert(observations.end(),
                        {static_cast<float>(environment), step, -step});
    if (i == rows) break;
    block.actions.push_back(1 / (1 + step));
    block.rewards.push_back(step + static_cast<float>(environment));
  }
  block.observations.resize(1);
  block.observations[0].resize(observations.size() * sizeof(float));
  std::memcpy(block.observations[0].data(), observations.data(),
              block.observations[0].size());
  return block;
}

v1::Batch TestBatch(uint64_t seq, const std::vector<StepBlock>& blocks) {
  v1::Batch batch;
  batch.set_seq(seq);
  for (const StepBlock& block : blocks) {
    EncodeStepBlock(block, batch.add_blocks());
  }
  return batch;
}

v1::AttachRequest TestAttach(int64_t capacity_rows) {
  v1::AttachRequest request;
  request.set_protocol(v1::PROTOCOL_CURRENT);
  request.set_run_id(kRun);
  request.set_learner_incarnation(1);
  EncodeSchema(TestSchema(), request.mutable_schema());
  request.mutable_config()->mutable_replay()->set_slack(1 << 20);
  request.set_capacity_rows(capacity_rows);
  return request;
}

v1::Hello TestHello(const std::string& session) {
  v1::Hello hello;
  hello.set_protocol(v1::PROTOCOL_CURRENT);
  hello.set_run_id(kRun);
  hello.set_session(SessionId(session));
  EncodeSchema(TestSchema(), hello.mutable_schema());
  hello.set_client(session);
  return hello;
}

v1::ProgressUpdate OpenProgress() {
  v1::ProgressUpdate update;
  update.set_run_id(kRun);
  update.set_learner_incarnation(1);
  update.set_allowed(uint64_t{1} << 40);
  update.set_slack(uint64_t{1} << 40);
  update.set_phase(v1::RUN_PHASE_RUNNING);
  return update;
}

TestShard::TestShard(ReplayService::Options options, int port) {
  service_ = ReplayService::Create(std::move(options), registry_).value();
  ServerHost::Options host;
  host.address = absl::StrCat("127.0.0.1:", port);
  host.services = {service_.get()};
  host_ = ServerHost::Start(std::move(host)).value();
}

TestShard::~TestShard() {
  service_->Drain(absl::Seconds(5));
  host_->Drain(absl::Seconds(5));
}

std::shared_ptr<grpc::Channel> TestShard::Connect() const {
  grpc::ChannelArguments arguments;
  // Not shared with other channels to the same address.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetMaxReceiveMessageSize(-1);
  return grpc::CreateCustomChannel(
      host_->address(), grpc::InsecureChannelCredentials(), arguments);
}

double TestShard::Metric(const std::string& name) const {
  for (const auto line : absl::StrSplit(registry_.Text(), '\n')) {
    double value;
    if (line.substr(0, name.size() + 1) == name + " " &&
        absl::SimpleAtod(line.substr(name.size() + 1), &value)) {
      return value;
    }
  }
  return -1;
}

absl::StatusOr<v1::AttachReply> Attach(
    const std::shared_ptr<grpc::Channel>& channel,
    const v1::AttachRequest& request) {
  grpc::ClientContext context;
  SetDeadline(context);
  v1::AttachReply reply;
  const grpc::Status status =
      v1::ReplayService::NewStub(channel)->Attach(&context, request, &reply);
  if (!status.ok()) return FromGrpcStatus(status);
  return reply;
}

v1::ReplayInfoReply Info(const std::shared_ptr<grpc::Channel>& channel) {
  grpc::ClientContext context;
  SetDeadline(context);
  v1::ReplayInfoReply reply;
  const grpc::Status status =
      v1::ReplayService::NewStub(channel)->Info(&context, {}, &reply);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return reply;
}

bool AwaitInfo(const std::shared_ptr<grpc::Channel>& channel,
               const std::function<bool(const v1::ReplayInfoReply&)>& wanted) {
  const absl::Time end = absl::Now() + kPatience;
  while (absl::Now() < end) {
    if (wanted(Info(channel))) return true;
  }
  return false;
}

RawInsert::RawInsert(const std::shared_ptr<grpc::Channel>& channel)
    : stub_(v1::ReplayService::NewStub(channel)) {
  SetDeadline(context_);
  stream_ = stub_->Insert(&context_);
}

RawInsert::~RawInsert() {
  context_.TryCancel();
  if (stream_ == nullptr) return;
  End().IgnoreError();
}

bool RawInsert::Write(const v1::InsertRequest& request) {
  return stream_->Write(request);
}

bool RawInsert::Hello(const v1::Hello& hello) {
  v1::InsertRequest request;
  *request.mutable_hello() = hello;
  return Write(request);
}

bool RawInsert::Batch(const v1::Batch& batch) {
  v1::InsertRequest request;
  *request.mutable_batch() = batch;
  return Write(request);
}

bool RawInsert::Bye() {
  v1::InsertRequest request;
  request.mutable_bye();
  return Write(request);
}

bool RawInsert::Read(v1::InsertReply* reply) { return stream_->Read(reply); }

v1::Welcome RawInsert::Begin(const v1::Hello& hello) {
  Hello(hello);
  v1::InsertReply reply;
  EXPECT_TRUE(Read(&reply)) << End();
  EXPECT_TRUE(reply.has_welcome());
  return reply.welcome();
}

std::vector<v1::Rejection> RawInsert::AwaitAcknowledged(uint64_t seq) {
  std::vector<v1::Rejection> rejected;
  v1::InsertReply reply;
  while (reply.acknowledgement().durable() < seq) {
    if (!Read(&reply)) {
      ADD_FAILURE() << "the stream ended before batch " << seq
                    << " was acknowledged: " << End();
      break;
    }
    rejected.insert(rejected.end(), reply.acknowledgement().rejected().begin(),
                    reply.acknowledgement().rejected().end());
  }
  return rejected;
}

absl::Status RawInsert::End() {
  v1::InsertReply reply;
  while (Read(&reply)) {
  }
  const absl::Status status = FromGrpcStatus(stream_->Finish());
  stream_ = nullptr;
  return status;
}

RawProgress::RawProgress(const std::shared_ptr<grpc::Channel>& channel)
    : stub_(v1::ReplayService::NewStub(channel)) {
  SetDeadline(context_);
  stream_ = stub_->ReportProgress(&context_, &summary_);
}

RawProgress::~RawProgress() {
  if (stream_ == nullptr) return;
  context_.TryCancel();
  stream_->Finish();
}

bool RawProgress::Write(const v1::ProgressUpdate& update) {
  return stream_->Write(update);
}

absl::Status RawProgress::Finish() {
  stream_->WritesDone();
  return End();
}

absl::Status RawProgress::End() {
  const absl::Status status = FromGrpcStatus(stream_->Finish());
  stream_ = nullptr;
  return status;
}

History::History(const std::shared_ptr<grpc::Channel>& channel,
                 const v1::FollowRequest& request)
    : stub_(v1::ReplayService::NewStub(channel)),
      request_(request),
      thread_("history", [this] { Run(); }) {}

History::~History() { context_.TryCancel(); }

v1::FollowRequest History::Request(const Position& position) {
  v1::FollowRequest request;
  request.set_protocol(v1::PROTOCOL_CURRENT);
  request.set_run_id(kRun);
  EncodePosition(position, request.mutable_position());
  request.set_follower("history");
  return request;
}

void History::Run() {
  const auto stream = stub_->Follow(&context_, request_);
  v1::FollowReply reply;
  while (stream->Read(&reply)) {
    MutexLock lock(mutex_);
    skipped_ += reply.skipped_rows();
    for (const v1::FollowedBlock& block : reply.blocks()) {
      rows_ += block.block().rows();
    }
    replies_.push_back(reply);
    changed_.NotifyAll();
  }
  const absl::Status end = FromGrpcStatus(stream->Finish());
  MutexLock lock(mutex_);
  end_ = end;
  ended_ = true;
  changed_.NotifyAll();
}

bool History::AwaitReply() {
  MutexLock lock(mutex_);
  return changed_.WaitFor(lock, kPatience, [this]() SF_REQUIRES(mutex_) {
    return !replies_.empty();
  });
}

bool History::AwaitRows(uint64_t rows) {
  MutexLock lock(mutex_);
  return changed_.WaitFor(lock, kPatience, [&]() SF_REQUIRES(mutex_) {
    return ended_ || rows_ + skipped_ >= rows;
  }) && rows_ + skipped_ >= rows;
}

absl::Status History::End() {
  MutexLock lock(mutex_);
  changed_.Wait(lock, [this]() SF_REQUIRES(mutex_) { return ended_; });
  return end_;
}

std::vector<v1::FollowReply> History::replies() const {
  MutexLock lock(mutex_);
  return replies_;
}

std::vector<StepBlock> History::blocks() const {
  const Schema schema = TestSchema();
  std::vector<StepBlock> blocks;
  for (const v1::FollowReply& reply : replies()) {
    for (const v1::FollowedBlock& followed : reply.blocks()) {
      blocks.push_back(DecodeStepBlock(schema, followed.block()).value());
    }
  }
  return blocks;
}

std::vector<StepBlock> History::BlocksOf(uint64_t environment) const {
  std::vector<StepBlock> blocks = this->blocks();
  std::erase_if(blocks, [environment](const StepBlock& block) {
    return block.environment != environment;
  });
  return blocks;
}

uint64_t History::rows() const {
  MutexLock lock(mutex_);
  return rows_;
}

uint64_t History::skipped() const {
  MutexLock lock(mutex_);
  return skipped_;
}

}  // namespace softfleet::testing
