// SPDX-License-Identifier: Apache-2.0
#include "transport/learner_client.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/unknown_field_set.h>
#include <grpcpp/client_context.h>

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/backoff.h"
#include "core/log.h"
#include "core/plural.h"
#include "core/status.h"
#include "core/version.h"
#include "softfleet/v1/learner.grpc.pb.h"
#include "softfleet/v1/replay.grpc.pb.h"
#include "transport/status.h"

namespace softfleet {
namespace {

// A learner that does not answer a short question by then is asked again.
constexpr absl::Duration kJoinTimeout = absl::Seconds(5);
// The learner's loop records reports between its updates and checkpoints.
constexpr absl::Duration kReportTimeout = absl::Seconds(20);
// How often `stop` is asked: it has no way to wake anybody.
constexpr absl::Duration kStopInterval = absl::Milliseconds(50);

// One call with a deadline.
template <typename Stub, typename Method, typename Request, typename Reply>
absl::Status Call(Stub& stub, Method method, const Request& request,
                  absl::Duration timeout, Reply* reply) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
  return FromGrpcStatus((stub.*method)(&context, request, reply));
}

// Waits unless `stop` says so, which it returns.
bool WaitUnless(const std::function<bool()>& stop, absl::Duration wait) {
  const absl::Time end = absl::Now() + wait;
  while (!stop()) {
    const absl::Duration left = end - absl::Now();
    if (left <= absl::ZeroDuration()) return false;
    absl::SleepFor(std::min(left, kStopInterval));
  }
  return true;
}

// Fields that this program does not know, in the message and all below.
int UnknownFields(const google::protobuf::Message& message) {
  const google::protobuf::Reflection* reflection = message.GetReflection();
  int count = reflection->GetUnknownFields(message).field_count();
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  for (const google::protobuf::FieldDescriptor* field : fields) {
    if (field->is_repeated() || field->message_type() == nullptr) continue;
    count += UnknownFields(reflection->GetMessage(message, field));
  }
  return count;
}

void WarnOfUnknownSettings(const v1::JoinReply& reply) {
  const int unknown = UnknownFields(reply.config());
  if (unknown == 0) return;
  LogWarning(
      absl::StrCat("the run's configuration has ", Counted(unknown, "setting"),
                   " that this program (", SoftwareVersion(),
                   ") does not know and ignores; the learner's version is ",
                   reply.software_version()));
}

}  // namespace

absl::StatusOr<v1::JoinReply> Join(
    const std::shared_ptr<grpc::Channel>& channel, const Membership& member,
    const std::function<bool()>& stop) {
  const auto stub = v1::LearnerService::NewStub(channel);
  v1::JoinRequest request;
  request.set_protocol(v1::PROTOCOL_CURRENT);
  request.set_role(member.role);
  request.set_name(member.name);
  request.set_software_version(std::string(SoftwareVersion()));
  Backoff backoff;
  std::string waits_for;
  while (!stop()) {
    v1::JoinReply reply;
    const absl::Status status = Call(*stub, &v1::LearnerService::Stub::Join,
                                     request, kJoinTimeout, &reply);
    if (status.ok()) {
      WarnOfUnknownSettings(reply);
      return reply;
    }
    if (!IsTransient(status)) return Annotate(status, "the learner refuses");
    if (waits_for != status.message()) {
      waits_for = std::string(status.message());
      LogInfo(absl::StrCat("waiting for the learner at ", member.learner, ": ",
                           waits_for));
    }
    if (WaitUnless(stop, backoff.Next())) break;
  }
  return absl::CancelledError("stopped before the learner answered");
}

absl::Status RunFailed(const std::string& run_id) {
  return absl::UnknownError(
      absl::StrCat("run ", run_id, " has failed; the learner's log says why"));
}

absl::StatusOr<bool> ReportEvaluation(
    const std::shared_ptr<grpc::Channel>& channel,
    const v1::ReportEvaluationRequest& request) {
  const auto stub = v1::LearnerService::NewStub(channel);
  v1::ReportEvaluationReply reply;
  SF_RETURN_IF_ERROR(Call(*stub, &v1::LearnerService::Stub::ReportEvaluation,
                          request, kReportTimeout, &reply));
  return reply.recorded();
}

absl::StatusOr<v1::LearnerInfoReply> LearnerInfo(
    const std::shared_ptr<grpc::Channel>& channel, absl::Duration timeout) {
  const auto stub = v1::LearnerService::NewStub(channel);
  v1::LearnerInfoReply reply;
  SF_RETURN_IF_ERROR(Call(*stub, &v1::LearnerService::Stub::Info,
                          v1::LearnerInfoRequest(), timeout, &reply));
  return reply;
}

absl::StatusOr<v1::ReplayInfoReply> ReplayInfo(
    const std::shared_ptr<grpc::Channel>& channel, absl::Duration timeout) {
  const auto stub = v1::ReplayService::NewStub(channel);
  v1::ReplayInfoReply reply;
  SF_RETURN_IF_ERROR(Call(*stub, &v1::ReplayService::Stub::Info,
                          v1::ReplayInfoRequest(), timeout, &reply));
  return reply;
}

}  // namespace softfleet
