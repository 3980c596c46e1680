// SPDX-License-Identifier: Apache-2.0
#include "transport/insert_session.h"

#include <cstring>
#include <random>

#include "absl/strings/str_cat.h"
#include "core/log.h"
#include "core/plural.h"
#include "core/status.h"
#include "transport/codec.h"
#include "transport/status.h"

namespace softfleet {
namespace {

constexpr size_t kSessionBytes = 16;
// Reading ends with the stream's status on its heels, or with a reply that is
// no message; then no status comes.
constexpr absl::Duration kStatusPatience = absl::Seconds(2);

std::string DrawSession() {
  std::random_device device;
  std::string session(kSessionBytes, '\0');
  for (size_t i = 0; i < kSessionBytes; i += sizeof(uint32_t)) {
    const uint32_t bits = device();
    std::memcpy(&session[i], &bits, sizeof(bits));
  }
  return session;
}

// What no other try can put right.
bool IsFinal(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kUnimplemented:
      return true;
    default:
      return false;
  }
}

}  // namespace

InsertSession::InsertSession(std::shared_ptr<grpc::Channel> channel,
                             const InsertClient::Options& options,
                             InsertMetrics& metrics)
    : stub_(v1::ReplayService::NewStub(std::move(channel))),
      options_(options),
      metrics_(metrics),
      session_(DrawSession()),
      buffer_({options.pending_rows, options.buffer_bytes, options.batch_rows}),
      thread_("insert", [this] { Run(); }) {}

InsertSession::~InsertSession() {
  {
    MutexLock lock(mutex_);
    stop_ = true;
    if (context_ != nullptr) context_->TryCancel();
  }
  changed_.NotifyAll();
}

absl::Status InsertSession::Append(const StepBlock& block) {
  {
    MutexLock lock(mutex_);
    SF_RETURN_IF_ERROR(status_);
    if (finishing_) {
      return absl::FailedPreconditionError("the session has been finished");
    }
    if (buffer_.full()) {
      if (options_.overflow == InsertClient::Overflow::kDrop) {
        buffer_.CountDropped(block.rows);
        ShowCounts();
        return absl::OkStatus();
      }
      return absl::ResourceExhaustedError(
          absl::StrCat("the shard has not acknowledged ",
                       Counted(buffer_.counts().pending, "row"), " (",
                       buffer_.bytes(), " bytes) yet"));
    }
  }
  v1::StepBlock message;
  EncodeStepBlock(block, &message);
  {
    MutexLock lock(mutex_);
    buffer_.Append(std::move(message));
    ShowCounts();
  }
  changed_.NotifyAll();
  return absl::OkStatus();
}

bool InsertSession::WaitForRoom(absl::Duration timeout) {
  MutexLock lock(mutex_);
  return changed_.WaitFor(lock, timeout,
                          [this]() SF_REQUIRES(mutex_) { return HasRoom(); });
}

absl::Status InsertSession::Finish(absl::Duration timeout) {
  MutexLock lock(mutex_);
  finishing_ = true;
  changed_.NotifyAll();
  const bool ended =
      changed_.WaitFor(lock, timeout, [this]() SF_REQUIRES(mutex_) {
        return finished_ || !status_.ok() || (buffer_.empty() && !Connected());
      });
  SF_RETURN_IF_ERROR(status_);
  if (ended) return absl::OkStatus();
  return absl::DeadlineExceededError(
      absl::StrCat("the shard did not acknowledge ",
                   Counted(buffer_.counts().pending, "row"), " in ",
                   absl::FormatDuration(timeout)));
}

void InsertSession::Run() {
  Backoff backoff;
  while (AfterStream(RunStream(), backoff)) metrics_.retries.Increment();
}

bool InsertSession::AfterStream(const absl::Status& end, Backoff& backoff) {
  MutexLock lock(mutex_);
  context_ = nullptr;
  if (link_.said_bye && buffer_.empty()) finished_ = true;
  if (stop_ || finished_) {
    changed_.NotifyAll();
    return false;
  }
  if (IsFinal(end)) {
    status_ = Annotate(end, "the replay shard refuses this actor's rows");
    changed_.NotifyAll();
    return false;
  }
  if (link_.new_session) {
    session_ = DrawSession();
    return true;
  }
  if (progressed_) backoff.Reset();
  progressed_ = false;
  if (!away_since_.has_value()) {
    LogWarning(absl::StrCat("no connection to the replay shard, trying on: ",
                            end.message()));
    away_since_ = options_.clock->Monotonic();
  }
  changed_.NotifyAll();
  return !changed_.WaitFor(lock, backoff.Next(),
                           [this]() SF_REQUIRES(mutex_) { return stop_; });
}

absl::Status InsertSession::RunStream() {
  const auto context = std::make_shared<grpc::ClientContext>();
  context->set_initial_metadata_corked(true);  // goes out with Hello
  {
    MutexLock lock(mutex_);
    if (stop_) return absl::CancelledError();
    link_ = Link();
    context_ = context;
  }
  const std::unique_ptr<Stream> stream = stub_->Insert(context.get());
  absl::Status end;
  {
    const Thread reader("insert-read", [&] {
      ReadAll(*stream);
      AwaitStatus(*context);
    });
    WriteAll(*stream);
    EndReading(*context);
    end = FromGrpcStatus(stream->Finish());
    MutexLock lock(mutex_);
    link_.finished = true;
    changed_.NotifyAll();
  }
  MutexLock lock(mutex_);
  if (!link_.error.ok()) return link_.error;
  if (end.ok()) {
    return absl::UnavailableError("the shard has closed the stream");
  }
  return end;
}

void InsertSession::EndReading(grpc::ClientContext& context) {
  MutexLock lock(mutex_);
  // Where the shard has ended the stream its status counts.
  if (!link_.ended || !link_.error.ok()) context.TryCancel();
  changed_.Wait(lock, [this]() SF_REQUIRES(mutex_) { return link_.ended; });
}

void InsertSession::AwaitStatus(grpc::ClientContext& context) {
  MutexLock lock(mutex_);
  if (!changed_.WaitFor(lock, kStatusPatience, [this]() SF_REQUIRES(mutex_) {
        return link_.finished;
      })) {
    context.TryCancel();
  }
}

bool InsertSession::AwaitWelcome() {
  MutexLock lock(mutex_);
  const bool answered = changed_.WaitFor(
      lock, options_.welcome_timeout, [this]() SF_REQUIRES(mutex_) {
        return stop_ || link_.welcomed || link_.ended;
      });
  if (!answered) {
    link_.error = absl::DeadlineExceededError(
        absl::StrCat("the shard has not answered within ",
                     absl::FormatDuration(options_.welcome_timeout)));
  }
  return answered && link_.welcomed;
}

void InsertSession::WriteAll(Stream& stream) {
  stream.Write(Hello());
  if (!AwaitWelcome()) return;
  for (;;) {
    std::shared_ptr<const v1::InsertRequest> batch;
    {
      MutexLock lock(mutex_);
      changed_.Wait(lock, [&]() SF_REQUIRES(mutex_) {
        if (stop_ || link_.ended) return true;
        batch = buffer_.NextBatch();
        return batch != nullptr ||
               (finishing_ && !link_.said_bye && buffer_.AllSent());
      });
      if (stop_ || link_.ended) return;
      ShowCounts();
      link_.said_bye = batch == nullptr;
    }
    if (batch != nullptr) {
      if (!stream.Write(*batch)) return;
      continue;
    }
    v1::InsertRequest bye;
    bye.mutable_bye();
    stream.WriteLast(bye, grpc::WriteOptions());
  }
}

v1::InsertRequest InsertSession::Hello() {
  v1::InsertRequest request;
  v1::Hello* hello = request.mutable_hello();
  hello->set_protocol(v1::PROTOCOL_CURRENT);
  hello->set_run_id(options_.run_id);
  hello->set_session(session_);
  EncodeSchema(options_.schema, hello->mutable_schema());
  hello->set_client(options_.client);
  return request;
}

void InsertSession::ReadAll(Stream& stream) {
  v1::InsertReply reply;
  bool sound = true;
  while (sound && stream.Read(&reply)) {
    MutexLock lock(mutex_);
    const absl::Status status = OnReply(reply);
    if (!status.ok()) link_.error = status;
    sound = status.ok();
    ShowCounts();
    changed_.NotifyAll();
  }
  MutexLock lock(mutex_);
  link_.ended = true;
  changed_.NotifyAll();
}

absl::Status InsertSession::OnReply(const v1::InsertReply& reply) {
  if (reply.has_welcome() && !link_.welcomed) return OnWelcome(reply.welcome());
  if (reply.has_acknowledgement() && link_.welcomed) {
    link_.waiting_for = reply.acknowledgement().waiting_for();
    progressed_ = true;
    return buffer_.Acknowledge(reply.acknowledgement());
  }
  // What a newer shard may say besides is no concern of this client.
  if (reply.kind_case() == v1::InsertReply::KIND_NOT_SET) {
    return absl::OkStatus();
  }
  return absl::InternalError(link_.welcomed
                                 ? "the shard has welcomed one Hello twice"
                                 : "the shard acknowledges before Welcome");
}

absl::Status InsertSession::OnWelcome(const v1::Welcome& welcome) {
  const uint64_t lost_before = buffer_.counts().lost;
  link_.new_session = !buffer_.Open(welcome);
  if (link_.new_session) {
    LogWarning(absl::StrCat(
        "the replay shard has restarted and lost ",
        Counted(buffer_.counts().lost - lost_before, "row"),
        " of this actor that it had acknowledged; a new session begins with ",
        Counted(buffer_.counts().pending, "row"), " kept"));
    return absl::AbortedError("the shard does not know this session");
  }
  link_.welcomed = true;
  progressed_ = progressed_ || buffer_.empty();
  if (away_since_.has_value()) {
    LogInfo(absl::StrCat(
        "connected to the replay shard again after ",
        absl::FormatDuration(options_.clock->Monotonic() - *away_since_)));
    away_since_.reset();
  }
  return absl::OkStatus();
}

void InsertSession::ShowCounts() {
  const InsertCounts& now = buffer_.counts();
  const auto add = [](Counter& counter, uint64_t before, uint64_t after) {
    if (after > before) counter.Increment(static_cast<double>(after - before));
  };
  add(metrics_.acknowledged_rows, shown_.acknowledged, now.acknowledged);
  add(metrics_.rejected_rows, shown_.rejected, now.rejected);
  add(metrics_.lost_shard_restart, shown_.lost, now.lost);
  add(metrics_.lost_overflow, shown_.dropped, now.dropped);
  metrics_.buffer_rows.Set(static_cast<double>(now.pending));
  metrics_.buffer_bytes.Set(static_cast<double>(buffer_.bytes()));
  shown_ = now;
  for (const std::string& rejection : buffer_.TakeRejections()) {
    LogError(absl::StrCat("the replay shard has refused ", rejection));
  }
}

}  // namespace softfleet
