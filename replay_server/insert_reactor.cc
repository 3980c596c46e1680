// SPDX-License-Identifier: Apache-2.0
#include "replay_server/insert_reactor.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "transport/status.h"

namespace softfleet {

InsertReactor* InsertReactor::Start(const Target& target, uint64_t stream,
                                    grpc::CallbackServerContext* context) {
  auto* const reactor = new InsertReactor(target, stream, context);
  target.streams->Add();
  target.executor->Post([sequencer = target.sequencer, stream, reactor] {
    sequencer->Opened(stream, reactor);
  });
  reactor->StartRead(&reactor->request_);
  return reactor;
}

void InsertReactor::Accept(std::shared_ptr<const Binding> binding,
                           std::shared_ptr<StreamCredit> credit) {
  binding_ = std::move(binding);
  credit_ = std::move(credit);
  ReadOn();
}

void InsertReactor::ReadOn() { StartRead(&request_); }

void InsertReactor::Write(v1::InsertReply reply) {
  reply_ = std::move(reply);
  StartWrite(&reply_);
}

void InsertReactor::Finish(const absl::Status& status) {
  ServerBidiReactor::Finish(ToGrpcStatus(status));
}

void InsertReactor::Cancel() { context_->TryCancel(); }

void InsertReactor::Fail(absl::Status status, std::string reason) {
  target_.executor->Post([sequencer = target_.sequencer, stream = stream_,
                          status = std::move(status),
                          reason = std::move(reason)] {
    sequencer->Failed(stream, status, reason);
  });
}

void InsertReactor::OnReadDone(bool ok) {
  if (!ok) {
    Fail(absl::CancelledError("the client left without Bye"), "cancelled");
    return;
  }
  Sequencer* const sequencer = target_.sequencer;
  switch (request_.kind_case()) {
    case v1::InsertRequest::kHello:
      // Reading goes on with Accept.
      target_.executor->Post([sequencer, stream = stream_,
                              hello = std::move(*request_.mutable_hello())] {
        sequencer->SaidHello(stream, hello);
      });
      return;
    case v1::InsertRequest::kBatch:
      OnBatch();
      return;
    case v1::InsertRequest::kBye:
      target_.executor->Post(
          [sequencer, stream = stream_] { sequencer->SaidBye(stream); });
      return;
    case v1::InsertRequest::KIND_NOT_SET:
      StartRead(&request_);  // of a newer program
      return;
  }
}

void InsertReactor::OnBatch() {
  if (binding_ == nullptr) {
    Fail(absl::InvalidArgumentError("a batch came before Hello"), "hello");
    return;
  }
  const v1::Batch& batch = request_.batch();
  if (batch.seq() == 0) {
    Fail(absl::InvalidArgumentError("batch.seq is 0, it counts from 1"), "seq");
    return;
  }
  const uint64_t bytes = batch.ByteSizeLong();
  const StreamCredit::Taken taken = credit_->Take(bytes);
  if (taken == StreamCredit::Taken::kExceeded) {
    Fail(absl::ResourceExhaustedError(
             absl::StrCat("batch ", batch.seq(), " of ", bytes,
                          " bytes exceeds the credit: ", credit_->used(),
                          " of ", credit_->limit(), " bytes are in use")),
         "credit");
    return;
  }
  target_.executor->Post(
      [sequencer = target_.sequencer, stream = stream_,
       pending = CheckBatch(*binding_, batch, bytes,
                            target_.max_batch_bytes)]() mutable {
        sequencer->Arrived(stream, std::move(pending));
      });
  if (taken == StreamCredit::Taken::kReadOn) StartRead(&request_);
}

void InsertReactor::OnWriteDone(bool ok) {
  target_.executor->Post([sequencer = target_.sequencer, stream = stream_, ok] {
    sequencer->Written(stream, ok);
  });
}

void InsertReactor::OnDone() {
  StreamCount* const streams = target_.streams;
  delete this;
  streams->Remove();
}

void InsertReactor::OnCancel() {
  Fail(absl::CancelledError("the client is gone"), "cancelled");
}

}  // namespace softfleet
