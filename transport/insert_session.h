// SPDX-License-Identifier: Apache-2.0
// The working part of an InsertClient: its buffer, its two threads and the
// stream of the moment. Thread-safe; the client's own.
#ifndef SOFTFLEET_TRANSPORT_INSERT_SESSION_H_
#define SOFTFLEET_TRANSPORT_INSERT_SESSION_H_

#include <grpcpp/client_context.h>
#include <grpcpp/support/sync_stream.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/backoff.h"
#include "core/mutex.h"
#include "core/thread.h"
#include "experience/step_block.h"
#include "softfleet/v1/replay.grpc.pb.h"
#include "transport/insert_buffer.h"
#include "transport/insert_client.h"

namespace softfleet {

class InsertSession {
 public:
  InsertSession(std::shared_ptr<grpc::Channel> channel,
                const InsertClient::Options& options, InsertMetrics& metrics);
  ~InsertSession();

  absl::Status Append(const StepBlock& block);
  bool WaitForRoom(absl::Duration timeout);
  absl::Status Finish(absl::Duration timeout);

  absl::Status status() const {
    MutexLock lock(mutex_);
    return status_;
  }
  InsertCounts counts() const {
    MutexLock lock(mutex_);
    return buffer_.counts();
  }
  bool connected() const {
    MutexLock lock(mutex_);
    return Connected();
  }
  std::string waiting_for() const {
    MutexLock lock(mutex_);
    return Connected() ? link_.waiting_for : "connection";
  }

 private:
  using Stream =
      grpc::ClientReaderWriterInterface<v1::InsertRequest, v1::InsertReply>;

  // One stream.
  struct Link {
    bool welcomed = false;
    bool said_bye = false;
    bool ended = false;        // no reply will come any more
    bool finished = false;     // the stream's status is known
    bool new_session = false;  // the shard does not know ours
    absl::Status error;        // what the shard did wrong
    std::string waiting_for;
  };

  // The threads: connects until there is an end.
  void Run();
  // Whether there is another try, after a while.
  bool AfterStream(const absl::Status& end, Backoff& backoff);
  // From Hello to the stream's end; why it ended.
  absl::Status RunStream();
  void WriteAll(Stream& stream);
  bool AwaitWelcome();
  // Returns when no reply will come any more; cuts the stream for that if it
  // has not ended by itself.
  void EndReading(grpc::ClientContext& context);
  // Cuts the stream if its status does not follow the last reply.
  void AwaitStatus(grpc::ClientContext& context);
  void ReadAll(Stream& stream);
  absl::Status OnReply(const v1::InsertReply& reply) SF_REQUIRES(mutex_);
  absl::Status OnWelcome(const v1::Welcome& welcome) SF_REQUIRES(mutex_);
  v1::InsertRequest Hello();
  // Brings the metrics up to what the buffer counts.
  void ShowCounts() SF_REQUIRES(mutex_);
  bool Connected() const SF_REQUIRES(mutex_) {
    return link_.welcomed && !link_.ended;
  }
  bool HasRoom() const SF_REQUIRES(mutex_) {
    return !buffer_.full() ||
           options_.overflow == InsertClient::Overflow::kDrop || finishing_ ||
           !status_.ok();
  }

  const std::unique_ptr<v1::ReplayService::Stub> stub_;
  const InsertClient::Options options_;
  InsertMetrics& metrics_;
  std::string session_;  // of the connecting thread alone

  mutable Mutex mutex_;
  Condition changed_;
  InsertBuffer buffer_ SF_GUARDED_BY(mutex_);
  InsertCounts shown_ SF_GUARDED_BY(mutex_);  // in the metrics
  absl::Status status_ SF_GUARDED_BY(mutex_);
  bool stop_ SF_GUARDED_BY(mutex_) = false;
  bool finishing_ SF_GUARDED_BY(mutex_) = false;
  bool finished_ SF_GUARDED_BY(mutex_) = false;
  bool progressed_ SF_GUARDED_BY(mutex_) = false;  // since the last try
  // Since when there has been no connection, once that was logged.
  std::optional<absl::Duration> away_since_ SF_GUARDED_BY(mutex_);
  Link link_ SF_GUARDED_BY(mutex_);
  std::shared_ptr<grpc::ClientContext> context_ SF_GUARDED_BY(mutex_);

  Thread thread_;  // last: it uses all of the above
};

}  // namespace softfleet

#endif  // SOFTFLEET_TRANSPORT_INSERT_SESSION_H_
