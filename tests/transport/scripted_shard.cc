// SPDX-License-Identifier: Apache-2.0
#include "tests/transport/scripted_shard.h"

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/thread.h"
#include "transport/status.h"

namespace softfleet {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(10);

}  // namespace

struct ScriptedShard::Stream {
  grpc::ServerContext* context = nullptr;
  grpc::ServerReaderWriter<v1::InsertReply, v1::InsertRequest>* wire = nullptr;
  // Guarded by the shard's mutex.
  std::string session;
  std::map<uint64_t, uint64_t> unacknowledged;  // bytes by number
  uint64_t acknowledged = 0;
  uint64_t credit = 0;  // as the client was told, the most since
  bool has_news = false;
  bool ended = false;
  int batches = 0;
};

std::vector<uint64_t> ScriptedShard::Seen::Stored() const {
  std::vector<uint64_t> stored;
  for (const std::string& session : order) {
    for (const auto& batch : sessions.at(session).batches) {
      stored.insert(stored.end(), batch.begin(), batch.end());
    }
  }
  return stored;
}

uint64_t ScriptedShard::Seen::StoredRows() const {
  uint64_t rows = 0;
  for (const auto& [id, session] : sessions) rows += session.rows;
  return rows;
}

ScriptedShard::ScriptedShard(int port) {
  grpc::ServerBuilder builder;
  builder.AddListeningPort(absl::StrCat("127.0.0.1:", port),
                           grpc::InsecureServerCredentials(), &port_);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.RegisterService(this);
  server_ = builder.BuildAndStart();
  EXPECT_NE(server_, nullptr);
}

ScriptedShard::~ScriptedShard() {
  {
    MutexLock lock(mutex_);
    stop_ = true;
  }
  changed_.NotifyAll();
  server_->Shutdown(std::chrono::system_clock::now());
  server_->Wait();
}

std::string ScriptedShard::address() const {
  return absl::StrCat("127.0.0.1:", port_);
}

void ScriptedShard::Change(const std::function<void(Script&)>& change) {
  MutexLock lock(mutex_);
  change(script_);
  for (Stream* stream : streams_) stream->has_news = true;
  changed_.NotifyAll();
}

void ScriptedShard::CutStreams() {
  MutexLock lock(mutex_);
  for (Stream* stream : streams_) stream->context->TryCancel();
}

void ScriptedShard::Lose(size_t batches) {
  MutexLock lock(mutex_);
  if (!seen_.order.empty()) {
    Session& session = seen_.sessions[seen_.order.back()];
    session.batches.resize(std::min(batches, session.batches.size()));
    session.rows = 0;
    for (const auto& batch : session.batches) session.rows += batch.size();
  }
  for (Stream* stream : streams_) {
    stream->ended = true;
    stream->context->TryCancel();
  }
}

bool ScriptedShard::WaitUntil(
    const std::function<bool(const Seen&)>& predicate) {
  MutexLock lock(mutex_);
  return changed_.WaitFor(
      lock, kPatience, [&]() SF_REQUIRES(mutex_) { return predicate(seen_); });
}

ScriptedShard::Seen ScriptedShard::seen() {
  MutexLock lock(mutex_);
  return seen_;
}

grpc::Status ScriptedShard::Insert(
    grpc::ServerContext* context,
    grpc::ServerReaderWriter<v1::InsertReply, v1::InsertRequest>* wire) {
  Stream stream;
  stream.context = context;
  stream.wire = wire;
  {
    MutexLock lock(mutex_);
    streams_.insert(&stream);
  }
  const grpc::Status status = Serve(stream);
  MutexLock lock(mutex_);
  streams_.erase(&stream);
  return status;
}

grpc::Status ScriptedShard::Serve(Stream& stream) {
  v1::InsertRequest request;
  if (!stream.wire->Read(&request)) return grpc::Status::CANCELLED;
  absl::Status refusal;
  {
    MutexLock lock(mutex_);
    refusal = script_.refuse_hello;
    seen_.hellos.push_back(request.hello());
    changed_.NotifyAll();
  }
  if (!refusal.ok()) return ToGrpcStatus(refusal);
  if (!AnswerHello(stream, request.hello())) return grpc::Status::CANCELLED;
  bool bye = false;
  {
    const Thread acknowledger("ack", [&] { AcknowledgeAll(stream); });
    while (!bye && stream.wire->Read(&request)) {
      MutexLock lock(mutex_);
      bye = request.has_bye();
      if (request.has_batch() && !stream.ended) {
        Store(stream, request.batch(), request.ByteSizeLong());
      }
      changed_.NotifyAll();
    }
    MutexLock lock(mutex_);
    if (bye) {
      changed_.Wait(lock, [&]() SF_REQUIRES(mutex_) {
        return stop_ || stream.ended ||
               (stream.unacknowledged.empty() && !script_.ignore_bye);
      });
    }
    stream.ended = true;
    changed_.NotifyAll();
  }
  MutexLock lock(mutex_);
  bye = bye && !stop_;
  if (bye) seen_.sessions[stream.session].said_bye = true;
  changed_.NotifyAll();
  return bye ? grpc::Status::OK : grpc::Status::CANCELLED;
}

bool ScriptedShard::AnswerHello(Stream& stream, const v1::Hello& hello) {
  v1::InsertReply reply;
  {
    MutexLock lock(mutex_);
    changed_.Wait(lock, [&]() SF_REQUIRES(mutex_) {
      return stop_ || script_.answer_hello || stream.context->IsCancelled();
    });
    stream.session = hello.session();
    if (!seen_.sessions.contains(stream.session)) {
      seen_.order.push_back(stream.session);
    }
    const Session& session = seen_.sessions[stream.session];
    v1::Welcome* welcome = reply.mutable_welcome();
    welcome->set_incarnation(1);
    welcome->set_last_seq(session.batches.size());
    welcome->set_session_rows(session.rows);
    welcome->set_credit_bytes(script_.credit_bytes);
    welcome->set_max_batch_bytes(script_.max_batch_bytes);
    stream.credit = script_.credit_bytes;
    stream.acknowledged = session.batches.size();
  }
  return stream.wire->Write(reply);
}

void ScriptedShard::Store(Stream& stream, const v1::Batch& batch,
                          uint64_t bytes) {
  Session& session = seen_.sessions[stream.session];
  stream.unacknowledged[batch.seq()] = bytes;
  uint64_t unacknowledged = 0;
  for (const auto& [seq, size] : stream.unacknowledged) unacknowledged += size;
  seen_.most_unacknowledged_bytes =
      std::max(seen_.most_unacknowledged_bytes, unacknowledged);
  stream.has_news = true;
  if (batch.seq() > session.batches.size() + 1) {
    ++seen_.gaps;
    return;
  }
  if (batch.seq() <= session.batches.size()) {
    ++seen_.repeated_batches;
    return;
  }
  std::vector<uint64_t> ids;
  bool wrong = false;
  uint64_t rows = 0;
  for (const v1::StepBlock& block : batch.blocks()) {
    ids.push_back(block.first_step());
    rows += block.rows();
    wrong = wrong || script_.refused.contains(block.first_step());
  }
  if (wrong) {
    session.rejected.insert(batch.seq());
    ids.clear();
    rows = 0;
  }
  session.batches.push_back(ids);
  session.rows += rows;
  if (!wrong) {
    session.blocks.insert(session.blocks.end(), batch.blocks().begin(),
                          batch.blocks().end());
  }
  if (++stream.batches == script_.cut_after) {
    script_.cut_after.reset();
    stream.ended = true;
    stream.context->TryCancel();
  }
}

void ScriptedShard::AcknowledgeAll(Stream& stream) {
  for (;;) {
    v1::InsertReply reply;
    bool twice = false;
    {
      MutexLock lock(mutex_);
      changed_.Wait(lock, [&]() SF_REQUIRES(mutex_) {
        return stop_ || stream.ended ||
               (stream.has_news &&
                (script_.acknowledge || !script_.waiting_for.empty()));
      });
      if (stop_ || stream.ended) return;
      stream.has_news = false;
      const Session& session = seen_.sessions[stream.session];
      if (script_.acknowledge) {
        stream.acknowledged = session.batches.size();
        stream.unacknowledged.clear();
      }
      v1::Acknowledgement* acknowledgement = reply.mutable_acknowledgement();
      acknowledgement->set_applied(session.batches.size());
      acknowledgement->set_durable(stream.acknowledged);
      acknowledgement->set_credit_bytes(script_.credit_bytes);
      acknowledgement->set_waiting_for(script_.waiting_for);
      for (const uint64_t seq : session.rejected) {
        v1::Rejection* rejection = acknowledgement->add_rejected();
        rejection->set_seq(seq);
        rejection->set_reason("rewards[0] is nan");
      }
      twice = script_.acknowledge_twice;
      changed_.NotifyAll();
    }
    stream.wire->Write(reply);
    if (twice) stream.wire->Write(reply);
  }
}

}  // namespace softfleet
