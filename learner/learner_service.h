// SPDX-License-Identifier: Apache-2.0
// The learner's gRPC service: decodes, asks the objects it is given, encodes.
// What they do is said in their headers and in learner.proto. Thread-safe.
#ifndef SOFTFLEET_LEARNER_LEARNER_SERVICE_H_
#define SOFTFLEET_LEARNER_LEARNER_SERVICE_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "learner/join_desk.h"
#include "learner/parameter_board.h"
#include "learner/report_box.h"
#include "softfleet/v1/learner.grpc.pb.h"
#include "softfleet/v1/learner.pb.h"

namespace softfleet {

class LearnerService : public v1::LearnerService::CallbackService {
 public:
  // Pointers and functions must work as long as the server does.
  struct Options {
    // What every JoinReply says: run, configuration, incarnation, panel.
    v1::JoinReply welcome;
    ParameterBoard* board = nullptr;
    ReportBox* reports = nullptr;
    JoinDesk* desk = nullptr;
    std::function<std::vector<JoinDesk::ShardState>()> shards;
    std::function<v1::LearnerInfoReply()> info;
  };
  // Its name in the health service.
  static constexpr char kName[] = "softfleet.v1.LearnerService";

  explicit LearnerService(Options options) : options_(std::move(options)) {}

  grpc::ServerUnaryReactor* Join(grpc::CallbackServerContext* context,
                                 const v1::JoinRequest* request,
                                 v1::JoinReply* reply) override;
  grpc::ServerWriteReactor<v1::ParameterChunk>* GetParameters(
      grpc::CallbackServerContext* context,
      const v1::GetParametersRequest* request) override;
  grpc::ServerUnaryReactor* ReportEvaluation(
      grpc::CallbackServerContext* context,
      const v1::ReportEvaluationRequest* request,
      v1::ReportEvaluationReply* reply) override;
  grpc::ServerUnaryReactor* Info(grpc::CallbackServerContext* context,
                                 const v1::LearnerInfoRequest* request,
                                 v1::LearnerInfoReply* reply) override;

 private:
  absl::Status Assign(v1::JoinReply* reply);

  const Options options_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_LEARNER_LEARNER_SERVICE_H_
