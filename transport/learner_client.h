// SPDX-License-Identifier: Apache-2.0
// What actors and evaluators ask of the learner: to join the run, for the
// newest policy, to record an evaluation. Every call has a deadline; callers
// that wait pass `stop`, which is asked between tries.
#ifndef SOFTFLEET_TRANSPORT_LEARNER_CLIENT_H_
#define SOFTFLEET_TRANSPORT_LEARNER_CLIENT_H_

#include <grpcpp/channel.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/backoff.h"
#include "experience/interfaces.h"
#include "softfleet/v1/learner.pb.h"

namespace softfleet {

// Who joins which learner.
struct Membership {
  v1::Role role = v1::ROLE_UNSET;
  std::string name;     // what the learner's log calls it
  std::string learner;  // its address, as the user gave it: for the log
};

// Joins, trying again with back-off while the learner is away, until `stop`
// (then Cancelled). A refusal (another protocol) is returned at once. Logs
// once what it waits for.
absl::StatusOr<v1::JoinReply> Join(
    const std::shared_ptr<grpc::Channel>& channel, const Membership& member,
    const std::function<bool()>& stop);

// What a member ends with when the learner has given the run up.
absl::Status RunFailed(const std::string& run_id);

// Sends one row of the audit, once. Unavailable and such may be tried again.
absl::StatusOr<bool> ReportEvaluation(
    const std::shared_ptr<grpc::Channel>& channel,
    const v1::ReportEvaluationRequest& request);

// One Info call with a deadline.
absl::StatusOr<v1::LearnerInfoReply> LearnerInfo(
    const std::shared_ptr<grpc::Channel>& channel, absl::Duration timeout);
absl::StatusOr<v1::ReplayInfoReply> ReplayInfo(
    const std::shared_ptr<grpc::Channel>& channel, absl::Duration timeout);

// Keeps the newest snapshot at hand: a thread polls GetParameters and decodes;
// Latest never waits. A chunked snapshot whose length or CRC is wrong, or that
// does not decode, or whose version is not above the last, is dropped, logged
// and asked for again: nobody ever sees it. Reconnects for ever. Thread-safe.
class ParameterClient : public PolicySource {
 public:
  struct Options {
    bool for_evaluation = false;
    absl::Duration max_wait = absl::Seconds(10);  // of one long poll
    // Snapshots of another run end the client: every later call says so, with
    // FailedPrecondition. Empty: any run.
    std::string run_id;
    Backoff::Options backoff = {.max = absl::Seconds(2)};  // between tries
  };
  ParameterClient(std::shared_ptr<grpc::Channel> channel, Options options);
  ~ParameterClient() override;

  absl::StatusOr<std::shared_ptr<const Snapshot>> Latest(
      uint64_t have) override;
  // Waits for a snapshot above `have`, or a phase of finished or failed, at
  // most `timeout`; what Latest says then.
  absl::StatusOr<std::shared_ptr<const Snapshot>> WaitForNewer(
      uint64_t have, absl::Duration timeout);

  // As of the last answer: the run's phase, the learner's updates.
  RunState phase() const;
  uint64_t learner_updates() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_TRANSPORT_LEARNER_CLIENT_H_
