// SPDX-License-Identifier: Apache-2.0
#include "replay_server/sequencer.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "core/log.h"
#include "core/status.h"
#include "transport/codec.h"

namespace softfleet {
namespace {

// Leaves the rest of the budget to three more clients, so that credits shrink
// before anybody is turned away.
constexpr uint64_t kShareOfTheRest = 4;
// Of a client's name in the log.
constexpr size_t kNameCharacters = 60;

std::string NameOf(const v1::Hello& hello) {
  return absl::StrCat(
      absl::CHexEscape(hello.client().substr(0, kNameCharacters)), " (session ",
      absl::BytesToHexString(hello.session().substr(0, 4)), ")");
}

const absl::Status& Stopping() {
  static const auto& status =
      *new absl::Status(absl::UnavailableError("this shard is stopping"));
  return status;
}

}  // namespace

absl::Status Sequencer::Options::Validate() const {
  if (max_batch_bytes >= 1 && max_batch_bytes <= smallest_credit_bytes &&
      smallest_credit_bytes <= credit_bytes && credit_bytes <= message_bytes &&
      smallest_credit_bytes <= budget_bytes) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "largest batch (", max_batch_bytes, " bytes) <= smallest credit (",
      smallest_credit_bytes, ") <= credit (", credit_bytes,
      ") <= message limit (", message_bytes,
      ") does not hold, or the budget of all credits (", budget_bytes,
      ") is too small for one"));
}

Sequencer::Sequencer(Options options, Shard& shard,
                     ReplayServerMetrics& metrics)
    : options_(std::move(options)),
      shard_(shard),
      metrics_(metrics),
      moved_(options_.clock->Monotonic()) {}

Sequencer::Stream* Sequencer::Find(uint64_t id) {
  const auto found = streams_.find(id);
  return found == streams_.end() ? nullptr : &found->second;
}

void Sequencer::Opened(uint64_t stream, InsertPeer* peer) {
  Stream& opened = streams_[stream];
  opened.id = stream;
  opened.peer = peer;
  opened.since = options_.clock->Monotonic();
  if (draining_) Close(opened, Stopping(), "draining");
}

absl::Status Sequencer::CheckHello(const v1::Hello& hello,
                                   const Binding* binding) const {
  SF_RETURN_IF_ERROR(CheckProtocol(hello.protocol()));
  SF_RETURN_IF_ERROR(SessionRegistry::CheckId(hello.session()));
  if (binding == nullptr) {
    return absl::UnavailableError(
        "no learner has attached this shard to a run yet");
  }
  SF_RETURN_IF_ERROR(binding->CheckRun(hello.run_id()));
  SF_ASSIGN_OR_RETURN(const Schema schema, DecodeSchema(hello.schema()));
  SF_RETURN_IF_ERROR(binding->CheckSchema(schema));
  if (options_.budget_bytes - budget_used_ < options_.smallest_credit_bytes) {
    return absl::ResourceExhaustedError(
        absl::StrCat("this shard serves ", streams_.size(),
                     " streams and has no credit left"
                     " for another: add a shard, or raise --memory_limit"));
  }
  return absl::OkStatus();
}

void Sequencer::SaidHello(uint64_t id, const v1::Hello& hello) {
  Stream* const stream = Find(id);
  if (stream == nullptr || stream->closing.has_value()) return;
  if (stream->session != nullptr) {
    Close(*stream, absl::InvalidArgumentError("a second Hello on one stream"),
          "hello");
    return;
  }
  stream->name = NameOf(hello);
  std::shared_ptr<const Binding> binding = shard_.binding();
  const absl::Status checked = CheckHello(hello, binding.get());
  if (!checked.ok()) {
    Close(*stream, checked, "hello");
    return;
  }
  const auto claimed = registry_.Claim(hello.session(), id);
  stream->session = claimed.session;
  if (Stream* const older = Find(claimed.superseded); older != nullptr) {
    Close(*older,
          absl::AbortedError("superseded: the session has a newer stream"),
          "superseded");
  }
  Welcome(*stream, std::move(binding));
}

void Sequencer::Welcome(Stream& stream,
                        std::shared_ptr<const Binding> binding) {
  const uint64_t credit =
      std::clamp((options_.budget_bytes - budget_used_) / kShareOfTheRest,
                 options_.smallest_credit_bytes, options_.credit_bytes);
  budget_used_ += credit;
  stream.credit = std::make_shared<StreamCredit>(credit);
  stream.last_queued = stream.applied = stream.session->last_seq;
  metrics_.sessions.Set(static_cast<double>(registry_.live()));
  LogInfo(absl::StrCat(stream.name, " writes from batch ",
                       stream.session->last_seq + 1, " on"));

  v1::InsertReply reply;
  v1::Welcome& welcome = *reply.mutable_welcome();
  welcome.set_incarnation(shard_.incarnation());
  welcome.set_last_seq(stream.session->last_seq);
  welcome.set_session_rows(stream.session->rows);
  welcome.set_credit_bytes(credit);
  welcome.set_max_batch_bytes(options_.max_batch_bytes);
  welcome.set_level(v1::DURABILITY_LEVEL_MEMORY);
  for (const v1::Rejection& rejection : stream.session->rejected) {
    *welcome.add_rejected() = rejection;
  }
  stream.writing = true;
  stream.peer->Write(std::move(reply));
  stream.peer->Accept(std::move(binding), stream.credit);
}

void Sequencer::Arrived(uint64_t id, PendingBatch batch) {
  Stream* const stream = Find(id);
  if (stream == nullptr || stream->closing.has_value()) return;
  queued_bytes_ += batch.bytes;
  switch (SessionRegistry::Judge(stream->last_queued, batch.seq)) {
    case SessionRegistry::Verdict::kDuplicate:
      SayDuplicate(*stream, batch);
      return;
    case SessionRegistry::Verdict::kGap:
      ReturnCredit(*stream, batch);
      Close(*stream,
            absl::AbortedError(absl::StrCat(
                "batch ", batch.seq, " came after ", stream->last_queued,
                ": some are missing; connect again")),
            "gap");
      return;
    case SessionRegistry::Verdict::kNext:
      break;
  }
  stream->last_queued = batch.seq;
  stream->queue.push_back(std::move(batch));
  if (stream->queue.size() == 1) {
    stream->served = std::max(stream->served, served_);
    ready_.insert({stream->served, id});
  }
}

void Sequencer::SayDuplicate(Stream& stream, const PendingBatch& batch) {
  metrics_.duplicate_rows.Increment(static_cast<double>(batch.rows));
  ReturnCredit(stream, batch);
  Reply(stream);
}

void Sequencer::SaidBye(uint64_t id) {
  Stream* const stream = Find(id);
  if (stream == nullptr || stream->closing.has_value()) return;
  stream->bye = true;
  if (stream->queue.empty()) Close(*stream, absl::OkStatus(), "bye");
}

void Sequencer::Failed(uint64_t id, const absl::Status& status,
                       const std::string& reason) {
  Stream* const stream = Find(id);
  if (stream != nullptr) Close(*stream, status, reason);
}

bool Sequencer::ApplyOne() {
  const bool open = shard_.UpdateGate() == Gate::State::kOpen;
  for (auto turn = ready_.begin(); turn != ready_.end();) {
    const uint64_t id = turn->second;
    Stream* const stream = Find(id);
    if (stream == nullptr || stream->queue.empty()) {
      turn = ready_.erase(turn);
      continue;
    }
    if (!open && stream->queue.front().problem.ok()) {
      ++turn;
      continue;
    }
    ready_.erase(turn);
    PendingBatch batch = std::move(stream->queue.front());
    stream->queue.pop_front();
    served_ = stream->served;
    stream->served += batch.rows;
    if (!stream->queue.empty()) ready_.insert({stream->served, id});
    Process(*stream, std::move(batch));
    moved_ = options_.clock->Monotonic();
    return true;
  }
  TellWhoWaits();
  return false;
}

void Sequencer::Process(Stream& stream, PendingBatch batch) {
  if (batch.problem.ok()) batch.problem = Store(stream, batch);
  if (!batch.problem.ok()) Refuse(stream, batch);
  stream.applied = batch.seq;
  ReturnCredit(stream, batch);
  shard_.UpdateGate();
  if (stream.bye && stream.queue.empty()) {
    stream.reply_due = true;
    Close(stream, absl::OkStatus(), "bye");
    return;
  }
  Reply(stream);
}

absl::Status Sequencer::Store(Stream& stream, const PendingBatch& batch) {
  const absl::Status stored = shard_.binding()->table->Append(batch.blocks);
  if (!stored.ok()) {
    LogError(absl::StrCat("the table refused a checked batch of ", stream.name,
                          ": ", stored.ToString()));
    return stored;
  }
  SessionRegistry::Stored(stream.session, batch.seq, batch.rows);
  metrics_.inserted_rows.Increment(static_cast<double>(batch.rows));
  options_.on_rows();
  return absl::OkStatus();
}

void Sequencer::Refuse(Stream& stream, const PendingBatch& batch) {
  v1::Rejection rejection;
  rejection.set_seq(batch.seq);
  rejection.set_reason(std::string(batch.problem.message()));
  rejection.set_rows(batch.rows);
  metrics_
      .RejectedRows(batch.problem_kind.empty() ? "invalid" : batch.problem_kind)
      .Increment(static_cast<double>(batch.rows));
  // The first, second, fourth, ...: a client that does nothing right must not
  // fill the log.
  if (std::has_single_bit(++stream.refused)) {
    LogWarning(absl::StrCat("refused batch ", batch.seq, " of ", stream.name,
                            " (", stream.refused,
                            " so far): ", rejection.reason()));
  }
  stream.unreported.push_back(rejection);
  SessionRegistry::Refused(stream.session, std::move(rejection));
}

void Sequencer::TellWhoWaits() {
  const absl::string_view reason = Gate::Name(shard_.gate().state());
  for (const auto& [served, id] : ready_) {
    Stream* const stream = Find(id);
    if (stream != nullptr && stream->told_reason != reason) Reply(*stream);
  }
}

void Sequencer::ReturnCredit(Stream& stream, const PendingBatch& batch) {
  queued_bytes_ -= batch.bytes;
  if (stream.credit->Return(batch.bytes) && !stream.closing.has_value()) {
    stream.peer->ReadOn();
  }
}

void Sequencer::Reply(Stream& stream) {
  stream.reply_due = true;
  if (stream.writing) return;
  stream.told_reason = stream.queue.empty()
                           ? ""
                           : std::string(Gate::Name(shard_.gate().state()));
  v1::InsertReply reply;
  v1::Acknowledgement& acknowledgement = *reply.mutable_acknowledgement();
  acknowledgement.set_applied(stream.applied);
  acknowledgement.set_durable(stream.applied);
  acknowledgement.set_level(v1::DURABILITY_LEVEL_MEMORY);
  for (v1::Rejection& rejection : stream.unreported) {
    *acknowledgement.add_rejected() = std::move(rejection);
  }
  stream.unreported.clear();
  acknowledgement.set_credit_bytes(stream.credit->limit());
  acknowledgement.set_waiting_for(stream.told_reason);
  stream.reply_due = false;
  stream.writing = true;
  stream.peer->Write(std::move(reply));
}

void Sequencer::Written(uint64_t id, bool ok) {
  Stream* const stream = Find(id);
  if (stream == nullptr) return;
  stream->writing = false;
  if (!ok) {
    stream->reply_due = false;
    Close(*stream, absl::CancelledError("the client is gone"), "cancelled");
    return;
  }
  if (stream->closing.has_value()) {
    FinishIfDone(*stream);
  } else if (stream->reply_due) {
    Reply(*stream);
  }
}

// A closing stream is not the session's any more, but what it has stored is
// still acknowledged if a reply is due.
void Sequencer::Close(Stream& stream, const absl::Status& status,
                      const std::string& reason) {
  if (stream.closing.has_value()) {
    FinishIfDone(stream);
    return;
  }
  stream.closing = status;
  stream.since = options_.clock->Monotonic();
  metrics_.StreamsClosed(reason).Increment();
  if (!status.ok()) {
    LogInfo(absl::StrCat("ended the stream of ", stream.name, ": ",
                         status.message()));
  }
  while (!stream.queue.empty()) {
    queued_bytes_ -= stream.queue.front().bytes;
    stream.queue.pop_front();
  }
  if (stream.session != nullptr) {
    registry_.Release(std::exchange(stream.session, nullptr), stream.id);
    metrics_.sessions.Set(static_cast<double>(registry_.live()));
  }
  if (stream.credit != nullptr) budget_used_ -= stream.credit->limit();
  FinishIfDone(stream);
}

void Sequencer::FinishIfDone(Stream& stream) {
  if (stream.writing) return;
  if (stream.reply_due) {
    Reply(stream);
    return;
  }
  stream.peer->Finish(*stream.closing);
  streams_.erase(stream.id);
}

void Sequencer::NoticeBlockade(absl::Duration now) {
  if (queued_bytes_ == 0) moved_ = now;
  const bool blocked = now - moved_ >= options_.blocked_notice;
  if (blocked && !noticed_) {
    ++notices_;
    LogInfo(absl::StrCat(
        ready_.size(), " of ", registry_.live(), " sessions wait since ",
        absl::FormatDuration(now - moved_), " (",
        Gate::Name(shard_.gate().state()), "): ",
        shard_.gate().Describe(shard_.binding()->table->counts().next_row)));
  }
  noticed_ = blocked;
}

void Sequencer::Tick() {
  shard_.UpdateGate();
  metrics_.queued_bytes.Set(static_cast<double>(queued_bytes_));
  const absl::Duration now = options_.clock->Monotonic();
  NoticeBlockade(now);
  std::vector<uint64_t> silent;
  for (auto& [id, stream] : streams_) {
    const absl::Duration age = now - stream.since;
    if (stream.closing.has_value()) {
      if (age < options_.close_timeout || stream.cancelled) continue;
      stream.cancelled = true;
      stream.peer->Cancel();
    } else if (stream.session == nullptr && age >= options_.hello_timeout) {
      silent.push_back(id);
    }
  }
  for (const uint64_t id : silent) {
    Failed(id,
           absl::DeadlineExceededError(
               absl::StrCat("no Hello came within ",
                            absl::FormatDuration(options_.hello_timeout))),
           "hello_timeout");
  }
}

void Sequencer::Drain() {
  draining_ = true;
  std::vector<uint64_t> open;
  for (const auto& [id, stream] : streams_) open.push_back(id);
  for (const uint64_t id : open) Failed(id, Stopping(), "draining");
}

}  // namespace softfleet
