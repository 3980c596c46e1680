// SPDX-License-Identifier: Apache-2.0
#include "learner/learner_service.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/log.h"
#include "core/version.h"
#include "experience/run_phase.h"
#include "transport/channel.h"
#include "transport/codec.h"
#include "transport/status.h"

namespace softfleet {
namespace {

// Sends one answer of the board in pieces.
class ParameterReactor : public grpc::ServerWriteReactor<v1::ParameterChunk> {
 public:
  ParameterReactor(ParameterBoard& board,
                   const v1::GetParametersRequest& request)
      : board_(&board) {
    const double seconds = request.max_wait_seconds();
    const absl::Duration wait =
        std::isfinite(seconds) ? absl::Seconds(seconds) : absl::ZeroDuration();
    question_ = board.Ask(
        request.have_version(), request.for_evaluation(), wait,
        [this](const ParameterBoard::Answer& answer) { Begin(answer); });
  }

  void OnWriteDone(bool ok) override {
    if (ok) return Write();
    Finish(grpc::Status(grpc::StatusCode::CANCELLED, "the caller has gone"));
  }
  // gRPC calls this after the constructor has returned.
  void OnCancel() override {
    if (question_ == 0 || !board_->Forget(question_)) return;
    Finish(grpc::Status::CANCELLED);
  }
  void OnDone() override { delete this; }

 private:
  void Begin(const ParameterBoard::Answer& answer) {
    parameters_ = answer.parameters;
    chunk_.set_phase(EncodePhase(answer.state));
    chunk_.set_updates(answer.updates);
    Write();
  }

  void Write() {
    if (parameters_ == nullptr) {
      chunk_.set_unchanged(true);
      return StartWriteAndFinish(&chunk_, {}, grpc::Status::OK);
    }
    const std::string& bytes = parameters_->bytes;
    const size_t size = std::min(kChunkBytes, bytes.size() - sent_);
    chunk_.set_data(bytes.data() + sent_, size);
    sent_ += size;
    if (sent_ < bytes.size()) return StartWrite(&chunk_);
    chunk_.set_last(true);
    chunk_.set_total_bytes(bytes.size());
    chunk_.set_crc32c(parameters_->crc32c);
    StartWriteAndFinish(&chunk_, {}, grpc::Status::OK);
  }

  ParameterBoard* board_;
  uint64_t question_ = 0;
  std::shared_ptr<const Parameters> parameters_;
  size_t sent_ = 0;
  v1::ParameterChunk chunk_;
};

grpc::ServerUnaryReactor* FinishWith(grpc::CallbackServerContext* context,
                                     const absl::Status& status) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(ToGrpcStatus(status));
  return reactor;
}

absl::Status CheckJoin(const v1::JoinRequest& request) {
  if (request.protocol() != v1::PROTOCOL_CURRENT) {
    return absl::FailedPreconditionError(absl::StrCat(
        "\"", request.name(), "\" speaks protocol ", request.protocol(),
        " (version ", request.software_version(), "), the learner ",
        static_cast<int>(v1::PROTOCOL_CURRENT), " (version ", SoftwareVersion(),
        "): run the same version everywhere"));
  }
  if (request.role() != v1::ROLE_ACTOR &&
      request.role() != v1::ROLE_EVALUATOR) {
    return absl::InvalidArgumentError(
        absl::StrCat("role is ", static_cast<int>(request.role()),
                     ", neither actor (1) nor evaluator (2)"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status LearnerService::Assign(v1::JoinReply* reply) {
  // Who comes when all is over only has to be told so.
  if (reply->phase() == v1::RUN_PHASE_FINISHED) return absl::OkStatus();
  const auto ticket = options_.desk->Assign(options_.shards());
  if (!ticket.has_value()) {
    return absl::UnavailableError(
        "no replay shard is attached to the run yet; the learner keeps trying");
  }
  reply->set_shard(ticket->shard);
  reply->set_first_environment(ticket->first_environment);
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* LearnerService::Join(
    grpc::CallbackServerContext* context, const v1::JoinRequest* request,
    v1::JoinReply* reply) {
  const absl::Status checked = CheckJoin(*request);
  if (!checked.ok()) return FinishWith(context, checked);
  *reply = options_.welcome;
  reply->set_phase(options_.info().phase());
  if (request->role() == v1::ROLE_ACTOR) {
    reply->clear_panel_text();
    reply->clear_panel_source();
    const absl::Status assigned = Assign(reply);
    if (!assigned.ok()) return FinishWith(context, assigned);
  }
  LogInfo(absl::StrCat(
      request->role() == v1::ROLE_ACTOR ? "actor \"" : "evaluator \"",
      request->name(), "\" joined from ", context->peer(),
      reply->shard().empty() ? "" : ", writes to ", reply->shard()));
  return FinishWith(context, absl::OkStatus());
}

grpc::ServerWriteReactor<v1::ParameterChunk>* LearnerService::GetParameters(
    grpc::CallbackServerContext* /*context*/,
    const v1::GetParametersRequest* request) {
  return new ParameterReactor(*options_.board, *request);
}

grpc::ServerUnaryReactor* LearnerService::ReportEvaluation(
    grpc::CallbackServerContext* context,
    const v1::ReportEvaluationRequest* request,
    v1::ReportEvaluationReply* reply) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  options_.reports->Post(
      {request->run_id(), request->version(), request->audit_json(),
       request->seconds()},
      [reactor, reply](const absl::StatusOr<bool>& recorded) {
        reply->set_recorded(recorded.ok() && *recorded);
        reactor->Finish(ToGrpcStatus(recorded.status()));
      });
  return reactor;
}

grpc::ServerUnaryReactor* LearnerService::Info(
    grpc::CallbackServerContext* context,
    const v1::LearnerInfoRequest* /*request*/, v1::LearnerInfoReply* reply) {
  *reply = options_.info();
  return FinishWith(context, absl::OkStatus());
}

}  // namespace softfleet
