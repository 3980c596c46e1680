// SPDX-License-Identifier: Apache-2.0
#include "tests/transport/scripted_learner.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "core/crc32c.h"
#include "transport/channel.h"
#include "transport/codec.h"

namespace softfleet {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(10);
// How soon a caller who has gone is noticed.
constexpr absl::Duration kGlance = absl::Milliseconds(5);

}  // namespace

ScriptedAnswer WholeBytes(const std::string& bytes) {
  ScriptedAnswer answer;
  for (size_t at = 0; at < bytes.size() || at == 0; at += kChunkBytes) {
    v1::ParameterChunk chunk;
    chunk.set_data(bytes.substr(at, kChunkBytes));
    chunk.set_phase(v1::RUN_PHASE_RUNNING);
    answer.chunks.push_back(std::move(chunk));
  }
  answer.chunks.back().set_last(true);
  answer.chunks.back().set_total_bytes(bytes.size());
  answer.chunks.back().set_crc32c(Crc32c(bytes));
  return answer;
}

ScriptedAnswer WholeSnapshot(const Snapshot& snapshot, v1::RunPhase phase,
                             uint64_t updates) {
  ScriptedAnswer answer = WholeBytes(EncodeSnapshot(snapshot));
  for (v1::ParameterChunk& chunk : answer.chunks) {
    chunk.set_phase(phase);
    chunk.set_updates(updates);
  }
  return answer;
}

ScriptedAnswer Unchanged(v1::RunPhase phase, uint64_t updates) {
  ScriptedAnswer answer;
  answer.chunks.resize(1);
  answer.chunks[0].set_unchanged(true);
  answer.chunks[0].set_phase(phase);
  answer.chunks[0].set_updates(updates);
  return answer;
}

ScriptedLearner::ScriptedLearner(const std::string& address) {
  ServerHost::Options options;
  options.address = address;
  options.services = {this};
  auto host = ServerHost::Start(std::move(options));
  EXPECT_TRUE(host.ok()) << host.status();
  host_ = *std::move(host);
}

ScriptedLearner::~ScriptedLearner() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    changed_.NotifyAll();
  }
  host_->Drain(absl::ZeroDuration());
}

void ScriptedLearner::Give(ScriptedAnswer answer) {
  MutexLock lock(mutex_);
  answers_.push_back(std::move(answer));
  ++given_;
  changed_.NotifyAll();
}

void ScriptedLearner::WaitForQuestions(size_t count) {
  MutexLock lock(mutex_);
  EXPECT_TRUE(changed_.WaitFor(
      lock, kPatience,
      [&]() SF_REQUIRES(mutex_) { return questions_.size() >= count; }))
      << questions_.size() << " questions instead of " << count;
}

void ScriptedLearner::WaitUntilAllIsTaken() {
  size_t count;
  {
    MutexLock lock(mutex_);
    count = given_ + 1;
  }
  WaitForQuestions(count);
}

std::vector<v1::GetParametersRequest> ScriptedLearner::questions() {
  MutexLock lock(mutex_);
  return questions_;
}

void ScriptedLearner::FailNext(const grpc::Status& status) {
  MutexLock lock(mutex_);
  failures_.push_back(status);
}

std::vector<v1::JoinRequest> ScriptedLearner::joins() {
  MutexLock lock(mutex_);
  return joins_;
}

std::vector<v1::ReportEvaluationRequest> ScriptedLearner::reports() {
  MutexLock lock(mutex_);
  return reports_;
}

void ScriptedLearner::SetWelcome(const v1::JoinReply& welcome) {
  MutexLock lock(mutex_);
  welcome_ = welcome;
}

grpc::Status ScriptedLearner::NextFailure() {
  if (failures_.empty()) return grpc::Status::OK;
  grpc::Status status = failures_.front();
  failures_.pop_front();
  return status;
}

grpc::Status ScriptedLearner::Join(grpc::ServerContext* /*context*/,
                                   const v1::JoinRequest* request,
                                   v1::JoinReply* reply) {
  MutexLock lock(mutex_);
  joins_.push_back(*request);
  *reply = welcome_;
  return NextFailure();
}

bool ScriptedLearner::NextAnswer(grpc::ServerContext* context,
                                 ScriptedAnswer* answer) {
  MutexLock lock(mutex_);
  while (!changed_.WaitFor(lock, kGlance, [this]() SF_REQUIRES(mutex_) {
    return stopping_ || !answers_.empty();
  })) {
    if (context->IsCancelled()) return false;
  }
  if (stopping_ || context->IsCancelled()) return false;
  *answer = std::move(answers_.front());
  answers_.pop_front();
  return true;
}

grpc::Status ScriptedLearner::GetParameters(
    grpc::ServerContext* context, const v1::GetParametersRequest* request,
    grpc::ServerWriter<v1::ParameterChunk>* writer) {
  {
    MutexLock lock(mutex_);
    questions_.push_back(*request);
    changed_.NotifyAll();
  }
  ScriptedAnswer answer;
  if (!NextAnswer(context, &answer)) return grpc::Status::CANCELLED;
  for (const v1::ParameterChunk& chunk : answer.chunks) {
    if (!writer->Write(chunk)) break;
  }
  return answer.status;
}

grpc::Status ScriptedLearner::ReportEvaluation(
    grpc::ServerContext* /*context*/,
    const v1::ReportEvaluationRequest* request,
    v1::ReportEvaluationReply* reply) {
  MutexLock lock(mutex_);
  reports_.push_back(*request);
  reply->set_recorded(reports_.size() == 1);
  return NextFailure();
}

grpc::Status ScriptedLearner::Info(grpc::ServerContext* context,
                                   const v1::LearnerInfoRequest* /*request*/,
                                   v1::LearnerInfoReply* /*reply*/) {
  MutexLock lock(mutex_);
  while (!context->IsCancelled() &&
         !changed_.WaitFor(lock, kGlance, [this]() SF_REQUIRES(mutex_) {
           return stopping_;
         })) {
  }
  return grpc::Status::CANCELLED;
}

}  // namespace softfleet
