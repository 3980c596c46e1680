// SPDX-License-Identifier: Apache-2.0
// The part of learner_client.h that keeps the newest snapshot at hand.
#include <grpcpp/client_context.h>
#include <grpcpp/support/sync_stream.h>

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/log.h"
#include "core/mutex.h"
#include "core/status.h"
#include "core/thread.h"
#include "experience/run_phase.h"
#include "softfleet/v1/learner.grpc.pb.h"
#include "transport/codec.h"
#include "transport/learner_client.h"
#include "transport/snapshot_assembler.h"
#include "transport/status.h"

namespace softfleet {
namespace {

// What an answer may take to arrive, beyond the time the learner may wait.
constexpr absl::Duration kTransferTime = absl::Seconds(30);
// An answer without news that comes sooner is a server in trouble: asking it
// again at once would only make it worse.
constexpr absl::Duration kShortestPoll = absl::Milliseconds(50);

bool IsEnd(RunState phase) {
  return phase == RunState::kFinished || phase == RunState::kFailed;
}

// What one call of GetParameters brought.
struct Answer {
  absl::Status status;     // of what could not be used
  bool other_run = false;  // which no waiting mends
  std::optional<RunState> phase;
  uint64_t updates = 0;
  std::shared_ptr<const Snapshot> snapshot;  // nullptr: nothing new
};

}  // namespace

class ParameterClient::Impl {
 public:
  Impl(const std::shared_ptr<grpc::Channel>& channel, Options options)
      : options_(std::move(options)),
        stub_(v1::LearnerService::NewStub(channel)),
        thread_("parameters", [this] { Run(); }) {}

  ~Impl() {
    MutexLock lock(mutex_);
    stopping_ = true;
    if (call_ != nullptr) call_->TryCancel();
    changed_.NotifyAll();
  }

  absl::StatusOr<std::shared_ptr<const Snapshot>> Latest(uint64_t have)
      SF_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    return LatestLocked(have);
  }

  absl::StatusOr<std::shared_ptr<const Snapshot>> WaitForNewer(
      uint64_t have, absl::Duration timeout) SF_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    changed_.WaitFor(lock, timeout, [&]() SF_REQUIRES(mutex_) {
      return !status_.ok() || IsNewer(have) || IsEnd(phase_);
    });
    return LatestLocked(have);
  }

  RunState phase() const SF_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    return phase_;
  }
  uint64_t updates() const SF_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    return updates_;
  }

 private:
  absl::StatusOr<std::shared_ptr<const Snapshot>> LatestLocked(
      uint64_t have) const SF_REQUIRES(mutex_) {
    if (!status_.ok()) return status_;
    if (!IsNewer(have)) return nullptr;
    return newest_;
  }

  bool IsNewer(uint64_t have) const SF_REQUIRES(mutex_) {
    return newest_ != nullptr && newest_->version > have;
  }

  void Run() {
    Backoff backoff(options_.backoff);
    while (true) {
      const absl::Time began = absl::Now();
      const Answer answer = Ask();
      if (!Take(answer)) return;
      const bool news = answer.snapshot != nullptr;
      if (news ||
          (answer.status.ok() && absl::Now() - began >= kShortestPoll)) {
        backoff.Reset();
      } else if (Stopped(backoff.Next())) {
        return;
      }
    }
  }

  Answer Ask() SF_EXCLUDES(mutex_) {
    grpc::ClientContext context;
    context.set_deadline(
        absl::ToChronoTime(absl::Now() + options_.max_wait + kTransferTime));
    v1::GetParametersRequest request;
    request.set_max_wait_seconds(absl::ToDoubleSeconds(options_.max_wait));
    request.set_for_evaluation(options_.for_evaluation);
    {
      MutexLock lock(mutex_);
      if (stopping_) return {};
      call_ = &context;
      request.set_have_version(newest_ == nullptr ? 0 : newest_->version);
    }
    Answer answer = Receive(context, request);
    MutexLock lock(mutex_);
    call_ = nullptr;
    return answer;
  }

  Answer Receive(grpc::ClientContext& context,
                 const v1::GetParametersRequest& request) {
    Answer answer;
    SnapshotAssembler assembler;
    v1::ParameterChunk chunk;
    const auto reader = stub_->GetParameters(&context, request);
    while (answer.status.ok() && reader->Read(&chunk)) {
      answer.status = assembler.Add(chunk);
      if (!assembler.confirmed()) continue;
      answer.phase = DecodePhase(chunk.phase());
      answer.updates = chunk.updates();
    }
    if (!answer.status.ok()) context.TryCancel();
    const absl::Status status = FromGrpcStatus(reader->Finish());
    if (answer.status.ok()) answer.status = status;
    if (!answer.status.ok()) return answer;
    answer.status = Decode(assembler, request.have_version(), &answer);
    return answer;
  }

  absl::Status Decode(const SnapshotAssembler& assembler, uint64_t have,
                      Answer* answer) const {
    SF_ASSIGN_OR_RETURN(std::optional<Snapshot> snapshot, assembler.Finish());
    if (!snapshot.has_value()) return absl::OkStatus();
    const std::string& run_id = options_.run_id;
    if (!run_id.empty() && snapshot->run_id != run_id) {
      answer->other_run = true;
      return absl::FailedPreconditionError(
          absl::StrCat("the learner serves run ", snapshot->run_id,
                       " now, this program "
                       "joined run ",
                       run_id, "; start it again to join the other"));
    }
    if (snapshot->version <= have) {
      return absl::DataLossError(
          absl::StrCat("policy version ", snapshot->version,
                       " was sent although ", have, " is known"));
    }
    answer->snapshot = std::make_shared<const Snapshot>(*std::move(snapshot));
    return absl::OkStatus();
  }

  // False: there is nothing more to ask.
  bool Take(const Answer& answer) SF_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    if (stopping_) return false;
    if (answer.other_run) {
      status_ = answer.status;
      changed_.NotifyAll();
      return false;
    }
    Note(answer.status);
    if (answer.phase.has_value()) {
      phase_ = *answer.phase;
      updates_ = answer.updates;
    }
    if (answer.snapshot != nullptr) newest_ = answer.snapshot;
    changed_.NotifyAll();
    return true;
  }

  // One line where a trouble begins, changes or ends.
  void Note(const absl::Status& status) SF_REQUIRES(mutex_) {
    const std::string problem(status.message());
    if (problem == problem_) return;
    problem_ = problem;
    if (problem.empty()) {
      LogInfo("policies arrive again");
    } else {
      LogWarning(absl::StrCat("no new policy: ", problem, "; asking again"));
    }
  }

  bool Stopped(absl::Duration wait) SF_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    return changed_.WaitFor(lock, wait,
                            [this]() SF_REQUIRES(mutex_) { return stopping_; });
  }

  const Options options_;
  const std::unique_ptr<v1::LearnerService::Stub> stub_;
  mutable Mutex mutex_;
  Condition changed_;
  bool stopping_ SF_GUARDED_BY(mutex_) = false;
  grpc::ClientContext* call_ SF_GUARDED_BY(mutex_) = nullptr;  // in flight
  absl::Status status_ SF_GUARDED_BY(mutex_);
  std::string problem_ SF_GUARDED_BY(mutex_);
  std::shared_ptr<const Snapshot> newest_ SF_GUARDED_BY(mutex_);
  RunState phase_ SF_GUARDED_BY(mutex_) = RunState::kWaiting;
  uint64_t updates_ SF_GUARDED_BY(mutex_) = 0;
  Thread thread_;  // last: uses all of the above
};

ParameterClient::ParameterClient(std::shared_ptr<grpc::Channel> channel,
                                 Options options)
    : impl_(std::make_unique<Impl>(channel, std::move(options))) {}

ParameterClient::~ParameterClient() = default;

absl::StatusOr<std::shared_ptr<const Snapshot>> ParameterClient::Latest(
    uint64_t have) {
  return impl_->Latest(have);
}

absl::StatusOr<std::shared_ptr<const Snapshot>> ParameterClient::WaitForNewer(
    uint64_t have, absl::Duration timeout) {
  return impl_->WaitForNewer(have, timeout);
}

RunState ParameterClient::phase() const { return impl_->phase(); }

uint64_t ParameterClient::learner_updates() const { return impl_->updates(); }

}  // namespace softfleet
