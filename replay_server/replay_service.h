// SPDX-License-Identifier: Apache-2.0
// The gRPC service of a replay shard: wires streams and calls to the
// sequencer and the followers, each on a thread of its own. Thread-safe.
// The server that serves it must have ended before it is destroyed.
#ifndef SOFTFLEET_REPLAY_SERVER_REPLAY_SERVICE_H_
#define SOFTFLEET_REPLAY_SERVER_REPLAY_SERVICE_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "core/clock.h"
#include "core/metrics.h"
#include "replay_server/followers.h"
#include "replay_server/learner_line.h"
#include "replay_server/replay_server_metrics.h"
#include "replay_server/sequencer.h"
#include "replay_server/serial_executor.h"
#include "replay_server/shard.h"
#include "replay_server/stream_count.h"
#include "softfleet/v1/replay.grpc.pb.h"

namespace softfleet {

class ReplayService final : public v1::ReplayService::CallbackService {
 public:
  struct Options {
    uint64_t incarnation = 1;
    // Of the table and of batches that wait for it, together. 0 = no limit.
    uint64_t memory_limit = uint64_t{8} << 30;
    Sequencer::Options sequencer;  // budget_bytes: at most an eighth of it
    Clock* clock = &SystemClock();
    // After each successful Attach, on the sequencer's thread.
    std::function<void()> on_attached = [] {};
  };
  // The name that the health service knows.
  static constexpr char kName[] = "softfleet.v1.ReplayService";

  // `registry` outlives the service. InvalidArgument: sizes that do not fit
  // each other, or a memory limit without room for batches.
  static absl::StatusOr<std::unique_ptr<ReplayService>> Create(
      Options options, MetricRegistry& registry);

  // Acknowledges what is stored, sends readers what they have not got yet, and
  // ends every stream; new ones are turned away. Waits for that at most
  // `grace`; whether it was enough.
  bool Drain(absl::Duration grace);

  grpc::ServerUnaryReactor* Attach(grpc::CallbackServerContext* context,
                                   const v1::AttachRequest* request,
                                   v1::AttachReply* reply) override;
  grpc::ServerReadReactor<v1::ProgressUpdate>* ReportProgress(
      grpc::CallbackServerContext* context,
      v1::ProgressSummary* reply) override;
  grpc::ServerBidiReactor<v1::InsertRequest, v1::InsertReply>* Insert(
      grpc::CallbackServerContext* context) override;
  grpc::ServerWriteReactor<v1::FollowReply>* Follow(
      grpc::CallbackServerContext* context,
      const v1::FollowRequest* request) override;
  grpc::ServerUnaryReactor* Info(grpc::CallbackServerContext* context,
                                 const v1::ReplayInfoRequest* request,
                                 v1::ReplayInfoReply* reply) override;

 private:
  ReplayService(Options options, MetricRegistry& registry);

  absl::Status DoAttach(const v1::AttachRequest& request,
                        v1::AttachReply* reply);
  void DoInfo(v1::ReplayInfoReply* reply);
  // Once for however many rows arrive until the followers look.
  void WakeFollowers();
  Sequencer::Options SequencerOptions();

  const Options options_;
  const absl::Duration started_;
  ReplayServerMetrics metrics_;
  std::atomic<uint64_t> next_stream_ = 1;
  std::atomic<bool> followers_woken_ = false;
  StreamCount streams_;
  Shard shard_;
  Followers followers_;
  Sequencer sequencer_;
  LearnerLine learner_line_;
  // Last: their threads use all of the above. The sequencer's ends first, for
  // it wakes the other.
  SerialExecutor follow_executor_;
  SerialExecutor executor_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_REPLAY_SERVER_REPLAY_SERVICE_H_
