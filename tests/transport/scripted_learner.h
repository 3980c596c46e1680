// SPDX-License-Identifier: Apache-2.0
// A learner over a real socket that says exactly what a test gave it, and
// counts what it was asked. Thread-safe.
#ifndef SOFTFLEET_TESTS_TRANSPORT_SCRIPTED_LEARNER_H_
#define SOFTFLEET_TESTS_TRANSPORT_SCRIPTED_LEARNER_H_

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "core/mutex.h"
#include "experience/snapshot.h"
#include "softfleet/v1/learner.grpc.pb.h"
#include "transport/server_host.h"

namespace softfleet {

// One answer of GetParameters.
struct ScriptedAnswer {
  std::vector<v1::ParameterChunk> chunks;
  grpc::Status status;
};

// A snapshot as the learner sends it: chunks of 1 MiB, length and CRC in the
// last.
ScriptedAnswer WholeSnapshot(const Snapshot& snapshot,
                             v1::RunPhase phase = v1::RUN_PHASE_RUNNING,
                             uint64_t updates = 0);
// The same of any bytes.
ScriptedAnswer WholeBytes(const std::string& bytes);
ScriptedAnswer Unchanged(v1::RunPhase phase, uint64_t updates = 0);

class ScriptedLearner : private v1::LearnerService::Service {
 public:
  explicit ScriptedLearner(const std::string& address = "127.0.0.1:0");
  // Everybody who waits for an answer is hung up on.
  ~ScriptedLearner() override;

  const std::string& address() const { return host_->address(); }

  // The next question of GetParameters gets this answer; without one it waits.
  void Give(ScriptedAnswer answer);
  // Waits until so many questions have come in all (10 s, then a failure).
  void WaitForQuestions(size_t count);
  // Waits until the client has asked again after the last answer given.
  void WaitUntilAllIsTaken();
  std::vector<v1::GetParametersRequest> questions();

  // The next Join and ReportEvaluation fail with this.
  void FailNext(const grpc::Status& status);
  std::vector<v1::JoinRequest> joins();
  std::vector<v1::ReportEvaluationRequest> reports();
  // Added to every JoinReply.
  void SetWelcome(const v1::JoinReply& welcome);

 private:
  grpc::Status Join(grpc::ServerContext* context,
                    const v1::JoinRequest* request,
                    v1::JoinReply* reply) override;
  grpc::Status GetParameters(
      grpc::ServerContext* context, const v1::GetParametersRequest* request,
      grpc::ServerWriter<v1::ParameterChunk>* writer) override;
  grpc::Status ReportEvaluation(grpc::ServerContext* context,
                                const v1::ReportEvaluationRequest* request,
                                v1::ReportEvaluationReply* reply) override;
  // Never answers while the caller waits.
  grpc::Status Info(grpc::ServerContext* context,
                    const v1::LearnerInfoRequest* request,
                    v1::LearnerInfoReply* reply) override;

  grpc::Status NextFailure() SF_REQUIRES(mutex_);
  // Waits for an answer; false when the caller or this learner has gone.
  bool NextAnswer(grpc::ServerContext* context, ScriptedAnswer* answer);

  Mutex mutex_;
  Condition changed_;
  bool stopping_ SF_GUARDED_BY(mutex_) = false;
  std::deque<ScriptedAnswer> answers_ SF_GUARDED_BY(mutex_);
  size_t given_ SF_GUARDED_BY(mutex_) = 0;
  std::deque<grpc::Status> failures_ SF_GUARDED_BY(mutex_);
  std::vector<v1::GetParametersRequest> questions_ SF_GUARDED_BY(mutex_);
  std::vector<v1::JoinRequest> joins_ SF_GUARDED_BY(mutex_);
  std::vector<v1::ReportEvaluationRequest> reports_ SF_GUARDED_BY(mutex_);
  v1::JoinReply welcome_ SF_GUARDED_BY(mutex_);
  std::unique_ptr<ServerHost> host_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_TESTS_TRANSPORT_SCRIPTED_LEARNER_H_
