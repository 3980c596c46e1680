// SPDX-License-Identifier: Apache-2.0
// A shard on a real socket, and scripted clients that do what they are told.
#ifndef SOFTFLEET_TESTS_REPLAY_SERVER_TESTING_H_
#define SOFTFLEET_TESTS_REPLAY_SERVER_TESTING_H_

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/sync_stream.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/metrics.h"
#include "core/mutex.h"
#include "core/thread.h"
#include "experience/shard_stream.h"
#include "experience/step_block.h"
#include "replay_server/replay_service.h"
#include "softfleet/v1/replay.grpc.pb.h"
#include "transport/server_host.h"

namespace softfleet::testing {

// Longer than anything here takes; what waits so long has failed.
inline constexpr absl::Duration kPatience = absl::Seconds(20);

// state: F32[3], one continuous action, frames as they are.
Schema TestSchema();

// Rows of environment `environment`'s episode 0 from `first_step` on. Every
// value says which row it belongs to.
StepBlock TestBlock(uint64_t environment, uint64_t first_step, int64_t rows);

v1::Batch TestBatch(uint64_t seq, const std::vector<StepBlock>& blocks);

v1::AttachRequest TestAttach(int64_t capacity_rows = 100'000);
v1::Hello TestHello(const std::string& session);  // any text names a session
// Nothing is paced.
v1::ProgressUpdate OpenProgress();

// A service behind a server on a free port of 127.0.0.1.
class TestShard {
 public:
  TestShard() : TestShard(ReplayService::Options()) {}
  // `port` 0 takes a free one.
  explicit TestShard(ReplayService::Options options, int port = 0);
  ~TestShard();

  // A connection of its own.
  std::shared_ptr<grpc::Channel> Connect() const;
  const std::string& address() const { return host_->address(); }
  int port() const { return host_->port(); }
  ServerHost& host() { return *host_; }
  ReplayService& service() { return *service_; }
  // "sac_replay_rows" or "sac_replay_rejected_rows_total{reason=\"invalid\"}";
  // -1 if there is no such metric.
  double Metric(const std::string& name) const;

 private:
  MetricRegistry registry_;
  std::unique_ptr<ReplayService> service_;
  std::unique_ptr<ServerHost> host_;
};

absl::StatusOr<v1::AttachReply> Attach(
    const std::shared_ptr<grpc::Channel>& channel,
    const v1::AttachRequest& request = TestAttach());
v1::ReplayInfoReply Info(const std::shared_ptr<grpc::Channel>& channel);
// Asks until the answer is as wanted, at most kPatience.
bool AwaitInfo(const std::shared_ptr<grpc::Channel>& channel,
               const std::function<bool(const v1::ReplayInfoReply&)>& wanted);

// An Insert stream by hand.
class RawInsert {
 public:
  explicit RawInsert(const std::shared_ptr<grpc::Channel>& channel);
  ~RawInsert();

  // Whether the stream took it.
  bool Write(const v1::InsertRequest& request);
  bool Hello(const v1::Hello& hello);
  bool Batch(const v1::Batch& batch);
  bool Bye();
  // The next reply; false at the stream's end.
  bool Read(v1::InsertReply* reply);
  // Hello, and the welcome that comes back.
  v1::Welcome Begin(const v1::Hello& hello);
  // Reads until everything up to `seq` is acknowledged; the rejections that
  // came on the way.
  std::vector<v1::Rejection> AwaitAcknowledged(uint64_t seq);
  // Reads to the end; how the stream ended.
  absl::Status End();
  void Cancel() { context_.TryCancel(); }

 private:
  std::unique_ptr<v1::ReplayService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::InsertRequest, v1::InsertReply>>
      stream_;
};

// A ReportProgress stream by hand.
class RawProgress {
 public:
  explicit RawProgress(const std::shared_ptr<grpc::Channel>& channel);
  ~RawProgress();
  bool Write(const v1::ProgressUpdate& update);
  // Ends it; what the shard said.
  absl::Status Finish();
  // Waits for the shard to end it.
  absl::Status End();

 private:
  std::unique_ptr<v1::ReplayService::Stub> stub_;
  grpc::ClientContext context_;
  v1::ProgressSummary summary_;
  std::unique_ptr<grpc::ClientWriter<v1::ProgressUpdate>> stream_;
};

// Follows from `position` on and keeps everything, on a thread of its own.
class History {
 public:
  explicit History(const std::shared_ptr<grpc::Channel>& channel,
                   const v1::FollowRequest& request = Request({}));
  ~History();
  static v1::FollowRequest Request(const Position& position);

  // Waits for the first reply: from now on nothing passes unnoticed.
  bool AwaitReply();
  // Waits until so many rows have come or were skipped.
  bool AwaitRows(uint64_t rows);
  // Waits for the stream's end.
  absl::Status End();

  std::vector<v1::FollowReply> replies() const;
  std::vector<StepBlock> blocks() const;
  // Of one environment, in the order they came.
  std::vector<StepBlock> BlocksOf(uint64_t environment) const;
  uint64_t rows() const;
  uint64_t skipped() const;

 private:
  void Run();

  std::unique_ptr<v1::ReplayService::Stub> stub_;
  const v1::FollowRequest request_;
  grpc::ClientContext context_;
  mutable Mutex mutex_;
  Condition changed_;
  std::vector<v1::FollowReply> replies_ SF_GUARDED_BY(mutex_);
  uint64_t rows_ SF_GUARDED_BY(mutex_) = 0;
  uint64_t skipped_ SF_GUARDED_BY(mutex_) = 0;
  bool ended_ SF_GUARDED_BY(mutex_) = false;
  absl::Status end_ SF_GUARDED_BY(mutex_);
  Thread thread_;
};

}  // namespace softfleet::testing

#endif  // SOFTFLEET_TESTS_REPLAY_SERVER_TESTING_H_
