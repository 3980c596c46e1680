// SPDX-License-Identifier: Apache-2.0
#include "transport/shard_link.h"

#include <grpcpp/client_context.h>
#include <grpcpp/support/sync_stream.h>

#include <deque>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/backoff.h"
#include "core/log.h"
#include "core/mutex.h"
#include "core/status.h"
#include "core/thread.h"
#include "softfleet/v1/replay.grpc.pb.h"
#include "transport/codec.h"
#include "transport/status.h"

namespace softfleet {
namespace {

constexpr absl::Duration kCallTimeout = absl::Seconds(10);
// The shard is told something at least so often (it gives a silent learner
// up after 30 s), and asked for its sessions.
constexpr absl::Duration kHeartbeat = absl::Seconds(1);
// A shard that refuses waits for a person.
const Backoff::Options kRefused = {.initial = absl::Seconds(2),
                                   .max = absl::Seconds(30)};

}  // namespace

class ShardLink::Impl {
 public:
  Impl(std::shared_ptr<grpc::Channel> channel, Options options)
      : options_(std::move(options)),
        stub_(v1::ReplayService::NewStub(std::move(channel))),
        position_(options_.position),
        taken_(options_.position),
        follow_thread_("follow", [this] { Follow(); }),
        progress_thread_("progress", [this] { Progress(); }) {}

  ~Impl() {
    {
      MutexLock lock(mutex_);
      stop_ = true;
      for (grpc::ClientContext* context : {follow_, progress_}) {
        if (context != nullptr) context->TryCancel();
      }
    }
    changed_.NotifyAll();
  }

  std::optional<ShardDelivery> Take() {
    std::optional<ShardDelivery> delivery;
    {
      MutexLock lock(mutex_);
      if (deliveries_.empty()) return std::nullopt;
      delivery = std::move(deliveries_.front());
      deliveries_.pop_front();
      taken_ = delivery->position;
    }
    changed_.NotifyAll();
    return delivery;
  }

  bool connected() {
    MutexLock lock(mutex_);
    return connected_;
  }

  void SetProgress(const v1::ProgressUpdate& update) {
    {
      MutexLock lock(mutex_);
      update_ = update;
      if (!update_->has_position()) {
        EncodePosition(taken_, update_->mutable_position());
      }
      news_ = true;
    }
    changed_.NotifyAll();
  }

  State state() const {
    MutexLock lock(mutex_);
    return state_;
  }

 private:
  void Follow() {
    Backoff backoff;
    Backoff refused(kRefused);
    while (!stopping()) {
      const absl::Status end = AttachAndRead(&backoff, &refused);
      SetAway(end);
      Arrived();
      Pause(IsTransient(end) ? backoff.Next() : refused.Next());
    }
  }

  absl::Status AttachAndRead(Backoff* backoff, Backoff* refused) {
    SF_RETURN_IF_ERROR(Attach());
    refused->Reset();
    grpc::ClientContext context;
    SF_RETURN_IF_ERROR(Begin(&context, &follow_));
    v1::FollowRequest request;
    request.set_protocol(v1::PROTOCOL_CURRENT);
    request.set_run_id(options_.attach.run_id());
    request.set_follower("learner");
    EncodePosition(position_, request.mutable_position());
    const auto stream = stub_->Follow(&context, request);
    v1::FollowReply reply;
    absl::Status problem;
    while (problem.ok() && stream->Read(&reply)) {
      problem = Deliver(reply);
      backoff->Reset();
    }
    if (!problem.ok()) context.TryCancel();
    const absl::Status end = FromGrpcStatus(stream->Finish());
    MutexLock lock(mutex_);
    follow_ = nullptr;
    if (!problem.ok()) return problem;
    return end.ok() ? absl::UnavailableError("the shard ended the stream")
                    : end;
  }

  absl::Status Attach() {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + kCallTimeout));
    SF_RETURN_IF_ERROR(Begin(&context, &follow_));
    v1::AttachReply reply;
    const absl::Status status =
        FromGrpcStatus(stub_->Attach(&context, options_.attach, &reply));
    MutexLock lock(mutex_);
    follow_ = nullptr;
    SF_RETURN_IF_ERROR(status);
    LogInfo(absl::StrCat("attached shard ", options_.address, ", incarnation ",
                         reply.incarnation(), ", rows up to ",
                         reply.next_id()));
    state_ = {true, reply.incarnation(), reply.live_sessions(), ""};
    changed_.NotifyAll();
    return absl::OkStatus();
  }

  // Waits for room among the deliveries.
  absl::Status Deliver(const v1::FollowReply& reply) {
    SF_ASSIGN_OR_RETURN(ShardDelivery delivery, Decode(reply));
    position_ = delivery.position;
    {
      MutexLock lock(mutex_);
      changed_.Wait(lock, [this]() SF_REQUIRES(mutex_) {
        return stop_ || deliveries_.size() < kKeptDeliveries;
      });
      connected_ = true;
      deliveries_.push_back(std::move(delivery));
    }
    Arrived();
    return absl::OkStatus();
  }

  absl::StatusOr<ShardDelivery> Decode(const v1::FollowReply& reply) const {
    ShardDelivery delivery;
    delivery.skipped_rows = reply.skipped_rows();
    delivery.position = DecodePosition(reply.position());
    delivery.caught_up = delivery.position.next_id == reply.head();
    for (const v1::FollowedBlock& followed : reply.blocks()) {
      absl::StatusOr<StepBlock> block =
          DecodeStepBlock(options_.schema, followed.block());
      if (!block.ok()) return Annotate(block.status(), "a followed block");
      delivery.items.push_back(
          {*std::move(block), {reply.incarnation(), followed.next_id()}});
    }
    return delivery;
  }

  void Progress() {
    Backoff backoff;
    while (AwaitAttached()) {
      if (Report()) backoff.Reset();
      Pause(backoff.Next());
    }
  }

  // One stream, as long as it lives; whether it ever took a message.
  bool Report() {
    grpc::ClientContext context;
    if (!Begin(&context, &progress_).ok()) return false;
    v1::ProgressSummary summary;
    const auto stream = stub_->ReportProgress(&context, &summary);
    bool worked = false;
    bool alive = true;
    while (alive && AwaitNews()) {
      alive = stream->Write(NextUpdate());
      worked |= alive;
      AskSessions();
    }
    if (alive) context.TryCancel();
    const absl::Status end = FromGrpcStatus(stream->Finish());
    MutexLock lock(mutex_);
    progress_ = nullptr;
    if (!stop_ && state_.attached) {
      LogInfo(absl::StrCat("shard ", options_.address,
                           " takes no progress: ", end.ToString()));
    }
    return worked;
  }

  v1::ProgressUpdate NextUpdate() {
    MutexLock lock(mutex_);
    news_ = false;
    return *update_;
  }

  // Now and then: how many actors write to the shard.
  void AskSessions() {
    const absl::Time now = absl::Now();
    if (now < ask_at_) return;
    ask_at_ = now + kHeartbeat;
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(now + kHeartbeat));
    v1::ReplayInfoReply reply;
    if (!stub_->Info(&context, {}, &reply).ok()) return;
    MutexLock lock(mutex_);
    state_.live_sessions = reply.live_sessions();
  }

  // Waits for something to tell; true too when it is time to repeat it.
  bool AwaitNews() {
    MutexLock lock(mutex_);
    changed_.WaitFor(lock, kHeartbeat, [this]() SF_REQUIRES(mutex_) {
      return stop_ || !state_.attached || news_;
    });
    return !stop_ && state_.attached;
  }

  bool AwaitAttached() {
    MutexLock lock(mutex_);
    changed_.Wait(lock, [this]() SF_REQUIRES(mutex_) {
      return stop_ || (state_.attached && update_.has_value());
    });
    return !stop_;
  }

  void SetAway(const absl::Status& status) {
    MutexLock lock(mutex_);
    connected_ = false;
    const std::string problem = absl::StrCat("shard ", options_.address, ": ",
                                             std::string(status.message()));
    if (!stop_ && problem != state_.problem) LogWarning(problem);
    state_.attached = false;
    state_.live_sessions = 0;
    state_.problem = problem;
    if (progress_ != nullptr) progress_->TryCancel();
    changed_.NotifyAll();
  }

  void Arrived() {
    if (options_.on_arrival) options_.on_arrival();
  }

  // From now on the destructor cancels `context`, until `*slot` is cleared.
  absl::Status Begin(grpc::ClientContext* context, grpc::ClientContext** slot) {
    MutexLock lock(mutex_);
    if (stop_) return absl::CancelledError("the link is ending");
    *slot = context;
    return absl::OkStatus();
  }

  void Pause(absl::Duration duration) {
    MutexLock lock(mutex_);
    changed_.WaitFor(lock, duration,
                     [this]() SF_REQUIRES(mutex_) { return stop_; });
  }

  bool stopping() const {
    MutexLock lock(mutex_);
    return stop_;
  }

  const Options options_;
  const std::unique_ptr<v1::ReplayService::Stub> stub_;
  Position position_;                         // of the following thread alone
  absl::Time ask_at_ = absl::InfinitePast();  // of the progress thread alone

  mutable Mutex mutex_;
  Condition changed_;
  bool stop_ SF_GUARDED_BY(mutex_) = false;
  bool connected_ SF_GUARDED_BY(mutex_) = false;
  std::deque<ShardDelivery> deliveries_ SF_GUARDED_BY(mutex_);
  Position taken_ SF_GUARDED_BY(mutex_);
  std::optional<v1::ProgressUpdate> update_ SF_GUARDED_BY(mutex_);
  bool news_ SF_GUARDED_BY(mutex_) = false;  // not told yet
  State state_ SF_GUARDED_BY(mutex_);
  grpc::ClientContext* follow_ SF_GUARDED_BY(mutex_) = nullptr;
  grpc::ClientContext* progress_ SF_GUARDED_BY(mutex_) = nullptr;
  Thread follow_thread_;  // last: they use all of the above
  Thread progress_thread_;
};

ShardLink::ShardLink(std::shared_ptr<grpc::Channel> channel, Options options)
    : impl_(std::make_unique<Impl>(std::move(channel), std::move(options))) {}

ShardLink::~ShardLink() = default;

std::optional<ShardDelivery> ShardLink::Take() { return impl_->Take(); }

bool ShardLink::connected() { return impl_->connected(); }

void ShardLink::SetProgress(const v1::ProgressUpdate& update) {
  impl_->SetProgress(update);
}

ShardLink::State ShardLink::state() const { return impl_->state(); }

}  // namespace softfleet
